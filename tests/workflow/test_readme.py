"""The README says what is so: its graph, its commands, its examples."""

import re
from itertools import pairwise

import pytest
import yaml
from workdir import ROOT

from pipeline.alerts.domain import ALERTS
from pipeline.plan.load import load_config, load_lines

pytestmark = [pytest.mark.workflow, pytest.mark.documents]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def edges_of_mermaid(text: str) -> set[tuple[str, str]]:
    edges = set()
    for line in text.splitlines():
        steps = [step.split("&") for step in line.split("-->")]
        for left, right in pairwise(steps):
            edges |= {(a.strip(), b.strip()) for a in left for b in right}
    return edges


def test_the_picture_is_the_rule_graph(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "docs/site")
    from rulegraph import rule_graph, shown, with_graphs

    edges = rule_graph()
    assert edges_of_mermaid(blocks("mermaid")[0]) == shown(edges)
    assert _leads_to(shown(edges)) == _leads_to(set(edges))
    for page in ("README.md", "docs/architecture.md"):
        text = (ROOT / page).read_text()
        assert with_graphs(text, edges) == text, "make config writes it"
    # as make config writes a graph that has changed
    more = [*edges, ("decode", "added"), ("added", "all")]
    again = with_graphs(README, more)
    found = edges_of_mermaid(re.search(r"```mermaid\n(.*?)```", again, flags=re.DOTALL)[1])
    assert found == shown(more) > {("decode", "added"), ("added", "all")}


def _leads_to(edges: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return which rule follows which, over however many others."""
    more = edges | {(a, d) for a, b in edges for c, d in edges if b == c}
    return edges if more == edges else _leads_to(more)


def test_the_configuration_is_valid(tmp_path):
    config = load_config(yaml.safe_load(blocks("yaml")[0]))
    assert config.models["braai"].inputs == ["triplet"]
    (tmp_path / "alerts.tsv").write_text(blocks("tsv")[0])
    assert load_lines(str(tmp_path / "alerts.tsv"), ALERTS.lines[0])[0].shards == 4


def test_the_make_targets_exist():
    targets = re.findall(r"^make (\w+)", "\n".join(blocks("bash")), flags=re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text()
    assert targets
    assert all(f"\n{target}: " in makefile for target in targets)


@pytest.mark.parametrize("code", blocks("python"))
def test_the_examples_run(finished, monkeypatch, capsys, code):
    monkeypatch.chdir(finished.path)
    exec(compile(code, "README.md", "exec"), {})
    assert "ZTF18aaaaa" in capsys.readouterr().out
