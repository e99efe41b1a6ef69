"""The reference of the workflow's rules, read from workflow/rules/*.smk."""

import re
import textwrap
from pathlib import Path

_RULE = re.compile(r"^(?P<indent> *)rule (?P<name>\w+):\n", flags=re.MULTILINE)
_SHOWN = ("input", "output", "params", "threads", "resources", "script")


def rules_page(workflow: Path) -> str:
    """Return a page with a section a file and a rule, in the files' words."""
    out = [
        "# Rules",
        "",
        "What the workflow's rules read and write, as `workflow/rules/` has it. `paths` is the",
        "module that spells every path under `results/`; a lambda is asked for each job.",
        "",
    ]
    for path in sorted(workflow.glob("rules/*.smk")):
        text = path.read_text()
        rules = list(_RULE.finditer(text))
        if not rules:
            continue
        out += [f"## {path.stem}", "", _docstring(text), ""]
        for rule in rules:
            body = _body(text[rule.end() :], len(rule["indent"]))
            out += [f"### {rule['name']}", "", _docstring(body), ""]
            if "localrule: True" in body:
                out += ["Runs where snakemake runs, not on a cluster.", ""]
            out += ["```python", *_directives(body), "```", ""]
    return "\n".join(out)


def _body(text: str, indent: int) -> str:
    """Return the lines below a rule's first that are deeper than it."""
    lines = []
    for line in text.splitlines():
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        lines.append(line)
    return textwrap.dedent("\n".join(lines)).strip() + "\n"


def _docstring(text: str) -> str:
    found = re.match(r'\s*"""(.*?)"""', text, flags=re.DOTALL)
    return " ".join(found[1].split()) if found else ""


def _directives(body: str) -> list[str]:
    """Return the directives that say what a rule reads, writes and runs."""
    lines: list[str] = []
    shown = False
    for line in body.splitlines():
        if match := re.match(r"(\w+):", line):
            shown = match[1] in _SHOWN
        if shown and line.strip() and not line.strip().startswith('"""'):
            lines.append(line)
    return lines
