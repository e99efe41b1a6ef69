"""What jobs ask a cluster for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.alerts import need as packets
from pipeline.contract.need import MOST_MINUTES, Need, total_mb
from pipeline.scores.need import score_need
from pipeline.skymaps.need import scan_need

NIGHTS = st.integers(0, 3_000_000)
SHARDS = st.integers(1, 9999)


def needs(count: int, shards: int) -> list[Need]:
    return [
        packets.index_part(count, 1),
        packets.decode(count, shards),
        score_need(count, shards, 6),
    ]


@given(NIGHTS, NIGHTS, SHARDS)
def test_a_larger_night_never_asks_for_less(one, other, shards):
    for small, large in zip(
        needs(min(one, other), shards), needs(max(one, other), shards), strict=True
    ):
        assert small.mem_mb() <= large.mem_mb()
        assert small.minutes() <= large.minutes()
        assert small.disk() <= large.disk()


@given(NIGHTS, SHARDS)
def test_more_shards_never_ask_for_more_time(count, shards):
    one, many = packets.decode(count, 1), packets.decode(count, shards)
    assert many.minutes() <= one.minutes()
    assert many.disk() <= one.disk()


@given(st.integers(1, 6), st.floats(1, 1e5), st.floats(0, 1e7))
def test_each_attempt_asks_for_twice_as_much(attempt, memory_mb, cpu_s):
    need = Need(memory_mb, cpu_s)
    assert need.mem_mb(attempt + 1) == 2 * need.mem_mb(attempt)
    assert need.minutes(attempt + 1) == min(2 * need.minutes(attempt), MOST_MINUTES)


@pytest.mark.parametrize("need", [*needs(300_000, 8), scan_need(), scan_need(4)])
def test_a_usual_night_fits_usual_nodes(need):
    """2 GB a core and a queue of four hours, which every cluster has."""
    assert need.mem_mb() <= 2000
    assert need.minutes() <= 240


def test_packets_are_judged_by_the_dump(tmp_path):
    dump = tmp_path / "night.tar.gz"
    assert packets.packets_in(dump) == packets.TYPICAL_PACKETS
    other = tmp_path / "other.tar.gz"
    other.write_bytes(bytes(1_000_000))
    assert packets.packets_in(other) == 20


def test_a_folder_is_judged_by_a_hundred_of_its_files(tmp_path):
    for number in range(250):
        (tmp_path / f"{number}.avro").write_bytes(bytes(40_000))
    assert packets.packets_in(tmp_path) == 200


def test_an_empty_folder_holds_nothing(tmp_path):
    assert packets.packets_in(tmp_path) == 0


def test_files_that_are_not_here_yet_count_nothing(tmp_path):
    here = tmp_path / "here.csv"
    here.write_bytes(bytes(2_000_000))
    assert total_mb([here, tmp_path / "missing.csv"]) == 2.0
