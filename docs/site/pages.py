"""The repository's own pages, with links that work on the site as they do on the forge."""

import os
import re
import shutil
from pathlib import Path

from graphs import draw, edges_of

ROOT = Path(__file__).parents[2]
OUTSIDE = {
    "docs/README.md": "index.md",
    "README.md": "nightmill.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "benchmarks/RESULTS.md": "benchmarks.md",
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
    below = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
    names = {page: page.removeprefix("docs/") for page in below} | OUTSIDE
    return {
        name: _adapted((ROOT / page).read_text(), page, names, target)
        for page, name in names.items()
    }


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
    """Return the index with its lists as tables of contents, one a kind of reader."""
    sections = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    out = [sections[0]]
    for title, body in zip(sections[1::2], sections[2::2], strict=True):
        entries = re.findall(r"\[([^\]]+)\]\(([^)#\s]+)\.md\)", body)
        out += [f"## {title}\n\n", _toctree(title, [f"{said} <{name}>" for said, name in entries])]
    out += ["## To look something up\n\n", _toctree("To look something up", reference)]
    return "".join(out)


def _toctree(caption: str, entries: list[str]) -> str:
    lines = ["```{toctree}", f":caption: {caption}", ":maxdepth: 1", "", *entries, "```", "", ""]
    return "\n".join(lines)
