"""The graphs of rules in README.md and docs/architecture.md, from Snakemake's own.

    python docs/site/rulegraph.py

writes those that are wrong; one that has the right arrows keeps its words. An arrow that follows
from others is left out: a dump that is fetched leads to all that read packets.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

import yaml
from graphs import edges_of, reduced
from layout import Edge, layers_of
from pages import ROOT

from pipeline.io.atomic import atomic_path

PAGES = (ROOT / "README.md", ROOT / "docs/architecture.md")
ALL = "all"
JOINING = {ALL, "report_night", "report_index"}
"""Rules in which the lives of packets and events meet."""
CONFIG = {
    "alerts": "alerts.tsv",
    "events": "events.tsv",
    "catalogs": {"stars": {"path": "stars.csv", "columns": [], "radius_arcsec": 2}},
    "models": {"bright": {"version": "1", "path": "bright.onnx"}},
    "archive": {
        "documents": True,
        "uri": "mongodb://127.0.0.1",
        "matchfiles": ["match.pytable"],
    },
    "filters": {
        "path": "filters",
        "history": "nights",
        "skyportal": {"url": "http://127.0.0.1", "token_file": "token"},
    },
    "vra": {"filter": "bright"},
    "skymaps": {"chunks": 2, "calibration": {"tracks": 200}},
}
"""What the graph is of: every rule. A domain that is there by its section only stands here."""
FILES = {
    "config.yaml": yaml.safe_dump(CONFIG),
    "alerts.tsv": "survey\tnight\tpath\n"
    "ztf\t20180201\thttp://127.0.0.1/night.tar.gz\n"
    "ztf\t20180202\thttp://127.0.0.1/next.tar.gz\n",
    "events.tsv": "event\tpath\nsim\tevent.json\n",
    "event.json": "{}",
    "stars.csv": "",
    "match.pytable": "",
    "bright.onnx": "",
    "filters/bright.yaml": "name: bright\npermissions: [1]\nversion: 1\n"
    "pipeline:\n  - $match: {candidate.magpsf: {$lt: 18}}\n",
    "token": "none\n",
}


def rule_graph() -> list[Edge]:
    """Return which rule follows which, as Snakemake has it."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "workflow/Snakefile")]
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            path = Path(folder) / name
            path.parent.mkdir(exist_ok=True)
            path.touch(0o600)
            path.write_text(text)
        done = subprocess.run(
            [*command, "--configfile", "config.yaml", "--rulegraph", "mermaid-js"],
            cwd=folder, check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", done.stdout))
    return [(names[a], names[b]) for a, b in re.findall(r"(id\d+) --> (id\d+)", done.stdout)]


def shown(edges: Collection[Edge]) -> set[Edge]:
    """Return the arrows that the pages have; a rule that follows itself keeps that one."""
    loops = {(a, b) for a, b in edges if a == b}
    return loops | set(reduced(edge for edge in edges if edge not in loops))


def with_graphs(text: str, edges: Collection[Edge]) -> str:
    """Return a page with the graph as it is: whole, or each of its parts where it has several.

    Parts are what hangs together without the `JOINING` rules: the life of a packet, of an event.
    """
    blocks = re.split(r"^(```mermaid\nflowchart LR\n.*?^```\n)", text, flags=re.M | re.S)
    whole = shown(edges)
    parts = [whole] if len(blocks) == 3 else _parts(whole)
    for number, block in enumerate(blocks[1::2]):
        old = set(edges_of(block.removesuffix("```\n")))
        new = max(parts, key=lambda part: len(part & old))
        if old != new:
            blocks[2 * number + 1] = f"```mermaid\nflowchart LR\n{_written(new)}```\n"
    return "".join(blocks)


def _parts(edges: set[Edge]) -> list[set[Edge]]:
    parts: list[set[Edge]] = []
    for edge in sorted(edges):
        mine = {edge}
        for part in [p for p in parts if _hang_together(p, mine)]:
            parts.remove(part)
            mine |= part
        parts.append(mine)
    return parts


def _hang_together(one: set[Edge], other: set[Edge]) -> bool:
    """Return whether parts share a rule, or have none beside the `JOINING` ones."""
    rules, others = _rules(one), _rules(other)
    return bool(rules & others) or not (rules or others)


def _rules(edges: set[Edge]) -> set[str]:
    return {name for edge in edges for name in edge} - JOINING


def _written(edges: set[Edge]) -> str:
    """Return a line for all rules that lead to the same ones, in the order of their layers."""
    layer = layers_of(sorted(edges))
    targets: dict[tuple[str, ...], list[str]] = {}
    for name in sorted(layer, key=lambda n: (layer[n], n)):
        if ends := tuple(sorted(b for a, b in edges if a == name)):
            targets.setdefault(ends, []).append(name)
    return "".join(f"    {' & '.join(a)} --> {' & '.join(b)}\n" for b, a in targets.items())


if __name__ == "__main__":
    graph = rule_graph()
    for page in PAGES:
        with atomic_path(page) as temporary:
            temporary.write_text(with_graphs(page.read_text(), graph))
