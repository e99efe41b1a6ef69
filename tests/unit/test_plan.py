"""`nightmill plan`: the table of costs, the sum of all jobs, the time they take at least."""

import heapq
import io
import json
import math
import re
from pathlib import Path
from typing import get_args

import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from nights import write_results
from packets import packet
from rich.console import Console

from pipeline.alerts import need as packets
from pipeline.alerts.kept import Kept
from pipeline.alerts.surveys.registry import names
from pipeline.cli.main import main
from pipeline.contract.costs import FIGURES, costs, need_of
from pipeline.contract.need import Need
from pipeline.contract.work import Expected, Work, named
from pipeline.crossmatch.need import match_need, sort_need
from pipeline.io.tables import write_table
from pipeline.plan.forecast import _begins, forecast, wall
from pipeline.plan.overlay import read_request
from pipeline.plan.show import show
from pipeline.scores.need import SIX, score_need
from pipeline.skymaps.need import scan_need, scan_tracks_need

ROOT = Path(__file__).parents[2]
RULES = {
    rule
    for path in (ROOT / "workflow/rules").glob("*.smk")
    for rule in re.findall(r"^ *rule (\w+):", path.read_text(), flags=re.MULTILINE)
}


def test_every_rule_has_its_costs():
    assert {cost.rule for cost in costs()} == RULES - {"tidy"} | {
        *("dump", "planning", "filter_nights"),
        *(f"history_{kept}" for kept in get_args(Kept)),
    }


def test_every_figure_says_where_it_comes_from():
    lines = [(c.rule, c.survey, c.form, c.unit) for c in costs()]
    assert len(set(lines)) == len(lines)
    for cost in costs():
        assert cost.source, cost
        assert all(0 <= getattr(cost, name) < math.inf for name in FIGURES), cost
        assert cost.survey in ("", *names()), cost


@given(st.integers(0, 10_000_000), st.integers(1, 9999))
def test_needs_are_those_that_were_asked_for(count, shards):
    """The figures that the rules had of their own, for ZTF's tarballs."""
    share, mb = math.ceil(count / shards), count * 50_000 / 1e6
    both = mb + share * 50_000 / 1e6
    old = {
        packets.index_part(count, 1): Need(400 + count * 0.3e-3, count * 0.45e-3, mb * 2),
        packets.decode(count, shards): Need(600 + share * 300e-6, share * 0.25e-3, both),
        score_need(count, shards, SIX): Need(600 + share * 300e-6, share * 1.62e-3, both),
        match_need(count, shards, 2): Need(500, 60),
        sort_need(shards): Need(350 + shards * 0.5, 20 + shards * 0.1, shards * 3),
        scan_need(): Need(800, 1800, 100),
        scan_tracks_need(200, 4): Need(800, 750),
    }
    for new, asked in old.items():
        assert new.mem_mb() == pytest.approx(asked.mem_mb(), rel=0.01)
        # The start of Python, of which the scheduler's ten minutes hold some more.
        assert new.minutes() == pytest.approx(asked.minutes(), rel=0.15, abs=1)
        assert new.disk() == pytest.approx(asked.disk(), rel=0.15, abs=250)


@pytest.mark.parametrize(
    ("name", "survey", "size"), [("a.avro", "lsst", 329), ("a.parquet", "lsst", 268)]
)
def test_packets_are_judged_by_the_survey(tmp_path, name, survey, size):
    (tmp_path / name).write_bytes(bytes(10_000 * size))
    kind = packets.Packets(survey, packets.form_of(tmp_path / name))
    assert packets.packets_in(tmp_path / name, kind) == 10


@pytest.mark.parametrize(
    ("name", "size", "form"),
    [("a.avro", 400_000, "folder"), ("a.avro", 5_000_000, "avro"), ("a.parquet", 9, "parquet")],
)
def test_a_folder_is_what_its_files_are(tmp_path, name, size, form):
    assert packets.form_of(tmp_path) == "folder"
    (tmp_path / "README").write_text("nothing")
    (tmp_path / name).write_bytes(bytes(size))
    assert packets.form_of(tmp_path) == form


def test_a_night_of_rubin_needs_what_was_extrapolated():
    """A night of 10⁷ as the first real ones: 12,600 s to index, 27,000 to decode, 380 GB.

    It was 32,000 s and 666 GB before tables stored floats by byte.
    """
    kind = packets.Packets("lsst", "avro")
    assert packets.index_part(10_000_000, 1, kind).cpu_s == pytest.approx(12_600, rel=0.03)
    assert packets.index(10_000_000).cpu_s < 15
    decode = packets.decode(10_000_000, 1, kind)
    assert decode.cpu_s == pytest.approx(27_000, rel=0.03)
    assert decode.output_mb == pytest.approx(364_000 + 15_000, rel=0.03)
    assert packets.index_part(10_000_000, 1, kind).spool_mb == 0


@pytest.mark.parametrize(
    ("form", "size", "all_kb"),
    [("avro", None, 36), ("parquet", None, 36), ("avro", 82e3, 9)],
)
def test_what_is_kept_of_the_history_is_what_rubin_writes(form, size, all_kb):
    """By option: 36, 1.4 and 0 kB a packet, however the same packets come."""
    kind = packets.Packets("lsst", form, size)
    needs = {kept: packets.decode(100_000, 1, kind, kept) for kept in get_args(Kept)}
    none = needs["none"]
    assert needs["all"].output_mb - none.output_mb == pytest.approx(100 * all_kb, rel=0.03)
    assert needs["new"].output_mb - none.output_mb == pytest.approx(140)
    assert none.output_mb == pytest.approx(150, abs=0.1)  # and a shard's footers
    assert none.cpu_s < needs["new"].cpu_s < needs["all"].cpu_s
    assert packets.decode(100_000, 1, kind) == needs["all"]


@pytest.mark.parametrize(
    ("packets_of", "shards", "cores", "better"),
    [(1e7, 4, 64, 100), (1e7, 64, 64, None), (1e7, 1000, 64, 100), (600, 2, 2, None)],
)
def test_shards_of_50_to_200_thousand(packets_of, shards, cores, better):
    assert packets.better_shards(int(packets_of), shards, cores) == better


@st.composite
def graphs(draw):
    """Works of which each comes after some of those before it."""
    works = []
    for i in range(draw(st.integers(1, 6))):
        after = [w.name for w in works if draw(st.booleans())]
        need = Need(0, draw(st.integers(1, 9)))
        works.append(Work(f"r{i}", "", draw(st.integers(1, 5)), need, tuple(after)))
    return works


def greedy(works: list[Work], cores: int) -> float:
    """Return when the last job ends if no core waits while a job can begin."""
    left = {work.name: work.jobs for work in works}
    waiting, ready, running, now = list(works), [], [], 0.0
    while waiting or ready or running:
        for work in [w for w in waiting if not any(left[name] for name in w.after)]:
            waiting.remove(work)
            ready += [work] * work.jobs
        while ready and len(running) < cores:
            work = ready.pop(0)
            heapq.heappush(running, (now + work.need.cpu_s, work.name))
        now, name = heapq.heappop(running)
        left[name] -= 1
    return now


@given(graphs(), st.integers(1, 8))
def test_no_schedule_is_faster(works, cores):
    begins, _ = _begins(works)
    taken = greedy(works, cores)
    assert wall(works, begins, cores) <= taken + 1e-9
    # Graham: a schedule in which no core waits takes at most the sum of both bounds.
    assert taken <= 2 * wall(works, begins, cores)


def test_what_only_can_follow_waits():
    """100 s for one core, then 640 s for 64: a sum over all cores would say 11.6 s."""
    index = Work("index", "", 1, Need(0, 100))
    works = [index, Work("decode", "", 64, Need(0, 10), after=(named("index", ""),))]
    begins, chains = _begins(works)
    assert wall(works, begins, 64) == 110
    assert wall(works, begins, 1) == 740
    assert chains["decode "] == ("index", "decode")


def test_more_of_everything_is_a_sum():
    one, two = need_of("summary", {"shard": 0}), need_of("summary", {"shard": 1000})
    assert two.cpu_s - one.cpu_s == pytest.approx(0.1)
    with pytest.raises(KeyError):
        need_of("summary", {})
    with pytest.raises(ValueError, match=r"costs\.csv: no line for the rule 'nothing'"):
        need_of("nothing", {})


@pytest.fixture
def directory(tmp_path, monkeypatch):
    """Return a folder with the configuration of two surveys' nights that are not here yet."""
    (tmp_path / "config").mkdir()
    config = {
        "alerts": "config/alerts.tsv",
        "models": {
            "braai": {"version": "1", "path": "braai.h5"},
            "named": {"version": "1", "path": "named.h5", "inputs": ["features"]},
        },
        "catalogs": {"vsx": {"path": "vsx.csv", "surveys": ["ztf", "lsst"]}},
    }
    (tmp_path / "config/config.yaml").write_text(yaml.safe_dump(config))
    lines = "survey\tnight\tpath\tshards\nztf\t1\ta.tar.gz\t4\nlsst\t2\tb.avro\t100\n"
    (tmp_path / "config/alerts.tsv").write_text(lines)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def planned(capsys, *options: str) -> dict:
    assert main(["plan", "--json", *options]) == 0
    return json.loads(capsys.readouterr().out)


def test_each_survey_has_its_packets(directory, capsys):
    found = planned(capsys, "--packets", "1e5", "lsst=1e7", "--bytes", "lsst=82e3", "--cores", "64")
    rules = {rule["rule"]: rule for rule in found["rules"]}
    jobs = {name: rule["jobs"] for name, rule in rules.items()}
    # and those of tables that are added; test_plan_jobs.py compares all with Snakemake's
    assert jobs == jobs | {
        "index_part": 2, "index": 2, "decode": 104, "score": 4, "match": 104, "summary": 2,
        "convert_model": 2, "sort_catalog": 1,
    }  # fmt: skip
    ztf, lsst = packets.Packets(), packets.Packets("lsst", "avro", 82e3)
    assert rules["index_part"]["cpu_s"] == pytest.approx(
        packets.index_part(100_000, 1, ztf).cpu_s + packets.index_part(10_000_000, 1, lsst).cpu_s
    )
    assert rules["decode"]["output_mb"] == pytest.approx(
        4 * packets.decode(100_000, 4, ztf).output_mb
        + 100 * packets.decode(10_000_000, 100, lsst).output_mb
    )
    assert rules["convert_model"]["once"]
    assert not rules["match"]["once"]
    assert found["cpu_s"] == pytest.approx(sum(rule["cpu_s"] for rule in found["rules"]))
    assert found["wall_s"] >= max(found["chain_s"], found["cpu_s"] / 64)
    assert found["jobs"] == sum(jobs.values())


def test_the_history_option_counts(directory, capsys):
    whole = planned(capsys, "--packets", "1e6")["output_mb"]
    other = directory / "other.yaml"
    other.write_text("history: {lsst: new}\n")
    new = planned(capsys, "--packets", "1e6", "--configfile", str(other))["output_mb"]
    assert whole - new == pytest.approx(36_200 - 1400, rel=0.01)


def test_what_is_not_here_is_said(directory, capsys):
    notes = planned(capsys)["notes"]
    assert any("a.tar.gz is not here yet: counted as 300,000 packets" in note for note in notes)
    assert any("vsx.csv is not here yet" in note for note in notes)
    assert not any("a.tar.gz" in note for note in planned(capsys, "--packets", "1e5")["notes"])
    (note,) = [n for n in planned(capsys, "--packets", "ztf=1e6")["notes"] if n.startswith("ztf")]
    assert note == (
        "ztf 1: 1,000,000 packets in 4 shards: 10 would be better (50,000 to 200,000 packets each)"
    )


def test_an_index_of_hours_is_better_made_in_parts(directory, capsys):
    notes = planned(capsys, "--packets", "1e7")["notes"]
    assert "lsst 2: its index has parts 1: 43 would be better" in notes
    assert "ztf 1: one job indexes a compressed tarball; unpacked, parts 16 do" in notes
    (directory / "config/alerts.tsv").write_text(
        "survey\tnight\tpath\tshards\tparts\nlsst\t2\tb.avro\t100\t43\n"
    )
    assert not any("parts" in note for note in planned(capsys, "--packets", "1e7")["notes"])


def test_what_runs_at_once_on_one_machine(directory, capsys):
    one, four = (
        planned(capsys, "--packets", "1e5", "--cores", cores)["together_mb"] for cores in "14"
    )
    assert four == pytest.approx(4 * packets.decode(100_000, 4).memory_mb, rel=0.5)
    assert one < four


def test_files_are_laid_over_each_other(directory, capsys):
    other = directory / "other.yaml"
    other.write_text("models: {third: {version: '1', path: third.h5}}\ncatalogs:\n")
    rules = {r["rule"]: r for r in planned(capsys, "--configfile", str(other))["rules"]}
    assert rules["convert_model"]["jobs"] == 3
    assert "match" not in rules
    other.write_text("engine: tensorflow\n")
    rules = {r["rule"]: r for r in planned(capsys, "--configfile", str(other))["rules"]}
    assert "convert_model" not in rules


def test_it_fits_80_columns(directory):
    expected = Expected({"ztf": 10_000_000, "lsst": 10_000_000})
    found = forecast(read_request(Path(), []), expected, 64)
    console = Console(width=80, file=io.StringIO(), highlight=False)
    show(found, console)
    text = console.file.getvalue()
    assert all(len(line) <= 80 for line in text.splitlines())
    table = text[: text.index("At least")]
    assert "…" not in table
    assert all(rule.rule in table for rule in found.rules)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--packets", "-1"], "--packets -1: expected a number from 1 to 1e+12"),
        (["--packets", "1e30"], "--packets 1e30: expected a number from 1 to 1e+12"),
        (["--packets", "many"], "--packets many: expected a number"),
        (["--packets", "inf"], "--packets inf: expected a number"),
        (["--packets", "ptf=1"], "--packets ptf=1: no night of 'ptf'; nights are of: ztf, lsst"),
        (["--packets", "lsst="], "--packets lsst=: the number is missing, as in lsst=1e6"),
        (["--packets", "=1"], "--packets =1: no night of ''"),
        (["--bytes", "0"], "--bytes 0: expected a number from 1 to 1e+09"),
        (["--cores", "0"], "--cores 0: expected 1 to 1000000"),
        (["--directory", "nowhere"], "nowhere: No such file or directory"),
        (["--configfile", "nowhere.yaml"], "nowhere.yaml: cannot be read"),
    ],
)
def test_absurd_input_is_one_line(directory, capsys, options, words):
    assert main(["plan", *options]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("nightmill: ")
    assert words in shown.err
    assert shown.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "config/config.yaml: there is none; name a file by --configfile"),
        ("", "the configuration asks for nothing: no night and no event"),
        ("[1]", "expected keys and values"),
        ("models: 3", "models"),
        ("alerts: absent.tsv", "absent.tsv: cannot be read"),
    ],
)
def test_no_configuration_is_one_line(tmp_path, monkeypatch, capsys, text, words):
    monkeypatch.chdir(tmp_path)
    if text is not None:
        (tmp_path / "config").mkdir()
        (tmp_path / "config/config.yaml").write_text(text)
    assert main(["plan"]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert main(["plan", "--packets", "1e7"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_small_night_is_mostly_footers(tmp_path):
    """A table has what its columns mean at its end, however few rows it has."""
    write_results(tmp_path, [packet(i, f"ZTF18{i:07d}") for i in range(3)])
    parts = ("alerts", "history")
    files = [file for part in parts for file in (tmp_path / "results" / part).rglob("*.parquet")]
    for file in files:  # as jobs write them
        write_table(pq.read_table(file), file)
    written = sum(file.stat().st_size for file in files)
    assert written / 1e6 == pytest.approx(packets.decode(3, 1).output_mb, rel=0.25)
