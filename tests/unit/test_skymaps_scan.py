"""Scans: in one job or in many, killed and resumed, with fits that fail in every way."""

import json
import multiprocessing
import os
import random
import signal
import sys
import time

import numpy as np
import pytest
from test_skymaps_events import event

from pipeline.events.event import Seed
from pipeline.sky.nsides import parse_nsides
from pipeline.skymaps.products.result_files import write_npz
from pipeline.skymaps.recos import registry
from pipeline.skymaps.recos.base import FIT_DTYPE, Likelihood, Reconstruction, octahedron, point
from pipeline.skymaps.scan import isolation
from pipeline.skymaps.scan import rounds as scan
from pipeline.skymaps.scan.fitter import InThisProcess, Work
from pipeline.skymaps.scan.isolation import OwnProcess
from pipeline.skymaps.scan.results import Part, joined
from pipeline.skymaps.scan.rounds import Scan, scan_all, scan_chunk

LEVELS = parse_nsides("2:0 8:12 32:12")


class Odd(Reconstruction, Likelihood):
    """Fits |direction.x|, except where it was told to go wrong."""

    name = "odd"
    variations = octahedron()
    later_variations = point()

    def __init__(self, wrong=lambda direction: None):
        self.wrong = wrong

    def load(self, event):
        return self

    def fit(self, directions, vertices):
        for direction in directions:
            self.wrong(direction)
        fits = np.zeros(len(directions), FIT_DTYPE)
        fits["llh"] = np.abs(directions[:, 0])
        fits["x"] = vertices.shape[1]
        return fits


def directions(n):
    vectors = np.random.default_rng(3).normal(size=(n, 3))
    return vectors / np.linalg.norm(vectors, axis=1)[:, None]


def fit_with(reco, n=200, first=True, limit_s=0.3):
    index = np.arange(n)
    work = Work(64, index, directions(n), np.zeros((n, 4)), first)
    with OwnProcess(reco, event(), limit_s) as fitter:
        return joined(fitter.fit([work]), {64: index})


def reasons(part):
    return {failure.index: failure.reason for failure in part.failures}


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (lambda: int("x"), "ValueError: invalid literal"),
        (lambda: os._exit(3), "its process ended with exit code 3"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "its process ended with exit code -9"),
        (lambda: time.sleep(60), "exceeded the time limit of 0.3 s"),
        (sys.exit, "its process ended with exit code 0"),
    ],
    ids=["raises", "exits", "is killed", "hangs", "quits"],
)
def test_a_failing_pixel_costs_only_itself(failure, words):
    fits = fit_with(Odd(lambda d: failure() if d[2] > 0.97 else None))
    bad = np.flatnonzero(directions(200)[:, 2] > 0.97)
    assert len(bad) == 5
    assert sorted(reasons(fits)) == bad.tolist()
    assert all(words in reason for reason in reasons(fits).values())
    good = np.delete(np.arange(200), bad)
    assert fits.pixels["index"].tolist() == good.tolist()
    assert fits.pixels["llh"].tolist() == np.abs(directions(200)[good, 0]).tolist()


def test_nan_and_infinity_are_no_results():
    class Nan(Odd):
        def fit(self, directions, vertices):
            fits = super().fit(directions, vertices)
            fits["llh"][directions[:, 2] > 0.97] = np.nan
            fits["llh"][directions[:, 2] < -0.97] = np.inf
            return fits

    fits = fit_with(Nan())
    assert sorted(reasons(fits)) == np.flatnonzero(np.abs(directions(200)[:, 2]) > 0.97).tolist()


def test_a_fit_of_the_wrong_form_is_a_failure():
    class Short(Odd):
        def fit(self, directions, vertices):
            return np.zeros(3)

    assert "TypeError: fit returned float64 of shape (3,)" in reasons(fit_with(Short(), n=1))[0]


def test_variations_of_the_first_nside_and_later():
    assert fit_with(Odd(), n=5).pixels["X"].tolist() == [7.0] * 5
    assert fit_with(Odd(), n=5, first=False).pixels["X"].tolist() == [1.0] * 5


def test_what_cannot_load_is_an_error():
    class Broken(Odd):
        def load(self, event):
            raise ValueError("too few DOMs")

    class Dying(Odd):
        def load(self, event):
            os._exit(5)

    with pytest.raises(ValueError, match="cannot load the event: ValueError: too few DOMs"):
        fit_with(Broken())
    with pytest.raises(ValueError, match="ended with exit code 5"):
        fit_with(Dying())


def test_unknown_reconstruction_lists_those_there_are():
    words = "no reconstruction 'milipede'; there are crash_dummy, dummy, .*planewave"
    with pytest.raises(ValueError, match=words):
        Scan(event(), "milipede", LEVELS)


# Whole scans ----------------------------------------------------------------------------


def result(one, state, path):
    write_npz(one.event, state, path)
    return path.read_bytes()


@pytest.fixture(scope="module", params=["minimum", "contour"])
def whole(tmp_path_factory, request):
    folder = tmp_path_factory.mktemp("whole")
    one = Scan(event(), "crash_dummy", LEVELS)
    if request.param == "contour":
        one = Scan(event(), "crash_dummy", parse_nsides("2:0 8:1 32:1"), outermost=200.0)
    state = scan_all(one, folder / "rounds")
    return one, state, result(one, state, folder / "x.npz"), len(list(folder.glob("rounds/*")))


def test_a_scan_finishes_with_its_failures_listed(whole):
    _, state, _, rounds = whole
    assert rounds >= 3
    assert {f.reason for f in state.failures} == {
        "RuntimeError: crash_dummy was told to fail here",
        "no position variation could be fitted",
    }
    tried = sum(len(state.done(n)) for n in (2, 8, 32))
    assert tried == sum(map(len, state.pixels.values())) + len(state.failures)
    assert all(np.isfinite(rows["llh"]).all() for rows in state.pixels.values())


@pytest.mark.parametrize("batch", [1, 7])
def test_results_do_not_depend_on_batches(whole, tmp_path, monkeypatch, batch):
    monkeypatch.setattr(isolation, "MOST_PIXELS", batch)
    one, _, expected, _ = whole
    assert result(one, scan_all(one, tmp_path / "rounds"), tmp_path / "x.npz") == expected


@pytest.mark.parametrize(("chunks", "rounds"), [(1, 2), (3, 4), (5, 7)])
def test_results_do_not_depend_on_jobs(whole, tmp_path, chunks, rounds):
    """With fewer static rounds than needed the last job closes; with more they are empty."""
    one, state, expected, _ = whole
    earlier = []
    for number in range(rounds):
        files = [tmp_path / f"{number}-{chunk}.npz" for chunk in range(chunks)]
        for chunk in random.Random(number).sample(range(chunks), chunks):
            scan_chunk(one, earlier, files[chunk], chunk=chunk, chunks=chunks)
        earlier.append(files)
    closed = scan_all(one, tmp_path / "rounds", earlier)
    assert result(one, closed, tmp_path / "x.npz") == expected
    assert closed.failures == state.failures


class Strewn(InThisProcess):
    """Fits, and returns each result by itself, in an order of its own."""

    def fit(self, work):
        pieces = [pixels[i : i + 1] for pixels in work for i in range(len(pixels))]
        random.Random(len(pieces)).shuffle(pieces)
        return super().fit(pieces)


@pytest.mark.parametrize("make_fitter", [InThisProcess, Strewn])
def test_results_do_not_depend_on_who_fits(whole, tmp_path, make_fitter):
    one, state, expected, _ = whole
    other = scan_all(one, tmp_path / "rounds", make_fitter=make_fitter)
    assert result(one, other, tmp_path / "x.npz") == expected
    assert other.failures == state.failures


def test_a_chunk_does_not_depend_on_who_fits(tmp_path):
    one, parts = Scan(event(), "crash_dummy", LEVELS), {}
    for make_fitter in (OwnProcess, Strewn):
        path = tmp_path / "part.npz"
        scan_chunk(one, [], path, chunk=1, chunks=3, make_fitter=make_fitter)
        with np.load(path) as content:
            parts[make_fitter] = {name: content[name] for name in content}
            parts[make_fitter]["pixels"]["seconds"] = 0  # what a pixel took is never the same
    for name, values in parts[OwnProcess].items():
        assert values.tobytes() == parts[Strewn][name].tobytes()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda parts: parts[1:], r"1 results are missing, the first of pixel 0 at nside 2"),
        (lambda parts: [*parts, parts[7]], r"1 results are not asked for, the first of pixel 7"),
        (lambda parts: [*parts, Part()], None),
    ],
    ids=["lost", "twice", "empty"],
)
def test_no_pixel_can_vanish_or_come_twice(tmp_path, change, words):
    class Careless(InThisProcess):
        def fit(self, work):
            pieces = [pixels[i : i + 1] for pixels in work for i in range(len(pixels))]
            return iter(change(list(super().fit(pieces))))

    one = Scan(event(), "dummy", parse_nsides("2:0"))
    if words is None:
        assert len(scan_all(one, tmp_path, make_fitter=Careless).pixels[2]) == 48
        return
    with pytest.raises(ValueError, match=words):
        scan_all(one, tmp_path, make_fitter=Careless)


def test_in_this_process_what_cannot_load_is_an_error():
    class Broken(Odd):
        def load(self, event):
            raise ValueError("too few DOMs")

    with pytest.raises(ValueError, match="cannot load the event: ValueError: too few DOMs"):
        InThisProcess(Broken(), event())


def test_a_chunk_of_another_scan_is_refused(whole, tmp_path):
    one, *_ = whole
    scan_chunk(one, [], tmp_path / "a.npz", chunk=0, chunks=1)
    other = Scan(event(run_id=2, mjd=60001.0), "crash_dummy", LEVELS)
    with pytest.raises(ValueError, match=r"a.npz: missing, or part of another scan"):
        scan_all(other, tmp_path / "rounds", [[tmp_path / "a.npz"]])


def test_finished_rounds_are_not_scanned_again(whole, tmp_path, monkeypatch):
    one, _, expected, _ = whole
    scan_all(one, tmp_path / "rounds")
    last = sorted(tmp_path.glob("rounds/*"))[-1]
    last.unlink()
    fitted = []
    monkeypatch.setattr(
        OwnProcess, "fit", lambda *args, f=OwnProcess.fit: fitted.append(len(args[1])) or f(*args)
    )
    assert result(one, scan_all(one, tmp_path / "rounds"), tmp_path / "x.npz") == expected
    assert len(fitted) == 1 and last.exists()


def rounds_of(one, cache, monkeypatch):
    """Return the result of a scan and the rounds that were fitted in it."""
    fitted = []
    with monkeypatch.context() as patch:
        patch.setattr(scan, "_fit", lambda *a, f=scan._fit: fitted.append(a[2]) or f(*a))
        state = scan_all(one, cache)
    return result(one, state, cache.parent / "x.npz"), fitted


def test_other_levels_leave_the_rounds_valid_that_they_do_not_change(tmp_path, monkeypatch):
    levels = parse_nsides("2:0 8:1 32:1")
    narrow, wide = (Scan(event(), "dummy", levels, outermost=x) for x in (5.0, 200.0))
    _, first = rounds_of(narrow, tmp_path / "rounds", monkeypatch)
    fresh, all_rounds = rounds_of(wide, tmp_path / "fresh", monkeypatch)
    after, again = rounds_of(wide, tmp_path / "rounds", monkeypatch)
    assert after == fresh
    assert len(again) == len(all_rounds) - len(levels) > 0
    back, last = rounds_of(narrow, tmp_path / "rounds", monkeypatch)
    assert back == rounds_of(narrow, tmp_path / "other", monkeypatch)[0] != fresh
    assert len(last) == len(first) - len(levels)


def test_a_chunk_chosen_for_other_levels_is_refused(tmp_path):
    levels = parse_nsides("2:0 8:1 32:1")
    narrow, wide = (Scan(event(), "dummy", levels, outermost=x) for x in (5.0, 200.0))
    earlier = []
    for number in range(len(levels) + 1):
        scan_chunk(narrow, earlier, tmp_path / f"{number}.npz", chunk=0, chunks=1)
        earlier.append([tmp_path / f"{number}.npz"])
    with pytest.raises(ValueError, match=rf"{len(levels)}.npz: missing, or part of another scan"):
        scan_all(wide, tmp_path / "rounds", earlier)
    scan_all(wide, tmp_path / "rounds", earlier[: len(levels)])


def test_kill_9_at_ten_random_moments(whole, tmp_path):
    one, _, expected, _ = whole
    context = multiprocessing.get_context("fork")
    moments = random.Random(11)
    for number in range(10):
        folder = tmp_path / str(number)
        child = context.Process(target=scan_all, args=(one, folder))
        child.start()
        time.sleep(moments.uniform(0.0, 0.25))
        child.kill()
        child.join()
        assert result(one, scan_all(one, folder), tmp_path / "x.npz") == expected


def test_the_fits_process_dies_with_a_killed_scan(tmp_path):
    """Even inside a fit that never returns."""
    pid_file = tmp_path / "pid"

    def forever(_):
        pid_file.write_text(str(os.getpid()))
        while True:
            pass

    child = multiprocessing.get_context("fork").Process(
        target=fit_with, args=(Odd(forever), 1, True, 60)
    )
    child.start()
    deadline = time.monotonic() + 20
    while not (pid_file.exists() and pid_file.read_text()) and time.monotonic() < deadline:
        time.sleep(0.01)
    child.kill()
    child.join()
    pid = int(pid_file.read_text())
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("the process of the fits outlived its scan")


def test_no_result_at_all_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setitem(registry.BUILT_IN, "hopeless", f"{__name__}:Hopeless")
    monkeypatch.setattr(scan, "code", lambda name: "")
    with pytest.raises(ValueError, match=r"hopeless: no pixel has a result \(RuntimeError: never"):
        scan_all(Scan(event(), "hopeless", LEVELS), tmp_path)


class Hopeless(Odd):
    name = "hopeless"

    def fit(self, directions, vertices):
        raise RuntimeError("never")


def test_pointed_scan_needs_a_direction(tmp_path):
    one = Scan(event(), "dummy", parse_nsides("64:0 512:12"), pointed=True)
    state = scan_all(one, tmp_path)
    assert list(state.pixels) == [64]
    assert state.best()["llh"] < 1
    lost = Scan(event(seed=Seed(0, 0, 0, 0)), "dummy", LEVELS, pointed=True)
    with pytest.raises(ValueError, match="needs a seed with a direction"):
        scan_all(lost, tmp_path)


def test_fingerprint_tells_scans_apart():
    base = Scan(event(), "dummy", LEVELS)
    others = [
        Scan(event(mjd=60001.0), "dummy", LEVELS),
        Scan(event(pulses=event().pulses[:1].tolist()), "dummy", LEVELS),
        Scan(event(), "planewave", LEVELS),
        Scan(event(), "dummy", LEVELS[:2]),
        Scan(event(), "dummy", LEVELS, limit_s=5),
    ]
    prints = [one.fingerprint for one in [base, *others]]
    assert len(set(prints)) == len(prints)
    assert Scan(event(), "dummy", LEVELS).fingerprint == base.fingerprint


def test_reports(tmp_path):
    seen = []
    one = Scan(event(), "dummy", LEVELS)
    scan_all(one, tmp_path, report=lambda state, done, size: seen.append((done, size)))
    assert seen[0] == (0, 48)
    assert (48, 48) in seen
    assert all(done <= size for done, size in seen)
    assert json.dumps(seen)
