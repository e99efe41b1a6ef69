"""Simulated Rubin packets beside the 33 real ones."""

import io
from itertools import islice

import fastavro
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.simulate.lsst.stream import packet_stream

pytestmark = pytest.mark.real
NUMBERS = (
    "raErr", "decErr", "x", "xErr", "y", "yErr", "apFlux", "apFluxErr", "snr", "psfFlux",
    "psfFluxErr", "psfChi2", "psfNdata", "trailFlux", "trailFluxErr", "trailLength", "trailAngle",
    "scienceFlux", "scienceFluxErr", "templateFlux", "templateFluxErr", "ixx", "iyy", "ixy",
    "ixxPSF", "iyyPSF", "ixyPSF", "extendedness", "reliability", "bboxSize", "detector",
)  # fmt: skip


@pytest.fixture(scope="module")
def real(shared):
    files = sorted((shared / "data/alerts/lsst").glob("*.parquet"))
    return pa.concat_tables(map(pq.read_table, files), promote_options="default").to_pylist()


@pytest.fixture(scope="module")
def simulated():
    return [
        next(fastavro.reader(io.BytesIO(packet.file_bytes())))
        for packet in islice(packet_stream(1, "20260309"), 150)
    ]


@pytest.mark.parametrize("name", NUMBERS)
def test_values_are_in_the_range_of_real_ones(real, simulated, name):
    """The median of one lies within the other's range, and sizes within a factor of ten."""
    ours, theirs = (
        np.array([p["diaSource"][name] for p in packets if p["diaSource"][name] is not None])
        for packets in (simulated, real)
    )
    low, high = theirs.min(), theirs.max()
    assert low <= np.median(ours) <= high
    assert ours.min() <= np.median(theirs) <= ours.max()
    size, real_size = (np.percentile(np.abs(a), 90) for a in (ours, theirs))
    assert real_size / 10 < size < real_size * 10


def test_flags_and_nulls_are_as_in_real_ones(real, simulated):
    """What no real packet has is null; flags are False in all but few."""
    for name, value in simulated[0]["diaSource"].items():
        real_values = [p["diaSource"][name] for p in real]
        ours = [p["diaSource"][name] for p in simulated]
        if all(v is None for v in real_values):
            assert all(v is None for v in ours), name
        elif isinstance(value, bool) and name != "isNegative":
            assert sum(map(bool, real_values)) <= 1, name
            assert not any(ours), name


def test_histories_are_as_long_as_real_ones(real, simulated):
    for name, real_mean in (("prvDiaSources", 468), ("prvDiaForcedSources", 655)):
        ours, theirs = ([len(p[name] or []) for p in packets] for packets in (simulated, real))
        assert np.mean(theirs) == pytest.approx(real_mean, abs=1)
        assert np.mean(ours) == pytest.approx(real_mean, rel=0.3)
        assert max(ours) == pytest.approx(max(theirs), rel=0.15)


def test_cutouts_are_as_large_as_real_ones(real, simulated):
    names = ("cutoutScience", "cutoutTemplate", "cutoutDifference")
    ours, theirs = (
        np.mean([sum(len(p[n]) for n in names) for p in packets]) for packets in (simulated, real)
    )
    assert ours == pytest.approx(theirs, rel=0.15)
