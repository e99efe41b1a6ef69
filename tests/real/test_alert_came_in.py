"""A shifter's first run: real events, of which nothing is configured but the paths."""

import csv
import resource

import pytest
from workdir import Workdir

pytestmark = [pytest.mark.real, pytest.mark.workflow]
EVENTS = ("138632_31747601.json", "run00136662-evt000035405932-BRONZE.pkl")
RESULT = "run00136662-evt000035405932-BRONZE-8_64_512.npz"
MOST_CPU_S = 60
"""Of one event, with nothing compiled or tabulated before; 11 to 15 s were measured."""


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def write_lines(workdir, paths):
    (workdir.path / "config").mkdir(exist_ok=True)
    (workdir.path / "config/config.yaml").write_text("events: config/events.tsv\n")
    lines = [f"{path.name[:9].replace('_', '')}{path.suffix[1:]}\t{path}" for path in paths]
    (workdir.path / "config/events.tsv").write_text("\n".join(["event\tpath", *lines]) + "\n")
    return [line.split("\t")[0] for line in lines]


def test_an_event_to_a_contour_within_a_minute(shared, tmp_path):
    """Wall time depends on who else is at work: the CPU time of one core does not."""
    workdir = Workdir(tmp_path)
    (name,) = write_lines(workdir, [shared / "data/icecube/events" / EVENTS[1]])
    cold = {"XDG_CACHE_HOME": str(tmp_path / "x"), "NUMBA_CACHE_DIR": str(tmp_path / "numba")}
    before = cpu_seconds()
    workdir.snakemake(f"results/skymaps/{name}/contours.json", "--cores", "1", **cold)
    assert cpu_seconds() - before < MOST_CPU_S
    text = (tmp_path / f"results/skymaps/{name}/circular.txt").read_text()
    assert "\nRA: 46.76 (+1.57, -1.15 deg 90% by Wilks' theorem) J2000\n" in text


def test_an_event_beside_a_result_of_the_scanner(shared, tmp_path):
    workdir, data = Workdir(tmp_path), shared / "data/icecube"
    names = write_lines(workdir, [data / "events" / EVENTS[0], data / "results" / RESULT])
    workdir.snakemake("--cores", "1")
    with (tmp_path / "results/skymaps/summary.csv").open(newline="") as file:
        rows = {row["event"]: row for row in csv.DictReader(file)}
    assert set(rows) == set(names)
    ours, theirs = (rows[name] for name in names)
    assert (ours["reco"], ours["caution"]) == ("pandel_spe1st", "")
    assert float(ours["area_90_deg2"]) == pytest.approx(2.793, abs=0.001)
    assert (theirs["reco"], theirs["mjd"]) == ("unnamed", "")
    assert "declination perhaps mirrored" in theirs["caution"]
    assert float(theirs["area_90_deg2"]) == pytest.approx(0.446, abs=0.001)
