"""The README says what is so: its graph, its commands, its examples."""

import re
from itertools import pairwise

import pytest
import yaml
from workdir import ROOT

from pipeline.alerts.domain import ALERTS
from pipeline.plan.load import load_config, load_lines

pytestmark = pytest.mark.workflow
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


def test_the_picture_is_the_rule_graph(workdir, monkeypatch):
    workdir.configure(
        events="config/events.tsv",
        skymaps={"chunks": 2, "calibration": {"tracks": 200}},
        archive={
            "documents": True,
            "uri": "mongodb://127.0.0.1",
            "matchfiles": ["match.pytable"],
        },
    )
    (workdir.path / "config/alerts.tsv").write_text(
        "survey\tnight\tpath\n"
        "ztf\t20180201\thttp://127.0.0.1/night.tar.gz\n"
        "ztf\t20180202\thttp://127.0.0.1/next.tar.gz\n"
    )
    (workdir.path / "config/events.tsv").write_text("event\tpath\nsim\tevent.json\n")
    (workdir.path / "event.json").write_text("{}")
    (workdir.path / "match.pytable").write_text("")
    output = workdir.snakemake("--rulegraph", "mermaid-js")
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", output))
    edges = {(names[a], names[b]) for a, b in re.findall(r"(id\d+) --> (id\d+)", output)}
    assert edges_of_mermaid(blocks("mermaid")[0]) == edges
    monkeypatch.syspath_prepend(ROOT / "docs/site")
    from rulegraph import with_graphs

    for page in ("README.md", "docs/architecture.md"):
        text = (ROOT / page).read_text()
        assert with_graphs(text, edges) == text, "make config writes it"
    # as make config writes a graph that has changed
    again = with_graphs(README, [*edges, ("decode", "added"), ("added", "all")])
    found = edges_of_mermaid(re.search(r"```mermaid\n(.*?)```", again, flags=re.DOTALL)[1])
    assert found == edges | {("decode", "added"), ("added", "all")}


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
