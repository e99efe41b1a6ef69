"""Files from the web, from a real server that breaks in all the ways servers do."""

import hashlib
import logging
import os
import pty
import resource
import signal
import subprocess
import sys
import threading
import time
from functools import partial

import pytest
from webserver import Site, serve

from pipeline.io import fetch as module
from pipeline.io import progress
from pipeline.io.fetch import TRIES, FetchError, fetch

CONTENT = bytes(range(256)) * 4096  # 1 MiB
HALF = len(CONTENT) // 2
SCRIPT = """
import sys
from pathlib import Path
from pipeline.io.fetch import fetch
fetch(sys.argv[1], Path(sys.argv[2]))
"""


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def site():
    with serve(Site(CONTENT)) as running:
        yield running


@pytest.fixture
def output(tmp_path):
    return tmp_path / "downloads" / "night.tar.gz"


def get(site, output, **kwargs):
    """Fetch without waiting; what is there then is the whole file and nothing else."""
    fetch(site.url, output, wait=0.0, **kwargs)
    assert output.read_bytes() == site.content
    assert list(output.parent.iterdir()) == [output]


def nothing_looks_finished(output):
    return all(path.name.startswith(".") for path in output.parent.iterdir())


def test_whole(site, output):
    get(site, output)
    assert site.asked_from == [None]


def test_an_empty_file(site, output):
    site.content = b""
    with pytest.raises(FetchError, match="an empty file came"):
        get(site, output)
    assert list(output.parent.iterdir()) == []
    get(site, output, sha256=hashlib.sha256(b"").hexdigest())


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("night.tar.gz", b"\xef\xbb\xbf\n<!DOCTYPE HTML><p>log in", "a web page came instead of"),
        ("stars.parquet", b"<html>", "a web page came instead of stars.parquet"),
        ("stars.parquet", b"PAR1" + bytes(1000), "1004 bytes came, which are no whole parquet"),
        ("stars.PQ", b"not found", "no whole parquet file"),
    ],
)
def test_what_is_not_the_file_is_not_kept(site, tmp_path, name, content, said):
    """Kept, it would count as the file in each run to come."""
    output = tmp_path / "downloads" / name
    site.content = content
    with pytest.raises(FetchError, match=said) as refused:
        get(site, output)
    assert site.url in str(refused.value)
    assert list(output.parent.iterdir()) == []
    site.content = b"PAR1 mended PAR1"
    get(site, output)


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_a_busy_server_is_asked_again(site, output, status):
    site.faults = [status, status]
    get(site, output)
    assert len(site.requests) == 3


def test_only_the_rest_is_asked_for_after_a_broken_connection(site, output):
    site.faults = [("cut", HALF)]
    get(site, output)
    assert site.asked_from == [None, f"bytes={HALF}-"]
    assert site.requests[1]["If-Range"] == site.etag
    assert site.sent == len(CONTENT)


def test_tries_count_while_nothing_new_comes(site, output):
    """A long file over a bad line breaks more often than `TRIES`."""
    step = len(CONTENT) // (3 * TRIES)
    site.faults = [("cut", step)] * 3 * TRIES
    get(site, output)
    assert len(site.requests) > 2 * TRIES
    assert site.sent == len(CONTENT)


def test_it_gives_up_and_keeps_what_came(site, output):
    site.faults = [("cut", HALF), *[503] * TRIES]
    with pytest.raises(FetchError, match=rf"{site.url}: 503 .* \(tried {TRIES} times\)"):
        get(site, output)
    assert nothing_looks_finished(output)
    get(site, output)
    assert site.sent == len(CONTENT)


def test_waits_grow(site, output, monkeypatch):
    waits = []
    monkeypatch.setattr(module.time, "sleep", waits.append)
    site.faults = [503] * 4
    fetch(site.url, output, wait=2.0)
    assert waits == [2.0, 4.0, 8.0, 16.0]


def test_a_server_without_ranges_sends_all_again(site, output):
    site.ranges = False
    site.faults = [("cut", HALF)]
    get(site, output)
    assert site.asked_from == [None, f"bytes={HALF}-"]
    assert site.sent == HALF + len(CONTENT)


def test_without_validators_nothing_is_resumed(site, output):
    site.validators = False
    site.faults = [("cut", HALF)]
    get(site, output)
    assert site.asked_from == [None, None]


@pytest.mark.parametrize(
    ("headers", "resumed"),
    [
        ({"ETag": 'W/"1"'}, False),
        ({"Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"}, True),
        ({"ETag": 'W/"1"', "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"}, True),
    ],
)
def test_which_validators_are_good_enough(site, output, headers, resumed):
    site.validators, site.headers = False, headers
    site.faults = [("cut", HALF)]
    get(site, output)
    assert site.asked_from == [None, f"bytes={HALF}-" if resumed else None]
    assert site.sent == (len(CONTENT) if resumed else HALF + len(CONTENT))


@pytest.mark.parametrize("new", [CONTENT[::-1], CONTENT[: HALF // 2], CONTENT + b"more"])
def test_a_file_that_changed_meanwhile_is_fetched_anew(site, output, new):
    site.faults = [("cut", HALF), *[503] * TRIES]
    with pytest.raises(FetchError):
        get(site, output)
    site.content = new
    get(site, output)
    assert site.requests[-1]["If-Range"] != site.etag


def test_another_address_is_not_resumed(site, output):
    site.faults = [("cut", HALF), *[503] * TRIES]
    with pytest.raises(FetchError):
        get(site, output)
    with serve(Site(CONTENT)) as mirror:  # with the same ETag
        get(mirror, output)
        assert mirror.asked_from == [None]


def test_all_had_come_but_the_name(site, output):
    """Killed between the last byte and the renaming."""
    site.promised = 1
    site.faults = [("cut", len(CONTENT)), *[503] * TRIES]
    with pytest.raises(FetchError):
        get(site, output)
    site.promised = 0
    get(site, output)
    assert site.sent == len(CONTENT)


def test_less_is_there_than_came(site, output):
    """The server takes any validator, and its file has become shorter."""
    site.validators, site.headers = False, {"Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"}
    site.faults = [("cut", HALF), *[503] * TRIES]
    with pytest.raises(FetchError):
        get(site, output)
    site.content = CONTENT[:100]
    get(site, output)


def test_another_part_than_asked_for(site, output):
    site.wrong_part = True
    site.faults = [("cut", HALF)]
    get(site, output)
    assert site.asked_from == [None, f"bytes={HALF}-", None]


@pytest.mark.parametrize("status", [404, 403, 410, 401])
def test_a_refusal_is_final_and_one_clear_line(site, output, status):
    site.faults = [status] * 9
    with pytest.raises(FetchError, match=f"^{site.url}: {status} [A-Z][A-Za-z ]+$"):
        get(site, output)
    assert len(site.requests) == 1
    assert list(output.parent.iterdir()) == []


@pytest.mark.parametrize("url", ["http://", "http://[::1", "ftp://127.0.0.1/x"])
def test_an_address_that_is_none(output, url):
    started = time.monotonic()
    with pytest.raises(FetchError, match="^" + url.replace("[", r"\[")):
        fetch(url, output)
    assert time.monotonic() - started < module.WAIT_SECONDS


def test_nobody_answers(site, output):
    with serve(Site(b"")) as gone:
        pass
    with pytest.raises(FetchError, match=rf"^{gone.url}: .*\(tried {TRIES} times\)$"):
        fetch(gone.url, output, wait=0.0)


def test_less_than_promised(site, output):
    site.promised, site.ranges = 1000, False
    with pytest.raises(FetchError, match=rf"^{site.url}: .*\(tried {TRIES} times\)$"):
        get(site, output)
    assert nothing_looks_finished(output)


def test_right_checksum(site, output):
    get(site, output, sha256=hashlib.sha256(CONTENT).hexdigest())


def test_wrong_checksum(site, output):
    with pytest.raises(FetchError, match=f"{site.url}: sha256 is [0-9a-f]{{64}}, expected 00"):
        get(site, output, sha256="00" * 32)
    assert list(output.parent.iterdir()) == []


def test_a_tarball_is_not_unpacked_on_the_way(site, output):
    """Some servers call the gzip of a .tar.gz an encoding of the answer."""
    site.headers = {"Content-Encoding": "gzip"}
    get(site, output)


def test_an_old_file_stays_until_the_new_one_is_there(site, output):
    output.parent.mkdir()
    output.write_bytes(b"old")
    site.faults = [404]
    with pytest.raises(FetchError):
        fetch(site.url, output)
    assert output.read_bytes() == b"old"
    get(site, output)


def run(site, output, **kwargs):
    return subprocess.Popen([sys.executable, "-c", SCRIPT, site.url, output], **kwargs)


def test_a_disk_with_room_for_half(site, output):
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (HALF, HALF))
    ended = run(site, output, stderr=subprocess.PIPE, preexec_fn=limit)
    message = ended.communicate()[1].decode()
    assert "OSError: [Errno 27] File too large" in message
    assert f"while writing {output}" in message
    assert nothing_looks_finished(output)
    assert len(site.requests) == 1


def test_kill_in_the_middle_and_again(site, output):
    release = threading.Event()
    site.faults = [("hang", HALF, release)]
    process = run(site, output)
    half = output.with_name(f".{output.name}.download")
    while process.poll() is None and not (half.exists() and half.stat().st_size == HALF):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    release.set()
    assert nothing_looks_finished(output)
    get(site, output)
    assert site.asked_from == [None, f"bytes={HALF}-"]


def test_lines_in_the_log(site, output, monkeypatch, caplog):
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.0)
    monkeypatch.setattr(module, "CHUNK_BYTES", HALF)
    with caplog.at_level(logging.INFO, "pipeline"):
        get(site, output)
    lines = [record.getMessage() for record in caplog.records if record.name == progress.__name__]
    assert lines[0].startswith("night.tar.gz: 0.5 of 1.0 MB (")
    assert lines[-1].startswith("night.tar.gz: 1.0 of 1.0 MB (")


def test_a_bar_on_a_terminal_only(site, output):
    terminal, stderr = pty.openpty()
    process = run(site, output, stderr=stderr, env={**os.environ, "TERM": "xterm"})
    assert process.wait() == 0
    os.close(stderr)
    shown = os.read(terminal, 1 << 16).decode()
    os.close(terminal)
    assert "night.tar.gz" in shown
    assert "1.0/1.0 MB" in shown
    ended = run(site, output, stderr=subprocess.PIPE)
    assert ended.communicate() == (None, b"")
