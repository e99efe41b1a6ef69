"""Sherlock by Lasair's API: patient, never more than allowed, each answer asked for once."""

import json
import os
import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lasair_server import SECRET, lasair

from pipeline.vra.configured import Context
from pipeline.vra.context import lasair as client
from pipeline.vra.context.answers import HOUR_S, Answers, Place
from pipeline.vra.context.lasair import TOKEN, LasairError, ask_all
from pipeline.vra.context.sherlock import write_sherlock

PLACES = [Place(10.0 + n, 15.0 + 2 * n) for n in range(4)]


@pytest.fixture
def sky(monkeypatch):
    monkeypatch.setenv(TOKEN, SECRET)
    monkeypatch.setattr(client, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(client, "PATIENCE_S", 2.0)
    with lasair() as found:
        yield found


def ask(sky, folder, places=PLACES, per_hour=1000):
    return ask_all(places, sky.url, Answers(folder), per_hour)


def test_each_place_is_asked_for_once(sky, tmp_path):
    assert ask(sky, tmp_path, [*PLACES, *PLACES]) == 4
    assert sorted(sky.asked) == sorted((f"{p.ra:.5f}", f"{p.dec:.5f}") for p in PLACES)
    assert ask(sky, tmp_path) == 0
    assert len(sky.asked) == 4
    kept = json.loads((tmp_path / PLACES[0].name).read_text())
    assert kept["url"] == sky.url
    assert datetime.fromisoformat(kept["date"]) > datetime.now(UTC) - timedelta(minutes=1)
    assert SECRET not in (tmp_path / PLACES[0].name).read_text()


def test_the_table(sky, tmp_path):
    pool = pa.table({"candid": [3, 1, 2], "ra": [10.000001, 11.0, 10.0], "dec": [15.0, 40.0, 15.0]})
    out = tmp_path / "context.parquet"
    assert write_sherlock(pool, sky.url, tmp_path / "answers", 100, "ztf", out) == 2
    sn, orphan, same = pq.read_table(out).to_pylist()
    assert sn == {
        "survey": "ztf", "candid": 3, "classification": "SN", "catalogue_table_name": "NED/SDSS",
        "catalogue_object_id": "g10.00000", "separationArcsec": 3.25,
        "physical_separation_kpc": 4.5, "reason": None,
    }  # fmt: skip
    assert (orphan["classification"], orphan["separationArcsec"]) == ("ORPHAN", None)
    assert orphan["reason"] == "Sherlock knows no source there"
    assert same == sn | {"candid": 2}


def test_offline_the_answers_are_enough(sky, tmp_path, monkeypatch):
    ask(sky, tmp_path)
    monkeypatch.delenv(TOKEN)
    assert ask_all(PLACES, "http://127.0.0.1:9/api", Answers(tmp_path), 1) == 0
    with pytest.raises(LasairError, match=r"1 places have no answer in .*: set LASAIR_TOKEN"):
        ask(sky, tmp_path, [Place(200.0, 0.0)])


@pytest.mark.parametrize("fault", [
    500, 502, 503, 429, "cut", 0.3,
    (429, {"Retry-After": "1"}),
    (503, {"Retry-After": format_datetime(datetime.now(UTC))}),
    (429, {"Retry-After": "soon"}),
], ids=str)  # fmt: skip
def test_what_heals_is_waited_for(sky, tmp_path, fault):
    sky.faults = [fault]
    began = time.monotonic()
    assert ask(sky, tmp_path) == 4
    assert len(list(tmp_path.iterdir())) == 4
    if isinstance(fault, tuple) and fault[1]["Retry-After"] == "1":
        assert time.monotonic() - began >= 1


@pytest.mark.parametrize(("faults", "told"), [
    ([503] * 99, r"answers 503: run again later; what was answered is kept in"),
    (["cut"] * 99, r"ConnectionError: run again later"),
    ([(429, {"Retry-After": "3600"})], r"answers 429: run again later"),
    ([400], r"answers 400"),
    ([(302, {"Location": "http://127.0.0.1:9/"})], r"answers 302"),
    ([b"x" * 2_000_000], r"an answer of more than 1,000,000 bytes"),
], ids=str)  # fmt: skip
def test_what_does_not_heal_is_told(sky, tmp_path, faults, told):
    ask(sky, tmp_path, PLACES[:2])
    sky.faults = list(faults)
    with pytest.raises(LasairError, match=told) as caught:
        ask(sky, tmp_path)
    assert SECRET not in str(caught.value) and "\n" not in str(caught.value)
    sky.faults = []
    assert ask(sky, tmp_path) == 2  # it goes on where it was


@pytest.mark.parametrize("content", [
    b"", b"<html>", b"[]", b"{}", b"null", b'{"classifications": {}, "crossmatches": []}',
    b'{"classifications": {"a": ["SN"], "b": ["SN"]}, "crossmatches": []}',
    b'{"classifications": {"a": [7]}, "crossmatches": []}',
    b'{"classifications": {"a": ["SN"]}, "crossmatches": [7]}',
    b'{"classifications": {"a": ["SN"]}, "crossmatches": [{"separationArcsec": "near"}]}',
    b'{"classifications": {"a": ["SN"]}, "crossmatches": [{"separationArcsec": -1}]}',
    b'{"classifications": {"a": ["SN"]}, "crossmatches": [{"separationArcsec": NaN}]}',
])  # fmt: skip
def test_an_answer_of_another_kind_is_not_kept(sky, tmp_path, content):
    sky.faults = [content]
    with pytest.raises(ValueError, match=r"was expected"):
        ask(sky, tmp_path, PLACES[:1])
    assert list(tmp_path.iterdir()) == []


@given(content=st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(
        st.sampled_from(["classifications", "crossmatches", "a", "separationArcsec"]), x),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_any_content(content, tmp_path_factory):
    answers = Answers(tmp_path_factory.getbasetemp() / "any")
    try:
        answers.keep(PLACES[0], "u", content)
    except ValueError:
        return
    assert answers.read(PLACES[0]).classification


def test_a_changed_answer_is_refused(sky, tmp_path):
    ask(sky, tmp_path)
    path = tmp_path / PLACES[0].name
    path.write_text(path.read_text().replace('"SN"', '"VS"'))
    with pytest.raises(ValueError, match=r"json: the answer is not what was kept"):
        Answers(tmp_path).read(PLACES[0])
    path.write_text("{")
    with pytest.raises(ValueError, match=re.escape(PLACES[0].name)):
        Answers(tmp_path).read(PLACES[0])


def test_no_more_than_allowed_in_an_hour(sky, tmp_path, monkeypatch):
    """Calls of other runs count, by the answers' dates."""
    with pytest.raises(LasairError, match=r"3 calls an hour are used up .*: 1 places are left"):
        ask(sky, tmp_path, per_hour=3)
    assert len(sky.asked) == 3
    for k, path in enumerate(sorted(tmp_path.iterdir())):
        old = time.time() - HOUR_S + 60 * k + 1
        os.utime(path, (old, old))
    assert 0 < Answers(tmp_path).seconds_until_fewer(3) <= 1
    assert ask(sky, tmp_path, per_hour=3) == 1  # after a second


def test_a_token_that_is_not_known(sky, tmp_path, monkeypatch):
    monkeypatch.setenv(TOKEN, "wrong")
    with pytest.raises(LasairError, match=r"answers 401") as caught:
        ask(sky, tmp_path)
    assert "wrong" not in str(caught.value)
    monkeypatch.setenv(TOKEN, "two\nlines")
    with pytest.raises(LasairError, match=r"a line of plain text"):
        ask(sky, tmp_path)


def test_what_a_configuration_may_say():
    assert Context(lasair={}).lasair.per_hour == 100
    for wrong in ({}, {"lasair": {}, "roles": {"agn": ["a"]}}, {"lasair": {"url": "lasair"}}):
        with pytest.raises(ValueError, match=r"roles|url"):
            Context(**wrong)
