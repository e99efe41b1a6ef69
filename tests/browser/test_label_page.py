"""The page of `nightmill label --web`, used as a person does: by keys, by clicks, by two."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from labelling import FIRST, write_round

from pipeline.vra.labels.store import read

ALERTS = 8
PICTURES = os.environ.get("NIGHTMILL_SCREENSHOTS")
SHOWN = "document.querySelector('.of')?.firstChild.textContent.trim()"
READY = f"({SHOWN} !== undefined || !!document.querySelector('.done')) && !waiting && since < 1e12"


class LabelPage:
    """A running command and its page in a browser."""

    def __init__(self, browser, directory, who, width=1280):
        command = [sys.executable, "-m", "pipeline.cli.main", "label", "--web", "--who", who]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        self.process = subprocess.Popen(
            command, cwd=directory, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.address = re.search(r"http\S+", self.process.stdout.readline())[0]
        self.browser = browser
        self.open(width)

    def open(self, width=1280):
        self.browser.open(self.address, width)
        self.ready()

    def ready(self):
        """Wait until an alert is shown, and keys count."""
        deadline = time.monotonic() + 20
        while not self.browser.value(READY):
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.02)

    def press(self, key, wait=True):
        for kind in ("keyDown", "keyUp"):
            text = {"text": key} if kind == "keyDown" and len(key) == 1 else {}
            text |= {"windowsVirtualKeyCode": 27} if key == "Escape" else {}
            self.browser("Input.dispatchKeyEvent", type=kind, key=key, **text)
        if wait:
            self.ready()

    def shown(self):
        number = self.browser.value(SHOWN)
        return None if number is None else int(number) - FIRST

    def said(self):
        return self.browser.value("said.textContent")

    def end(self):
        self.process.terminate()
        return self.process.communicate(timeout=30)[0]


@pytest.fixture
def directory(tmp_path):
    write_round(tmp_path, alerts=ALERTS)
    return tmp_path


@pytest.fixture
def page(browser, directory):
    opened = LabelPage(browser, directory, "ann")
    yield opened
    opened.end()


def given(directory):
    return [(one.candid - FIRST, one.label) for one in read(directory / "labels").given]


def test_by_keys(page, directory):
    assert page.shown() == 0
    for key, label in zip("rxgabvs", ("real", "extragal", "gal", "agn", "bogus", "varstar", "skip"),
                          strict=True):  # fmt: skip
        page.press(key)
        assert page.said().endswith(label)
    assert [label for _, label in given(directory)] == [
        "real", "extragal", "gal", "agn", "bogus", "varstar", "skip",
    ]  # fmt: skip
    assert page.shown() == 7
    assert page.browser.value("count.textContent") == "6 of 8, 6 yours"
    page.press("z")
    assert (page.shown(), page.said()) == (6, "taken back")
    page.press("B")  # a capital is the key, too
    page.press("r")
    assert "8 of 8 labelled" in page.browser.value("main.textContent")
    page.press("r")
    assert len(given(directory)) == 8


def test_by_clicks(page, directory):
    page.browser.value("buttons.get('g').click()")
    page.ready()
    page.browser.value("buttons.get('z').click()")
    page.ready()
    assert (page.shown(), given(directory)) == (0, [])
    hidden = "document.querySelector('.everything').hidden"
    assert page.browser.value(hidden)
    page.press("i")
    assert not page.browser.value(hidden)
    # of a key that is held down, or has others with it, nothing is meant
    page.browser("Input.dispatchKeyEvent", type="keyDown", key="r", text="r", autoRepeat=True)
    page.browser("Input.dispatchKeyEvent", type="keyDown", key="r", modifiers=2)
    page.ready()
    assert given(directory) == []


def test_stamps_are_zoomed(page, directory):
    page.browser.value("document.querySelectorAll('button.image')[2].click()")
    assert page.browser.value("zoom.open && zoom.textContent.includes('difference')")
    page.press("+")
    page.press("+")
    assert page.browser.value("lens.style.transform") == "scale(1.5625)"
    page.press("r")  # no label of what is behind
    assert given(directory) == []
    page.press("Escape")
    assert not page.browser.value("zoom.open")
    page.press("r")
    assert given(directory) == [(0, "real")]


def test_a_key_before_an_alert_was_shown_is_no_label_of_it(page, directory):
    """Of keys in one moment the first counts."""
    event = "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'b'}))"
    page.browser.value(f"{event}; {event}; {event}")
    page.ready()
    assert given(directory) == [(0, "bogus")]
    # a key whose time is before that of the alert
    page.browser.value(f"since = performance.now() + 1e6; {event}")
    assert given(directory) == [(0, "bogus")]


def test_two_people(browser, directory):
    ann = LabelPage(browser, directory, "ann")
    bob = LabelPage(browser, directory, "bob")
    assert bob.shown() == 1
    bob.press("g")
    assert bob.shown() == 2
    ann.open()
    assert ann.shown() == 0
    ann.press("r")
    assert ann.shown() == 3
    told = [one.end() for one in (ann, bob)]
    assert "2 of 8 labelled, 1 by you" in told[0]
    assert given(directory) == [(0, "real"), (1, "gal")]


def test_a_command_that_has_ended_is_told(page, directory):
    page.press("r")
    page.process.kill()
    page.process.wait()
    page.press("g")
    assert "Nobody answers" in page.said() and "is on the disk" in page.said()
    assert given(directory) == [(0, "real")]


def test_quit(page, directory):
    page.press("r")
    page.press("q", wait=False)
    page.process.wait(20)
    deadline = time.monotonic() + 10
    while "this page can be closed" not in page.said() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "1 of 8 labelled, 1 by you" in page.browser.value("main.textContent")
    assert "this page can be closed" in page.said()


@pytest.mark.parametrize("width", [1280, 400])
def test_it_is_as_wide_as_the_window_and_nothing_fails(page, width, axe):
    page.open(width)
    if PICTURES:
        page.browser.screenshot(Path(PICTURES) / f"label-{width}.png", whole=False)
    assert page.browser.value("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert page.browser.said("Runtime.exceptionThrown") == []
    assert [e["entry"]["text"] for e in page.browser.said("Log.entryAdded")] == []
    told = [event["request"]["url"] for event in page.browser.said("Network.requestWillBeSent")]
    assert all(url.startswith((page.address, "data:")) for url in told)
    page.browser.value(axe)
    found = page.browser.value("axe.run().then(r => r.violations.map(v => [v.id, v.help, "
                               "v.nodes.map(n => n.html.slice(0, 120))]))")  # fmt: skip
    assert found == []
