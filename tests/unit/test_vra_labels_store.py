"""Labels on disk: what was given is there, whatever else stands in the files."""

import multiprocessing
import os
import resource
import signal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.vra.labels import store
from pipeline.vra.labels.lines import KEYS, as_utc
from pipeline.vra.labels.store import append, read

HEADER = b"candid,objectId,label,timestamp\n"
TIME = "2026-12-01T06:00:00.000000+00:00"
LABELS = [*KEYS.values(), "undo"]


def line(candid=1, object_id="ZTF18a", label="real", time=TIME):
    return f"{candid},{object_id},{label},{time}\n".encode()


def said(labels):
    return [(one.who, one.candid, one.label) for one in labels.given]


def test_a_missing_folder_is_no_labels(tmp_path):
    assert read(tmp_path / "none") == store.Labels()


def test_given_taken_back_and_given_again(tmp_path):
    for label in ("real", "bogus", "undo"):
        append(tmp_path, "ann", 1, "ZTF18a", label)
    append(tmp_path, "ann", 2, "ZTF18b", "skip")
    append(tmp_path, "ann", 3, "ZTF18c", "gal")
    append(tmp_path, "ann", 3, "ZTF18c", "undo")
    append(tmp_path, "ann", 3, "ZTF18c", "undo")
    labels = read(tmp_path)
    assert said(labels) == [("ann", 1, "real"), ("ann", 2, "skip")]
    assert not labels.problems
    assert list(labels.by_candid()) == [1]
    content = (tmp_path / "ann.csv").read_bytes()
    assert content.startswith(HEADER) and content.count(b"\n") == 8


def test_the_latest_counts_and_contradictions_are_told(tmp_path):
    (tmp_path / "ann.csv").write_bytes(HEADER + line(label="real", time="2026-12-01T09:00:00"))
    (tmp_path / "bob.csv").write_bytes(HEADER + line(label="agn", time="2026-12-01T09:30:00+01:00"))
    (tmp_path / "cyd.csv").write_bytes(HEADER + line(label="skip", time="2026-12-02"))
    labels = read(tmp_path)
    assert labels.by_candid()[1].who == "ann"
    (problem,) = labels.problems
    assert "ann real" in problem and "bob agn" in problem and "ann's counts" in problem


def test_at_one_time_the_last_name_counts(tmp_path):
    for who, label in (("bob", "agn"), ("ann", "real")):
        (tmp_path / f"{who}.csv").write_bytes(HEADER + line(label=label))
    assert read(tmp_path).by_candid()[1].label == "agn"


ODD = [
    (line()[:-1], "the last line is cut"),
    (b"x" + line(), "a candid"),
    (line(candid=2**63), "a candid"),
    (line(candid="1.0"), "a candid"),
    (line(candid="\u0661"), "a candid"),
    (line(label="REAL"), "a label (real"),
    (line(object_id="a\0b"), "NUL"),
    (line(object_id='"a'), "CSV"),
    (line(object_id="a,b"), "5 fields"),
    (b"1,\xff,real," + TIME.encode() + b"\n", "UTF-8"),
    (b"9" * 100_000 + b"\n", "at most"),
    (HEADER, "second header"),
]


@pytest.mark.parametrize(("odd", "told"), ODD)
def test_what_is_no_label_is_told_and_costs_no_other(tmp_path, odd, told):
    path = tmp_path / "ann.csv"
    path.write_bytes(HEADER + line(candid=7) + odd)
    append(tmp_path, "bob", 8, "ZTF18b", "gal")
    labels = read(tmp_path)
    assert said(labels) == [("ann", 7, "real"), ("bob", 8, "gal")]
    (problem,) = labels.problems
    assert told in problem and str(path) in problem and "line 3" in problem
    append(tmp_path, "ann", 9, "ZTF18c", "bogus")
    assert ("ann", 9, "bogus") in said(read(tmp_path))
    assert len(said(read(tmp_path))) == 3


def test_a_time_that_is_none_counts_as_the_oldest(tmp_path):
    (tmp_path / "ann.csv").write_bytes(HEADER + line(time="proxy"))
    append(tmp_path, "aaa", 1, "ZTF18a", "bogus")
    labels = read(tmp_path)
    assert labels.by_candid()[1].label == "bogus"
    assert "no label" not in labels.problems[0] and "'proxy'" in labels.problems[0]


def test_windows_files_doubled_lines_and_missing_headers(tmp_path):
    (tmp_path / "ann.csv").write_bytes(b"\xef\xbb\xbf" + (HEADER + line()).replace(b"\n", b"\r\n"))
    (tmp_path / "bob.csv").write_bytes(HEADER + line() + line() + line(label="undo"))
    (tmp_path / "cyd.csv").write_bytes(line())
    labels = read(tmp_path)
    assert said(labels) == [("ann", 1, "real"), ("cyd", 1, "real")]
    twice, header = labels.problems
    assert "twice" in twice and "header" in header


@pytest.mark.parametrize("who", ["", ".", "..", "../ann", "a/b", "a\\b", ".ann", "a\n", "a" * 65])
def test_names_that_are_paths_are_refused(tmp_path, who):
    with pytest.raises(ValueError, match="labeller"):
        append(tmp_path / "labels", who, 1, "ZTF18a", "real")
    assert not (tmp_path / "labels").exists()


def test_what_cannot_be_given(tmp_path):
    for candid, label in ((2**63, "real"), (True, "real"), (1, "star")):
        with pytest.raises(ValueError, match="candid is|label is"):
            append(tmp_path, "ann", candid, "ZTF18a", label)
    assert not list(tmp_path.iterdir())


def test_files_that_are_none(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "a b.csv").write_bytes(HEADER)
    (tmp_path / ".hidden.csv").write_bytes(HEADER)
    labels = read(tmp_path)
    assert not labels.given and len(labels.problems) == 3


def test_a_full_disk_leaves_no_half_a_line(tmp_path):
    append(tmp_path, "ann", 1, "ZTF18a", "real")
    before = (tmp_path / "ann.csv").read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 10, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            append(tmp_path, "ann", 2, "ZTF18b", "bogus")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert "ann.csv" in caught.value.__notes__[0]
    assert (tmp_path / "ann.csv").read_bytes() == before


texts = st.text(max_size=30)
steps = st.tuples(
    st.sampled_from(["ann", "bob"]), st.integers(1, 3), texts, st.sampled_from(LABELS)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=12))
def test_what_is_read_is_what_was_given(tmp_path_factory, given_steps):
    folder = tmp_path_factory.mktemp("labels")
    expected = {}
    for who, candid, object_id, label in given_steps:
        append(folder, who, candid, object_id, label)
        stack = expected.setdefault((who, candid), [])
        stack.append(label) if label != "undo" else stack[-1:] and stack.pop()
    labels = read(folder)
    assert {(w, c): s for w, c, s in said(labels)} == {k: s[-1] for k, s in expected.items() if s}
    assert all("contradicting" in problem for problem in labels.problems)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 60))
def test_no_bytes_and_no_cut_break_reading_or_the_next_label(tmp_path_factory, junk, cut):
    folder = tmp_path_factory.mktemp("labels")
    path = folder / "ann.csv"
    whole = HEADER + line(candid=5)
    path.write_bytes(whole + line(candid=6)[:cut] + junk)
    before = {one.candid for one in read(folder).given}
    append(folder, "ann", 7, "ZTF18a", "real")
    after = {one.candid for one in read(folder).given}
    assert {7} <= after and (before | {7}) == after


def _give(folder, who, first, count):
    for candid in range(first, first + count):
        append(folder, who, candid, "ZTF18a", "real")


def test_processes_at_once_lose_and_cut_nothing(tmp_path):
    spawn = multiprocessing.get_context("fork")
    jobs = [spawn.Process(target=_give, args=(tmp_path, "ann", n * 100, 40)) for n in range(3)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    labels = read(tmp_path)
    assert sorted(one.candid for one in labels.given) == [
        n * 100 + i for n in range(3) for i in range(40)
    ]
    assert not labels.problems


def test_times():
    assert as_utc("2026-12-01 07:00") == "2026-12-01T07:00:00.000000+00:00"
    with pytest.raises(ValueError, match="no time"):
        as_utc("0001-01-01T00:00:00+10:00")


@pytest.mark.parametrize("kind", ["fifo", "null", "folder"])
def test_labels_are_given_to_files_alone(tmp_path, kind):
    path = tmp_path / "ann.csv"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "null":
        path.symlink_to("/dev/null")
    else:
        path.mkdir()
    with pytest.raises(OSError, match=r"ann.csv: no regular file"):
        append(tmp_path, "ann", 1, "o", "real")
