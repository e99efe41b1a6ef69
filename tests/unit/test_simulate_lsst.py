"""Simulated nights of Rubin: packets as Rubin's own, reproducible, consistent with their truth."""

import io
from itertools import islice

import fastavro
import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from nights import build_index

from pipeline.alerts.batch import Shard
from pipeline.alerts.surveys.registry import get_survey
from pipeline.simulate import surveys
from pipeline.simulate.alerts import simulate_alerts
from pipeline.simulate.lsst.rows import RowEncoder
from pipeline.simulate.lsst.schema import VERSIONS, schema
from pipeline.simulate.lsst.stream import packet_stream
from pipeline.simulate.lsst.survey import MOST_VISITS
from pipeline.simulate.ztf.lightcurves import difference_flux
from pipeline.simulate.ztf.population import PARAMETERS

NIGHT = "20260309"
LSST = get_survey("lsst")


def read(path):
    with path.open("rb") as file:
        return list(fastavro.reader(file))


@pytest.fixture(scope="module", params=VERSIONS)
def night(request, tmp_path_factory):
    """A night of 150 packets as containers, and what fastavro reads of it."""
    output = tmp_path_factory.mktemp("night") / "out"
    options = {"survey": "lsst", "format_": "container", "schema_version": request.param}
    simulate_alerts(output, 150, 1, NIGHT, **options)
    packets = read(output / "packets" / f"lsst_{NIGHT}_0001.avro")
    return output, packets, pq.read_table(output / "truth.parquet").to_pandas()


@pytest.fixture(scope="module")
def decoded(night, tmp_path_factory):
    folder = tmp_path_factory.mktemp("index")
    path = night[0] / "packets" / f"lsst_{NIGHT}_0001.avro"
    build_index(path, LSST, folder / "index.parquet", folder / "spool.bin")
    alerts, histories = [], []
    for batch in Shard.load(folder / "index.parquet", 0, 1).batches(LSST):
        assert batch.rejected.num_rows == 0
        assert batch.unlisted == []
        alerts += batch.alerts.to_pylist()
        histories += batch.history.to_pylist()
    return alerts, histories


def at(packet, path):
    for name in path.split("."):
        packet = None if packet is None else packet.get(name)
    return packet


def test_our_decoder_reads_what_fastavro_reads(night, decoded):
    by_candid = {packet["diaSourceId"]: packet for packet in night[1]}
    alerts, _ = decoded
    assert {row["candid"] for row in alerts} == set(by_candid)
    for row in alerts:
        packet = by_candid[row["candid"]]
        assert (row["ra"], row["dec"]) == (at(packet, LSST.ra), at(packet, LSST.dec))
        for column in LSST.columns:
            assert row[column.name] == at(packet, column.paths[0]), column.name


def test_our_history_is_what_fastavro_reads(night, decoded):
    found = {}
    for row in decoded[1]:
        key = row["candid"], row["kind"], row["prv_candid"]
        found[key] = row["flux"], row["fluxerr"], row["filter"], row["ra"], row["dec"]
    expected = {}
    for packet in night[1]:
        for kind, path, name in (
            ("prv", "prvDiaSources", "diaSourceId"),
            ("forced", "prvDiaForcedSources", "diaForcedSourceId"),
        ):
            for item in packet[path] or []:
                key = packet["diaSourceId"], kind, item[name]
                values = (item[n] for n in ("psfFlux", "psfFluxErr", "band", "ra", "dec"))
                flux, error, band, ra, dec = values
                expected[key] = flux, error, f"lsst{band}", ra, dec
    assert len(expected) > 30_000
    assert found == expected


def test_packets_and_truth_are_of_the_same_alerts(night, decoded):
    _, packets, truth = night
    alerts = {row["candid"]: row for row in decoded[0]}
    assert truth.candid.is_unique
    assert [p["diaSourceId"] for p in packets] == list(truth.candid)
    pulls = []
    for packet, row in zip(packets, truth.to_dict("records"), strict=True):
        alert = alerts[row["candid"]]
        assert alert["object_id"] == row["object_id"]
        assert alert["jd"] == pytest.approx(row["jd"], abs=1e-8)  # ERFA's leap seconds
        assert alert["band"] == row["band"]
        assert np.hypot(alert["ra"] - row["ra"], alert["dec"] - row["dec"]) * 3600 < 2
        assert len(packet["prvDiaSources"] or []) == row["earlier"]
        assert len(packet["prvDiaForcedSources"] or []) == row["forced"]
        if row["class"] == "bogus":
            assert np.isnan(row["flux_true"])
            continue
        pulls.append((alert["psfFlux"] - 1e3 * row["flux_true"]) / alert["psfFluxErr"])
        parameters = {name: row[name] for name in PARAMETERS}
        fid = 1 if row["band"] in "ug" else 2
        flux = difference_flux(row["class"], parameters, [row["jd"]], [fid])
        assert flux[0] == pytest.approx(row["flux_true"], rel=1e-9)
    assert 0.8 < np.std(pulls) < 1.3


def test_both_ends_of_history(night):
    _, packets, truth = night
    solar = truth["class"] == "asteroid"
    lengths = np.array([len(p["prvDiaSources"] or []) for p in packets])
    forced = np.array([len(p["prvDiaForcedSources"] or []) for p in packets])
    assert lengths.max() > 900
    assert forced.max() > 950
    assert (lengths[~solar] == 0).any()
    for packet, moves in zip(packets, solar, strict=True):
        nothing = [packet[n] is None for n in ("prvDiaSources", "prvDiaForcedSources", "diaObject")]
        assert nothing == [moves] * 3
        assert (packet["ssSource"] is not None) == moves
        assert (packet["diaSource"]["diaObjectId"] is None) == moves


def test_history_is_consistent(night):
    for packet in night[1]:
        source = packet["diaSource"]
        earlier = packet["prvDiaSources"] or []
        forced = packet["prvDiaForcedSources"] or []
        times = [item["midpointMjdTai"] for item in earlier]
        assert times == sorted(times)
        assert all(time < source["midpointMjdTai"] for time in times)
        assert all(abs(item["snr"]) > 5 for item in [*earlier, source])
        if packet["diaObject"] is None:
            continue
        assert packet["diaObject"]["nDiaSources"] == len(earlier) + 1
        assert forced[-1]["midpointMjdTai"] == source["midpointMjdTai"]  # as in real packets
        of_visit = {item["visit"]: item for item in forced}
        for item in [*earlier[::50], source]:
            assert of_visit[item["visit"]]["psfFlux"] == item["psfFlux"]


def test_cutouts_are_as_rubins(night):
    sizes = []
    for packet in night[1][:20]:
        source = packet["diaSource"]
        for name in LSST.cutouts:
            with fits.open(io.BytesIO(packet[name])) as hdus:
                hdus.verify("exception")
                assert [hdu.name for hdu in hdus] == ["PRIMARY", "UNCERT", "PSFIMAGE"]
                assert hdus[0].header["CRVAL1"] == pytest.approx(source["ra"], abs=1e-12)
                assert hdus[0].header["CRVAL2"] == pytest.approx(source["dec"], abs=1e-12)
                assert hdus[0].data.shape == hdus[1].data.shape
                assert hdus[2].data.sum() == pytest.approx(1, abs=1e-3)
                assert np.isfinite(hdus[0].data).all()
        sizes.append(sum(len(packet[name]) for name in LSST.cutouts))
        with fits.open(io.BytesIO(packet["cutoutDifference"])) as hdus:
            image, psf, side = hdus[0].data, hdus[2].data, len(hdus[0].data)
        inner = psf[41 // 2 - 15 : 41 // 2 + 16, 41 // 2 - 15 : 41 // 2 + 16]
        middle = image[side // 2 - 15 : side // 2 + 16, side // 2 - 15 : side // 2 + 16]
        fitted = (middle * inner).sum() / (inner**2).sum()
        assert abs(fitted - source["psfFlux"]) < 6 * source["psfFluxErr"]
    assert 115_000 <= np.mean(sizes) < 160_000


def test_same_seed_same_packets_however_many_and_without_stamps():
    few = [p.file_bytes() for p in islice(packet_stream(1, NIGHT, defects=0.3), 20)]
    many = [p.file_bytes() for p in islice(packet_stream(1, NIGHT, defects=0.3), 40)]
    assert many[:20] == few
    assert next(packet_stream(2, NIGHT)).file_bytes() != many[0]
    assert next(packet_stream(1, "20260310")).file_bytes() != many[0]
    reader = fastavro.parse_schema(schema("10.0"))
    pairs = zip(packet_stream(1, NIGHT), packet_stream(1, NIGHT, stamps=False), strict=False)
    for pair in islice(pairs, 10):
        full, bare = (
            fastavro.schemaless_reader(io.BytesIO(p.encoded()), reader, None) for p in pair
        )
        assert bare == full | dict.fromkeys(LSST.cutouts)


def test_all_forms_hold_the_same_packets_in_files_of_bounded_size(tmp_path, monkeypatch):
    monkeypatch.setattr(surveys, "CONTAINER_BYTES", 4_000_000)
    monkeypatch.setattr("pipeline.simulate.outputs.BLOCK_BYTES", 1_000_000)
    simulate_alerts(tmp_path / "c", 40, 1, NIGHT, survey="lsst", format_="container")
    simulate_alerts(tmp_path / "f", 40, 1, NIGHT, survey="lsst", format_="folder")
    files = sorted((tmp_path / "c" / "packets").glob("*.avro"))
    assert [f.name for f in files] == [
        f"lsst_{NIGHT}_{i:04d}.avro" for i in range(1, len(files) + 1)
    ]
    assert len(files) > 2
    assert all(4_000_000 <= f.stat().st_size < 5_500_000 for f in files[:-1])
    contained = {p["diaSourceId"]: p for f in files for p in read(f)}
    single = [read(f)[0] for f in (tmp_path / "f" / "packets").iterdir()]
    assert contained == {p["diaSourceId"]: p for p in single}
    truth = [(tmp_path / form / "truth.parquet").read_bytes() for form in "cf"]
    assert truth[0] == truth[1]


def test_history_can_be_shorter():
    packets = islice(packet_stream(1, NIGHT, history=100, stamps=False), 200)
    counts = np.array([(p.alert.earlier, p.alert.forced) for p in packets])
    assert 60 < counts[:, 1].max() <= 110
    assert counts[:, 0].max() > 50
    none = islice(packet_stream(1, NIGHT, history=0, stamps=False), 200)
    assert max(p.alert.earlier for p in none) <= 2  # of tonight


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": "9.0"}, "schema '9.0': expected one of 10.0, 11.0"),
        ({"history": MOST_VISITS + 1}, "expected 0 to 1060"),
        ({"night": "20240115"}, "expected a date since 2025"),
        ({"format_": "tarball"}, "expected one of folder, container"),
        ({"survey": "ztf"}, "options of the survey lsst"),
        ({"survey": "x"}, "expected one of ztf, lsst"),
    ],
)
def test_wrong_arguments_leave_nothing(tmp_path, change, message):
    arguments = {"night": NIGHT, "survey": "lsst", "schema_version": "10.0"} | change
    with pytest.raises(ValueError, match=message):
        simulate_alerts(tmp_path / "out", 3, 1, **arguments)
    assert not any(tmp_path.iterdir())


def test_defects_are_rejected_and_counted(tmp_path):
    options = {"survey": "lsst", "format_": "container", "stamps": False, "defects": 0.3}
    simulate_alerts(tmp_path / "out", 100, 1, NIGHT, **options)
    truth = pq.read_table(tmp_path / "out" / "truth.parquet").to_pandas().defect.value_counts()
    path = tmp_path / "out" / "packets" / f"lsst_{NIGHT}_0001.avro"
    counts = build_index(path, LSST, tmp_path / "index.parquet", tmp_path / "spool.bin")
    assert set(truth.index) == {"duplicate", "truncated"}
    assert counts["rejected"] == truth["truncated"]
    assert counts["duplicates"] == truth["duplicate"]
    assert sum(counts.values()) == 100


FIELDS = [
    {"name": "key", "type": "long"},
    {"name": "count", "type": ["null", "int"]},
    {"name": "fixed", "type": ["null", "string"]},
    {"name": "flag", "type": ["null", "boolean"]},
    {"name": "flux", "type": ["null", "float"]},
    {"name": "place", "type": "double"},
    {"name": "band", "type": ["null", "string"]},
]
ROWS = st.lists(
    st.tuples(
        st.integers(-(2**63), 2**63 - 1),
        st.integers(-(2**31), 2**31 - 1),
        st.booleans(),
        st.none() | st.floats(width=32, allow_nan=False),
        st.floats(allow_nan=False),
        st.sampled_from("ugrizy"),
    ),
    max_size=5,
)


@given(ROWS)
@settings(max_examples=100, deadline=None)
def test_rows_are_encoded_as_by_fastavro(rows):
    names = ("key", "count", "flag", "flux", "place", "band")
    columns = dict(zip(names, (list(c) for c in zip(*rows, strict=True)), strict=False))
    columns = columns or {name: [] for name in names}
    arrays = {
        "key": np.array(columns["key"], np.int64),
        "count": np.array(columns["count"], np.int64),
        "flag": np.array(columns["flag"], bool),
        "flux": np.array([np.nan if v is None else v for v in columns["flux"]], float),
        "place": np.array(columns["place"], float),
        "band": np.array(columns["band"], "S1"),
    }
    encoded = RowEncoder(FIELDS, {"fixed": "some"}).encode(len(rows), arrays)
    parsed = fastavro.parse_schema({"type": "record", "name": "row", "fields": FIELDS})
    for i, row in enumerate(rows):
        buffer = io.BytesIO()
        record = dict(zip(names, row, strict=True)) | {"fixed": "some"}
        fastavro.schemaless_writer(buffer, parsed, record)
        assert encoded.row(i) == buffer.getvalue()
    assert encoded.first(len(rows)) == encoded.data


@pytest.mark.parametrize("version", VERSIONS)
def test_the_schema_is_rubins_where_both_have_a_field(version):
    """Rubin's own schema reads our packets; names and types agree."""
    package = pytest.importorskip("lsst.alert.packet", reason="the extra dev is not installed")
    name = f"lsst.v{version.replace('.', '_')}.alert.avsc"
    path = f"{package.get_schema_root()}/{version.replace('.', '/')}/{name}"
    theirs = fastavro.schema.load_schema(path)
    for packet in islice(packet_stream(1, NIGHT, version=version), 20):
        data = io.BytesIO(packet.file_bytes())
        (ours,) = fastavro.reader(io.BytesIO(packet.file_bytes()))
        (read_by_rubin,) = fastavro.reader(data, theirs)
        _check_contained(ours, read_by_rubin)
    assert _types(schema(version)).items() <= _types(theirs).items()


def _check_contained(ours, theirs):
    if isinstance(ours, dict):
        for key, value in ours.items():
            _check_contained(value, theirs[key])
    elif isinstance(ours, list):
        assert len(ours) == len(theirs)
        for pair in zip(ours, theirs, strict=True):
            _check_contained(*pair)
    else:
        assert ours == theirs


def _types(schema):
    """Return the type of each field by its path; of named types, their names."""
    found, records = {}, {}

    def walk(kind, path):
        if isinstance(kind, list):
            for branch in kind:
                walk(branch, path)
            found[path] = found.get(path, ()) + ("null",) * ("null" in kind)
        elif isinstance(kind, dict) and kind["type"] == "record":
            records[kind["name"]] = kind
            for field in kind["fields"]:
                walk(field["type"], f"{path}.{field['name']}")
        elif isinstance(kind, dict):
            walk(kind.get("items", kind["type"]), f"{path}[]" if "items" in kind else path)
        elif kind in records:
            walk(records[kind], path)
        elif kind != "null":
            found[path] = (kind,)

    walk(schema, "")
    return found
