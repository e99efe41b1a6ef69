"""The public packets as nights of the real workflow: every one accounted for, stamps scored."""

import json
from pathlib import Path

import public_packets as public
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from workdir import Workdir

from pipeline.alerts.surveys.registry import get_survey

pytestmark = [pytest.mark.real, pytest.mark.workflow]
pytest.importorskip("lsst.alert.packet", reason="the extra dev is not installed")


@pytest.fixture(scope="module")
def ran(shared, tmp_path_factory):
    """Return a directory where a night a survey has been processed, and one a tarball."""
    workdir = Workdir(tmp_path_factory.mktemp("public"))
    schemas = public.rubin_schemas(workdir.path / "schemas")
    lines = ["survey\tnight\tpath\tshards\tschemas"]
    for survey in ("ztf", "lsst"):
        folder = workdir.path / survey
        folder.mkdir()
        for path in public.files(shared):
            if public.survey_of(path) == survey and path.suffix != ".gz":
                (folder / f"{path.parent.name}__{path.name}").symlink_to(path)
        lines.append(f"{survey}\tpublic\t{survey}\t2\t{schemas}")
    tarballs = [p for p in public.files(shared) if p.suffix == ".gz"]
    lines += [f"ztf\ttar{i}\t{path}\t1" for i, path in enumerate(tarballs)]
    braai = {"version": "d6_m9", "path": str(shared / "data/models/braai_d6_m9.h5")}
    workdir.write_config({"models": {"braai": braai}}, [])
    (workdir.path / "config/alerts.tsv").write_text("\n".join(lines) + "\n")
    workdir.snakemake("--cores", "2")
    return workdir, tarballs


def table(workdir, name, survey, night):
    files = sorted((workdir.path / f"results/{name}/{survey}/{night}").glob("*.parquet"))
    return pa.concat_tables([pq.read_table(file) for file in files])


def expected_of(shared, workdir, survey):
    """Return the candids that count, by independent readers."""
    paths = get_survey(survey).candid_paths
    return {
        _first(packet, paths)
        for path in public.files(shared)
        if public.survey_of(path) == survey and path.suffix != ".gz" and public.has_alerts(path)
        for packet in public.packets_of(path, workdir.path / "schemas")
    }


def _first(packet, paths):
    for path in paths:
        value = packet
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None:
            return value
    return None


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_every_packet_is_accounted_for(shared, ran, survey):
    workdir, _ = ran
    alerts = table(workdir, "alerts", survey, "public")["candid"].to_pylist()
    assert len(alerts) == len(set(alerts))
    assert set(alerts) == expected_of(shared, workdir, survey)
    counts = json.loads((workdir.path / f"results/summary/{survey}/public.json").read_text())
    assert counts["read"] == counts["alerts"] + counts["rejected"] + counts["duplicates"]
    rows = table(workdir, "rejected", survey, "public").to_pylist()
    bad = {Path(row["source"]).name for row in rows}
    for path in public.files(shared):
        if public.survey_of(path) == survey and path.suffix != ".gz":
            assert (f"{path.parent.name}__{path.name}" in bad) == _is_bad(path), path


def _is_bad(path: Path) -> bool:
    """Return whether a row of rejected names it; 12345.avsc is not in the folder."""
    framed = path.suffix == ".avro" and path.read_bytes()[:5] == b"\0\0\0\x30\x39"
    return bool(public.reasons_of(path)) or framed


def test_tarballs(ran):
    workdir, tarballs = ran
    for i, path in enumerate(tarballs):
        alerts = table(workdir, "alerts", "ztf", f"tar{i}")
        assert alerts.num_rows == len(public.packets_of(path, workdir.path))
        assert table(workdir, "rejected", "ztf", f"tar{i}").num_rows == len(public.reasons_of(path))


def test_stamps_are_scored_or_say_why_not(ran):
    workdir, _ = ran
    scores = table(workdir, "scores", "ztf", "public").to_pylist()
    for row in scores:
        assert (row["braai"] is None) == (row["braai_reason"] is not None)
        assert row["braai"] is None or 0.0 <= row["braai"] <= 1.0
    assert sum(row["braai"] is not None for row in scores) > len(scores) // 2
