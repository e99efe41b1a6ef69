"""The repository's own pages, with links that work on the site as they do on the forge."""

import json
import os
import re
import shutil
from pathlib import Path

from graphs import draw, edges_of
from notebooks import as_markdown

ROOT = Path(__file__).parents[2]
OUTSIDE = {
    "docs/README.md": "index.md",
    "README.md": "nightmill.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "benchmarks/RESULTS.md": "benchmarks.md",
    "config/README.md": "config.md",
    "profiles/README.md": "profiles.md",
}
"""Pages that have another name on the site; the others are those of docs/."""

# Languages of code blocks that Pygments does not know.
_PLAIN = {"csv": "text", "snakemake": "python", "tsv": "text"}


def repository_pages(target: Path) -> dict[str, str]:
    """Return the pages' texts by their names on the site.

    Files that they link to are copied into `target`.

    Raises
    ------
    FileNotFoundError
        If a link leads to nothing, naming the page.
    """
    names = {page: page.removeprefix("docs/") for page in _below("md")} | OUTSIDE
    notebooks = {page: _page_of(page) for page in _below("ipynb")}
    all_names = names | notebooks
    texts = {page: (ROOT / page).read_text() for page in names}
    texts |= {page: _notebook(page, name, target) for page, name in notebooks.items()}
    return {
        name: _adapted(texts[page], page, all_names, target) for page, name in all_names.items()
    }


def _below(kind: str) -> list[str]:
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob(f"*.{kind}"))


def _page_of(notebook: str) -> str:
    """Return the name of a notebook's page, beside which one of its name may lie."""
    return f"{notebook.removeprefix('docs/').removesuffix('.ipynb')}-notebook.md"


def _notebook(notebook: str, page: str, target: Path) -> str:
    """Return a notebook's text, whose pictures lie among the site's files."""
    folder = f"files/{notebook}"
    link = os.path.relpath(folder, Path(page).parent)
    return as_markdown(json.loads((ROOT / notebook).read_text()), target / folder, link)


def _adapted(text: str, page: str, names: dict[str, str], target: Path) -> str:
    def link(found: re.Match) -> str:
        path, hash_, anchor = found[1].partition("#")
        if not path or "://" in path or path.startswith("mailto:"):
            return found[0]
        return f"]({_on_site(path, page, names, target)}{hash_}{anchor})"

    def fence(found: re.Match) -> str:
        return f"```{_PLAIN.get(found[1], found[1])}\n"

    parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    parts[::2] = [re.sub(r"\]\(([^)\s]+)\)", link, part) for part in parts[::2]]
    for i in range(1, len(parts), 2):
        if parts[i].startswith("```mermaid\n"):
            parts[i] = _picture(parts[i], f"{names[page]}.{i}.svg", names[page], target)
    return "".join(re.sub(r"\A```(\w+)\n", fence, part) for part in parts)


def _picture(block: str, name: str, page: str, target: Path) -> str:
    """Draw a graph; return what stands for it on a page of the site."""
    mermaid = block.removeprefix("```mermaid\n").removesuffix("```")
    draw(mermaid, target / "files/graphs" / name)
    said = "; ".join(f"{a} to {b}" for a, b in edges_of(mermaid))
    return f"![{said}]({os.path.relpath(f'files/graphs/{name}', Path(page).parent)})"


def _on_site(path: str, page: str, names: dict[str, str], target: Path) -> str:
    """Return a link's path on the site, from the page that has it."""
    file = (ROOT / page).parent / path
    if not file.exists():
        raise FileNotFoundError(2, f"{page} links to what is not there", path)
    inside = os.path.relpath(file, ROOT)
    if inside not in names and file.is_dir():
        raise FileNotFoundError(2, f"{page} links to a folder; the site needs a file", path)
    name = names.get(inside, f"files/{inside}")
    if inside not in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target / name)
    return os.path.relpath(name, Path(names[page]).parent)


def index_page(text: str, reference: list[str]) -> str:
    """Return the index with its lists as tables of contents, one a kind of reader.

    A section that begins with a table stays as it is: its contents stand beside the page alone.
    """
    sections = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    out = [sections[0]]
    for title, body in zip(sections[1::2], sections[2::2], strict=True):
        entries = re.findall(r"\[([^\]]+)\]\(([^)#\s]+)\.md\)", body)
        kept = body if body.lstrip().startswith("|") else "\n"
        contents = [f"{said} <{name}>" for said, name in entries]
        out += [f"## {title}\n{kept}", _toctree(title, contents, hidden=bool(kept.strip()))]
    out += ["## To look something up\n\n", _toctree("To look something up", reference)]
    return "".join(out)


def _toctree(caption: str, entries: list[str], hidden: bool = False) -> str:
    options = [f":caption: {caption}", ":maxdepth: 1", *([":hidden:"] if hidden else [])]
    lines = ["```{toctree}", *options, "", *entries, "```", "", ""]
    return "\n".join(lines)
