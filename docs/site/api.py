"""The reference of the package: a page a module, from its docstrings."""

import ast
import pkgutil
from pathlib import Path

import pipeline

PACKAGE = pipeline.__name__


def api_pages() -> dict[str, str]:
    """Return the pages of all modules that are found, by their names on the site."""
    found = pkgutil.walk_packages(pipeline.__path__, f"{PACKAGE}.")
    modules = sorted([PACKAGE, *(module.name for module in found)])
    return {f"reference/api/{name}.md": _page(name, modules) for name in modules}


def _page(name: str, modules: list[str]) -> str:
    inside = [m for m in modules if m.rpartition(".")[0] == name]
    lines = [f"# {name}", "", "```{eval-rst}", f".. automodule:: {name}", "```", ""]
    lines += _survey(name)
    if inside:
        entries = [f"{_title(m)} <{m}>" for m in inside]
        lines += ["```{toctree}", ":maxdepth: 1", "", *entries, "```", ""]
    return "\n".join(lines)


def _survey(name: str) -> list[str]:
    """Return the lines that show what a survey's module declares, as it is written there."""
    text = _text(name)
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and ast.unparse(node).startswith("SURVEY = Survey("):
            named = [
                f".. py:data:: {name}.SURVEY",
                "   :type: ~pipeline.alerts.surveys.survey.Survey",
            ]
            written = ast.get_source_segment(text, node) or ""
            return ["```{eval-rst}", *named, "```", "", "```python", written, "```", ""]
    return []


def _text(name: str) -> str:
    """Return a module's source."""
    base = Path(pipeline.__file__).parent.joinpath(*name.split(".")[1:])
    return (base / "__init__.py" if base.is_dir() else base.with_suffix(".py")).read_text()


def _title(name: str) -> str:
    """Return a module's name with the first line of its docstring."""
    said = (ast.get_docstring(ast.parse(_text(name))) or "").splitlines()
    plain = said[0].rstrip(".").replace("`", "") if said else ""  # shown as it is
    return f"{name.rpartition('.')[2]}: {plain}" if said else name
