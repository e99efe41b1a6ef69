"""Simulated nights: whole, reproducible, consistent with their truth."""

import csv
import io
import re
import resource
import shlex
import subprocess
import sys
import tarfile
from itertools import islice
from pathlib import Path

import fastavro
import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline.cli.main import main
from pipeline.simulate.alerts import simulate_alerts
from pipeline.simulate.stream import SimulatedPacket, packet_stream
from pipeline.simulate.ztf.lightcurves import CLASSES, difference_flux
from pipeline.simulate.ztf.population import PARAMETERS
from pipeline.simulate.ztf.survey import SimulatedNight, processing_id

NIGHT = "20240115"
NUMBER = 60


def read(data):
    return next(fastavro.reader(io.BytesIO(data)))


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    output = tmp_path_factory.mktemp("night") / "out"
    simulate_alerts(output, NUMBER, 1, NIGHT)
    return output


@pytest.fixture(scope="module")
def long_night(tmp_path_factory):
    """More alerts, without stamps: for statistics."""
    output = tmp_path_factory.mktemp("long") / "out"
    simulate_alerts(output, 900, 2, NIGHT, format_="container", stamps=False)
    with (output / f"ztf_{NIGHT}.avro").open("rb") as file:
        records = list(fastavro.reader(file))
    return output, records, pq.read_table(output / "truth.parquet").to_pandas()


def test_packets_and_truth_are_of_the_same_alerts(night):
    records = [read(path.read_bytes()) for path in (night / "packets").iterdir()]
    truth = pq.read_table(night / "truth.parquet").to_pandas()
    assert len(records) == len(truth) == NUMBER
    assert {r["candid"] for r in records} == set(truth.candid)
    assert truth.candid.is_unique
    by_candid = truth.set_index("candid")
    for record in records:
        true = by_candid.loc[record["candid"]]
        candidate = record["candidate"]
        assert record["objectId"] == true.object_id
        assert candidate["candid"] == record["candid"]
        assert candidate["jd"] == true.jd
        assert np.hypot(candidate["ra"] - true.ra, candidate["dec"] - true.dec) * 3600 < 5


def test_all_forms_hold_the_same_packets(night, tmp_path):
    files = {path.name: path.read_bytes() for path in (night / "packets").iterdir()}
    simulate_alerts(tmp_path / "t", NUMBER, 1, NIGHT, format_="tarball")
    with tarfile.open(tmp_path / "t" / f"ztf_public_{NIGHT}.tar.gz") as tar:
        assert {m.name: tar.extractfile(m).read() for m in tar} == files
    simulate_alerts(tmp_path / "c", NUMBER, 1, NIGHT, format_="container")
    with (tmp_path / "c" / f"ztf_{NIGHT}.avro").open("rb") as file:
        blocks = list(fastavro.block_reader(file))
    assert max(block.num_records for block in blocks) == 16
    contained = {record["candid"]: record for block in blocks for record in block}
    assert contained == {r["candid"]: r for r in map(read, files.values())}
    for name in ("truth.parquet", "stars.parquet", "galaxies.csv"):
        assert (tmp_path / "t" / name).read_bytes() == (night / name).read_bytes()


def test_same_seed_same_packets_however_many():
    few = [p.file_bytes() for p in islice(packet_stream(1, NIGHT, defects=0.3), 20)]
    many = [p.file_bytes() for p in islice(packet_stream(1, NIGHT, defects=0.3), 40)]
    assert many[:20] == few
    assert next(packet_stream(2, NIGHT)).file_bytes() != many[0]
    assert next(packet_stream(1, "20240116")).file_bytes() != many[0]


def test_without_stamps_all_else_is_the_same():
    pairs = zip(packet_stream(1, NIGHT), packet_stream(1, NIGHT, stamps=False), strict=False)
    for full, bare in islice(pairs, 20):
        cutouts = {name for name in full.record if name.startswith("cutout")}
        assert bare.record == full.record | dict.fromkeys(cutouts)


def test_magnitudes_agree_with_the_truth(long_night):
    _, records, truth = long_night
    measured = {r["candid"]: r["candidate"] for r in records}
    assert set(truth["class"]) == set(CLASSES)
    pulls = {}
    for row in truth.dropna(subset="mag_true").itertuples():
        candidate = measured[row.candid]
        assert candidate["isdiffpos"] == ("t" if row.flux_true > 0 else "f")
        pull = (candidate["magpsf"] - row.mag_true) / candidate["sigmapsf"]
        pulls.setdefault(row._5, []).append(pull)
    for object_class, values in pulls.items():
        # sources near the threshold are found where noise made them brighter
        assert abs(np.median(values)) < 0.4, object_class
        assert 0.8 < np.std(values) < 1.3, object_class
    assert truth[truth["class"] == "bogus"].mag_true.isna().all()


def test_the_parameters_give_the_light_curve_back(long_night):
    _, _, truth = long_night
    real = truth[truth["class"] != "bogus"]
    for row in real.iloc[::7].to_dict("records"):
        parameters = {name: row[name] for name in PARAMETERS}
        flux = difference_flux(row["class"], parameters, [row["jd"]], [row["fid"]])
        assert flux[0] == pytest.approx(row["flux_true"], rel=1e-12)


def test_history_is_consistent(long_night):
    _, records, _ = long_night
    seen_twice = 0
    by_object = {}
    for record in records:
        candidate, history = record["candidate"], record["prv_candidates"] or []
        found = [p for p in history if p["magpsf"] is not None]
        assert all(candidate["jd"] - 30 <= p["jd"] < candidate["jd"] for p in history)
        assert all(p["candid"] is None and p["diffmaglim"] for p in history if p not in found)
        assert candidate["ndethist"] >= len(found) + 1
        assert candidate["jdstarthist"] <= min([p["jd"] for p in found], default=candidate["jd"])
        assert candidate["jdendhist"] == candidate["jd"]
        assert candidate["ncovhist"] >= len(history) + 1
        assert {f["jd"] for f in record["fp_hists"]} == {p["jd"] for p in history}
        forced = {f["jd"]: f for f in record["fp_hists"] if f["procstatus"] == "0"}
        for p in found:  # forced flux and PSF magnitude are of the same image
            if p["jd"] in forced:
                flux = abs(forced[p["jd"]]["forcediffimflux"])
                mag = forced[p["jd"]]["magzpsci"] - 2.5 * np.log10(flux)
                assert mag == pytest.approx(p["magpsf"], abs=1e-3)
        earlier = by_object.setdefault(record["objectId"], {})
        seen_twice += bool(earlier)
        assert set(earlier) <= {p["candid"] for p in found}  # tonight's alerts before it
        earlier[record["candid"]] = candidate
    assert seen_twice > 50
    some = [f for r in records for f in r["fp_hists"]]
    assert {f["procstatus"] for f in some} == {"0", "61"}
    assert all(f["forcediffimflux"] == -99999 for f in some if f["procstatus"] == "61")


def test_identifiers_are_built_like_ztfs(long_night):
    _, records, _ = long_night
    assert len({r["candid"] for r in records}) == len(records)
    for record in records[:50]:
        c = record["candidate"]
        assert c["nid"] == int(c["jd"] - 2457754.5)
        assert c["pid"] == int((c["jd"] - 2457754.5) * 1e5) * 10_000 + c["rcid"] * 100 + 15
        sign = 15 if c["isdiffpos"] == "t" else 10
        assert c["candid"] == c["pid"] * 10**6 + sign * 1000 + c["tblid"]
        assert record["objectId"][:3] == "ZTF" and len(record["objectId"]) == 12
        assert record["objectId"][3:5].isdigit() and record["objectId"][5:].isalpha()


@pytest.mark.parametrize("night", ["20170301", "20240115", "20260301", "20260621"])
@pytest.mark.parametrize("seed", [1, 7])
def test_no_two_images_have_the_same_time(seed, night):
    """So that candids, of image and row, are unique however many packets are taken."""
    simulated = SimulatedNight(seed, night)
    epochs = [simulated.epochs(field) for field in range(len(simulated.field_id))]
    tonight = np.concatenate([e.jd[e.tonight :] for e in epochs])
    assert tonight.size > 500
    assert np.unique(processing_id(tonight, 0)).size == tonight.size
    before = np.concatenate([e.jd[: e.tonight] for e in epochs])
    assert not set(processing_id(tonight, 0)) & set(processing_id(before, 0))


def test_candids_of_a_night_of_some_size_are_unique():
    packets = list(islice(packet_stream(7, "20260301", stamps=False), 3000))
    assert len({packet.candid for packet in packets}) == 3000
    assert len({packet.file_name for packet in packets}) == 3000
    assert all(10**18 < packet.candid < 2**63 for packet in packets)


def test_a_folder_never_takes_two_packets_of_one_name(tmp_path, monkeypatch):
    monkeypatch.setattr(SimulatedPacket, "file_name", "same.avro")
    with pytest.raises(FileExistsError, match=r"same\.avro"):
        simulate_alerts(tmp_path / "out", 2, 1, NIGHT, stamps=False)
    assert not list(tmp_path.iterdir())


def test_scores_tell_real_from_bogus_but_not_perfectly(long_night):
    _, records, truth = long_night
    real = dict(zip(truth.candid, truth["class"] != "bogus", strict=True))
    drb = np.array([r["candidate"]["drb"] for r in records])
    is_real = np.array([real[r["candid"]] for r in records])
    assert np.median(drb[is_real]) > 0.98
    assert np.median(drb[~is_real]) < 0.2
    assert 0 < (drb[~is_real] > 0.5).mean() < 0.2


def test_catalogues_hold_what_the_alerts_are(long_night):
    output, records, truth = long_night
    stars = pq.read_table(output / "stars.parquet").to_pandas()
    assert stars.name.is_unique
    variables = truth[truth["class"] == "variable"].drop_duplicates("object")
    found = stars[stars.type != "star"]
    assert len(found) == len(variables)
    for row in variables.itertuples():
        near = found[(abs(found.ra - row.ra) < 1e-6) & (abs(found.dec - row.dec) < 1e-6)]
        assert list(near.type) == [row.kind]
    with (output / "galaxies.csv").open() as file:
        galaxies = {row["name"]: row for row in csv.DictReader(file)}
    hosted = truth[truth["class"].isin(["sn_ia", "sn_cc", "agn"])]
    for row in hosted.itertuples():
        host = galaxies[row.host]
        assert float(host["z"]) == row.redshift
        away = np.hypot(
            (float(host["ra"]) - row.ra) * np.cos(np.radians(row.dec)), float(host["dec"]) - row.dec
        )
        assert away * 3600 < 40
    assert truth[truth["class"] == "variable"].host.isna().all()
    assert any(row["z"] == "" for row in galaxies.values())
    # the nearest PS1 source of a variable is itself
    variable_ids = set(truth[truth["class"] == "variable"].candid)
    nearest = [r["candidate"]["distpsnr1"] for r in records if r["candid"] in variable_ids]
    assert np.max(nearest) < 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"number": 0}, "number 0: expected 1 or more"),
        ({"seed": -1}, "seed -1"),
        ({"night": "20241301"}, "expected a date"),
        ({"night": "2024115"}, "expected a date"),
        ({"night": "20150101"}, "since 2017"),
        ({"format_": "zip"}, "expected one of folder, container, tarball"),
        ({"defects": 1.5}, "between 0 and 1"),
    ],
)
def test_wrong_arguments_leave_nothing(tmp_path, change, message):
    arguments = {"number": 3, "seed": 1, "night": NIGHT} | change
    with pytest.raises(ValueError, match=message):
        simulate_alerts(tmp_path / "out", **arguments)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("format_", ["folder", "container", "tarball"])
def test_a_full_disk_leaves_nothing(tmp_path, format_):
    """A limit on the size of files stops it after some packets, as a full disk would."""
    limit = 70_000 if format_ == "folder" else 1_000_000
    command = [sys.executable, "-m", "pipeline.cli.main", "simulate", "alerts", "--number", "60"]
    result = subprocess.run(
        [*command, "--night", NIGHT, "--format", format_, "--output", str(tmp_path / "out")],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.startswith("nightmill: ")
    assert "File too large" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not any(tmp_path.iterdir())


def test_a_folder_with_something_in_it_is_not_replaced_unasked(tmp_path):
    output = tmp_path / "out"
    output.mkdir()
    simulate_alerts(output, 2, 1, NIGHT, stamps=False)  # an empty one is
    before = sorted(output.rglob("*"))
    with pytest.raises(FileExistsError, match="not empty"):
        simulate_alerts(output, 3, 1, NIGHT, stamps=False)
    assert sorted(output.rglob("*")) == before
    simulate_alerts(output, 3, 1, NIGHT, stamps=False, overwrite=True)
    assert len(list((output / "packets").iterdir())) == 3


def test_the_examples_of_the_documentation(tmp_path, monkeypatch, capsys):
    text = (Path(__file__).parents[2] / "docs" / "simulate.md").read_text()
    monkeypatch.chdir(tmp_path)
    for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL):
        words = shlex.split(block.replace("2000", "100"))
        assert words.pop(0) == "nightmill"
        assert main(words) == 0
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(block, {})
    assert len(capsys.readouterr().out.splitlines()) == 8
