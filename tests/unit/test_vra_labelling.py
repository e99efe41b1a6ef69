"""`nightmill label`: on a terminal, by lines, by two people at once, killed at any moment."""

import fcntl
import os
import pty
import random
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from contextlib import ExitStack

import pyarrow as pa
import pytest
from labelling import FIRST, write_round, write_worklist
from nights import write_shard

from pipeline.cli.main import main
from pipeline.filters.tables import CANDIDATES_SCHEMA
from pipeline.vra.features_table import FEATURES_SCHEMA
from pipeline.vra.labels.claims import Claims, is_shared
from pipeline.vra.labels.loop import label_all, last_words
from pipeline.vra.labels.session import Asked, Session
from pipeline.vra.labels.store import append, read
from pipeline.vra.places import BEGAN
from pipeline.vra.rounds.began import Began, status_of

READY = b"q=quit"
ALERTS = [Asked("ztf", candid, f"ZTF18aaaaa{candid:02d}") for candid in range(40)]


@pytest.fixture
def sessions(tmp_path):
    with ExitStack() as stack:

        def make(who, overlap=0.0):
            claims = stack.enter_context(Claims(tmp_path))
            return Session(tmp_path, who, ALERTS, "seed", overlap, claims)

        yield make


def given(folder):
    return [(one.who, one.candid, one.label) for one in read(folder).given]


def test_next_give_undo(tmp_path, sessions):
    session = sessions("ann")
    assert session.next() is session.next() is ALERTS[0]
    session.give("real")
    assert session.next() is ALERTS[1]
    session.give("skip")
    assert session.progress().skipped == 1
    assert session.undo() is ALERTS[1] is session.next()
    assert session.undo() is ALERTS[0] is session.next()
    session.give("bogus")
    assert given(tmp_path) == [("ann", 0, "bogus")]
    # what is not of these alerts is not taken back here
    append(tmp_path, "ann", 999, "ZTF18b", "gal")
    assert session.undo() is ALERTS[0]
    assert session.undo() is None
    with pytest.raises(ValueError, match="label is one of"):
        session.give("star")


def test_another_gets_what_is_free_and_what_was_skipped(tmp_path, sessions):
    append(tmp_path, "ann", 0, "ZTF18a", "skip")
    append(tmp_path, "ann", 1, "ZTF18a", "real")
    bob = sessions("bob")
    assert bob.next() is ALERTS[0]
    bob.give("gal")
    assert bob.next() is ALERTS[2]


def test_what_is_shared_is_asked_of_all(tmp_path, sessions):
    shared = {alert.candid for alert in ALERTS if is_shared(alert.candid, "seed", 0.3)}
    assert 4 <= len(shared) <= 20
    asked = {}
    for who in ("ann", "bob"):
        session, asked[who] = sessions(who, 0.3), []
        while (one := session.next()) is not None and len(asked[who]) < (
            20 if who == "ann" else 40
        ):
            asked[who].append(one.candid)
            session.give("real")
    assert set(asked["ann"]) & set(asked["bob"]) == shared & set(asked["ann"])
    assert shared <= set(asked["bob"])


def label_some(folder, who, count):
    with Claims(folder) as claims:
        session = Session(folder, who, ALERTS, "seed", 0.1, claims)
        for _ in range(count):
            if session.next() is None:
                return
            session.give("real")


def test_processes_at_once_double_and_lose_none(tmp_path):
    children = []
    for who in ("ann", "bob", "bob"):
        child = os.fork()
        if not child:
            try:
                label_some(tmp_path, who, 100)
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    said = given(tmp_path)
    shared = {alert.candid for alert in ALERTS if is_shared(alert.candid, "seed", 0.1)}
    for alert in ALERTS:
        assert sum(one[1] == alert.candid for one in said) == 1 + (alert.candid in shared)
    lines = "".join((tmp_path / f"{who}.csv").read_text() for who in ("ann", "bob")).split()
    assert len(lines) == 2 + len(said)  # headers; nobody gave two labels to one


def test_a_claim_goes_with_its_process(tmp_path):
    ready, told = os.pipe()
    child = os.fork()
    if not child:
        Claims(tmp_path).take(5)
        os.write(told, b"1")
        signal.pause()
    os.read(ready, 1)
    with Claims(tmp_path) as claims:
        assert not claims.take(5)
        assert claims.take(5, "ann")
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert claims.take(5)
    os.close(ready)
    os.close(told)


def test_the_loop_says_what_it_does(tmp_path, sessions):
    session, said, shown, keys = sessions("ann"), [], [], iter("r?zizq")
    label_all(session, lambda *one: shown.append(one[0].candid), said.append, lambda: next(keys))
    assert said == ["ZTF18aaaaa00: real", "'?' is none of the keys", "taken back",
                    "nothing of yours to take back here"]  # fmt: skip
    assert shown == [0, 1, 0, 0]
    assert last_words(session, "labels", "round 3") == (
        "round 3: 0 of 40 labelled, 0 by you (labels/ann.csv)"
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    directory = tmp_path_factory.mktemp("round")
    write_round(directory)
    return directory


@pytest.fixture
def directory(made, tmp_path):
    for name in ("results", "config", "dump"):
        if (made / name).exists():
            (tmp_path / name).symlink_to(made / name)
    return tmp_path


def label(directory, *options, keys=""):
    command = [sys.executable, "-m", "pipeline.cli.main", "label", "--directory", str(directory)]
    return subprocess.run(
        [*command, *options], input=keys, capture_output=True, text=True, check=False
    )


def test_by_lines(directory):
    done = label(directory, "--who", "ann", keys="r\n\nB\ni\n5\nz\nx\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert given(directory / "labels") == [("ann", FIRST, "real"), ("ann", FIRST + 1, "extragal")]
    assert "no terminal: a line a key (r=real x=extragal" in done.stdout
    assert "Light curve: 6 detections" in done.stdout and "linear_fit_slope" in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stdout.endswith(
        f"round 3: 2 of 6 labelled, 2 by you ({directory}/labels/ann.csv)\n"
    )


def test_a_round_goes_on_with_the_labels_with_which_it_began(tmp_path):
    directory = tmp_path  # of its own: the others share their results
    write_round(directory, stamps=False)
    path = directory / BEGAN.format(experiment="nightmill", round="003")
    Began(3, "random", 42, 10, {"real": 1, "bogus": 0}, "before", 6, [FIRST]).write(path)
    done = label(directory, "--who", "ann", keys="r\n")
    assert given(directory / "before") == [("ann", FIRST, "real")]
    assert "before/ann.csv)" in done.stdout and not (directory / "labels").exists()
    status = status_of(directory, "nightmill")
    assert (status.round, status.classified) == (3, 1)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--who", "../ann"], "labeller '../ann'"),
        (["--night", "20180201"], "--night goes with --filter"),
        (["--filter", "none"], "no night has been filtered"),
    ],
)
def test_what_cannot_be_is_a_line(directory, capsys, options, told):
    assert main(["label", "--directory", str(directory), *options]) == 1
    err = capsys.readouterr().err
    assert told in err and err.count("\n") == 1
    assert not (directory / "labels").exists()


def test_no_round_is_open(tmp_path, capsys):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/alerts.tsv").write_text("survey\tnight\tpath\n")
    config = tmp_path / "config/config.yaml"
    config.write_text("alerts: config/alerts.tsv\n")
    command = ["label", "--who", "ann", "--directory", str(tmp_path)]
    assert main(command) == 1
    assert "`vra` is expected" in capsys.readouterr().err
    config.write_text("alerts: config/alerts.tsv\nvra: {filter: fink_vra}\n")
    for number in range(2):
        assert main(command) == 1
        assert "results/vra/nightmill: no round is open" in capsys.readouterr().err
        write_worklist(tmp_path, [(1, "ZTF18a")], number)
        (tmp_path / f"results/vra/nightmill/round_00{number}/closed").mkdir()


def test_an_alert_that_has_gone_is_told_and_may_be_skipped(tmp_path):
    write_round(tmp_path, alerts=1, stamps=False)
    for path in (tmp_path / "results/alerts").rglob("*.parquet"):
        path.unlink()
    done = label(tmp_path, "--who", "ann", keys="s\n")
    assert done.returncode == 0 and "not shown: " in done.stdout
    assert "0 of 1 labelled, 0 by you, 1 skipped" in done.stdout


def test_the_alerts_of_a_filter(tmp_path):
    candids = write_round(tmp_path, alerts=3, stamps=False)
    row = {"survey": "ztf", "object_id": "ZTF18aaaaaaa", "version": "1"}
    rows = [
        row | {"candid": candid, "jd": 2458151.5 - k, "filter": "bright"}
        for k, candid in enumerate(candids)
    ]
    rows.append(row | {"candid": 5, "jd": 0.0, "filter": "other"})
    write_shard(tmp_path, "candidates", pa.Table.from_pylist(rows, CANDIDATES_SCHEMA))
    one = row | {"candid": candids[2], "drb": 0.875}
    features = pa.Table.from_pylist([one], FEATURES_SCHEMA)
    write_shard(tmp_path, "features", features)
    done = label(tmp_path, "--who", "ann", "--filter", "bright", "--night", "20180201", keys="b\n")
    assert done.returncode == 0, done.stderr
    assert given(tmp_path / "labels") == [("ann", candids[2], "bogus")]
    assert "drb 0.875" in done.stdout and "no features" in done.stdout
    assert "bright 20180201: 1 of 3 labelled" in done.stdout
    done = label(tmp_path, "--who", "ann", "--filter", "dull")
    assert done.returncode == 1 and "(there are alerts of: bright, other)" in done.stderr


class Terminal:
    """`nightmill label` on a terminal of 80 by 24."""

    def __init__(self, directory, who="ann"):
        self.end, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        variables = {**os.environ, "TERM": "xterm-256color"}
        for name in ("COLUMNS", "LINES", "NO_COLOR", "COLORTERM"):
            variables.pop(name, None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.cli.main", "label", "--who", who, "--directory",
             str(directory)],
            stdin=theirs, stdout=theirs, stderr=theirs, env=variables, start_new_session=True,
        )  # fmt: skip
        self.before = termios.tcgetattr(theirs)
        self.theirs = theirs
        self.out = b""

    def until(self, what, seconds=60):
        start, limit = len(self.out), time.monotonic() + seconds
        while what not in self.out[start:]:
            assert time.monotonic() < limit, self.out[start:]
            if select.select([self.end], [], [], 0.2)[0]:
                self.out += os.read(self.end, 1 << 16)
        return self.out[start:]

    def press(self, keys):
        os.write(self.end, keys.encode())

    def close(self):
        limit = time.monotonic() + 30
        while self.process.poll() is None:  # who writes to a full terminal does not end
            assert time.monotonic() < limit, self.out
            if select.select([self.end], [], [], 0.05)[0]:
                self.out += os.read(self.end, 1 << 16)
        code = self.process.wait()
        while select.select([self.end], [], [], 0)[0]:
            self.out += os.read(self.end, 1 << 16)
        after = termios.tcgetattr(self.theirs)
        os.close(self.end)
        os.close(self.theirs)
        return code, after == self.before


def plain(screen):
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]|\x1b\]8;[^\x1b]*\x1b\\", "", screen.decode())
    return text.replace("\r\n", "\n").split("\n")


def test_one_screen_of_80_by_24(directory):
    terminal = Terminal(directory)
    lines = plain(terminal.until(READY))
    while "q=quit" not in lines[-1]:  # the line of what was said
        assert not lines.pop().strip()
    assert len(lines) == 23 and max(map(len, lines)) <= 80
    assert lines[0].startswith(f"ZTF18aaaaaaa  {FIRST}  score 0.60")
    assert lines[0].endswith("round 3: 0 of 6, 0 yours")
    assert sum("▀" * 14 in line for line in lines) == 7
    assert any(line.endswith("chi2   0.1234 0.1234") for line in lines)
    assert any("●" in line and "┤" in line for line in lines)
    assert lines[-2].startswith("https://lasair-ztf.lsst.ac.uk/objects/ZTF18aaaaaaa/")
    for ignored in ("\x1b[A", "\x1bOB", " "):
        terminal.press(ignored)
        time.sleep(0.1)
    terminal.press("rr")  # one press that hangs labels no alert that nobody has seen
    assert "ZTF18aaaaaab" in "".join(plain(terminal.until(READY))[:2])
    terminal.press("z")
    assert "ZTF18aaaaaaa" in "".join(plain(terminal.until(READY))[:2])
    terminal.press("bq")
    terminal.until(READY)
    terminal.press("q")
    assert terminal.close() == (0, True)
    assert given(directory / "labels") == [("ann", FIRST, "bogus")]
    assert b"round 3: 1 of 6 labelled, 1 by you" in terminal.out


@pytest.mark.parametrize(
    ("end", "code"), [("\x04", 0), (signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_ends_keep_what_was_given_and_mend_the_terminal(directory, end, code):
    terminal = Terminal(directory)
    terminal.until(READY)
    terminal.press("g")
    terminal.until(READY)
    terminal.press(end) if isinstance(end, str) else terminal.process.send_signal(end)
    assert terminal.close() == (code, True)
    assert given(directory / "labels") == [("ann", FIRST, "gal")]


@pytest.mark.parametrize("moment", range(20))
def test_killed_at_a_random_moment_nothing_given_is_lost(directory, moment):
    """What was seen to be labelled is on the disk; the last key's label is whole or not there."""
    chance, labels = random.Random(moment), {"r": "real", "g": "gal", "b": "bogus"}
    terminal = Terminal(directory)
    terminal.until(READY)
    seen = chance.choices("rgb", k=chance.randrange(3))
    for key in seen:
        terminal.press(key)
        terminal.until(READY)
    last = chance.choice("rgb")
    terminal.press(last)
    time.sleep(chance.uniform(0, 0.02))
    terminal.process.kill()
    assert terminal.close()[0] == -signal.SIGKILL
    found = read(directory / "labels")
    assert not found.problems
    said = [one.label for one in found.given]
    assert said[: len(seen)] == [labels[key] for key in seen]
    assert said[len(seen) :] in ([], [labels[last]])
