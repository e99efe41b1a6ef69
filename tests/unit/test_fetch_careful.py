"""Servers that mean no good: they drip, or lead to where a fetch must not go."""

import logging
import shutil
import ssl
import subprocess
import threading
import time

import pytest
from webserver import Site, serve

from pipeline.io.fetch import PATIENCE_SECONDS, FetchError, fetch

CONTENT = bytes(range(256)) * 4096  # 1 MiB


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def site():
    with serve(Site(CONTENT)) as running:
        yield running


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return a certificate, with its key, of this machine."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not there to make a certificate")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key -out cert"
    )
    subprocess.run(command.split(), check=True, capture_output=True, cwd=path.parent)
    path.write_bytes(b"".join(path.with_name(n).read_bytes() for n in ("key", "cert")))
    return path


@pytest.fixture
def secure(certificate, monkeypatch):
    """Serve a file over https."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with serve(Site(CONTENT), tls=context) as running:
        yield running


def local(url):
    """Return an address under the machine's other name: another host."""
    return url.replace("127.0.0.1", "localhost")


@pytest.mark.parametrize("at_once", [0, 30, 1000, 300_000])
def test_a_server_that_drips_is_given_up(site, tmp_path, at_once):
    """No timeout between two bytes ever ends it: in the header, in the body, far into it."""
    release = threading.Event()
    site.faults = [("drip", at_once, 0.02, release)]
    started = time.monotonic()
    try:
        with pytest.raises(FetchError, match=f"^{site.url}: given up, less than 262144 bytes"):
            fetch(site.url, tmp_path / "x", patience=0.5)
        assert 0.5 <= time.monotonic() - started < 2.0
    finally:
        release.set()
    assert not (tmp_path / "x").exists()
    assert len(site.requests) == 1
    fetch(site.url, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT


def test_a_slow_server_is_not(site, tmp_path, monkeypatch):
    """Twice as long as the patience, with something new before its end."""
    monkeypatch.setattr("pipeline.io.fetch.CHUNK_BYTES", 100)
    site.content = CONTENT[:500]
    release = threading.Event()
    site.faults = [("drip", 0, 0.004, release)]
    started = time.monotonic()
    fetch(site.url, tmp_path / "x", patience=1.5)
    assert time.monotonic() - started > 1.9
    assert (tmp_path / "x").read_bytes() == site.content


def test_patience_outlasts_all_tries_at_a_server_that_does_not_answer():
    connecting, waiting = 10.0 + 60.0, 2.0 + 4.0 + 8.0 + 16.0
    assert 5 * connecting + waiting < PATIENCE_SECONDS


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "file:///etc/passwd", "/etc/passwd", "x"])
def test_only_http_and_https_are_fetched(tmp_path, url):
    with pytest.raises(FetchError, match=f"^{url}: only addresses of http and https are fetched"):
        fetch(url, tmp_path / "x")
    fine = "HTTP://127.0.0.1:1/x"
    with pytest.raises(FetchError, match=r"tried 5 times"):
        fetch(fine, tmp_path / "x", wait=0.0)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("file:///etc/passwd", "leads to file:///etc/passwd, and only http and https"),
        ("ftp://127.0.0.1/x", "leads to ftp://127.0.0.1/x, and only http and https"),
        ("//localhost/x", "leads to another host, http://localhost/x, which only https may"),
        ("http://127.0.0.1:1/x", "leads to another host, http://127.0.0.1:1/x"),
        ("https://localhost/x", "leads to another host, https://localhost/x"),
    ],
)
def test_where_http_may_not_lead(site, tmp_path, target, message):
    site.faults = [("to", target)] * 9
    with pytest.raises(FetchError, match=f"^{site.url}: {message}"):
        fetch(site.url, tmp_path / "x")
    assert len(site.requests) == 1


def test_on_the_same_host_http_may_lead_elsewhere(site, tmp_path):
    site.faults = [("to", "/other/night.tar.gz")]
    fetch(site.url, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT


def test_https_leads_to_another_host_and_this_is_logged(secure, tmp_path, caplog):
    secure.faults = [("to", local(secure.url))]
    with caplog.at_level(logging.INFO, "pipeline"):
        fetch(secure.url, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert f"{secure.url} leads to another host: {local(secure.url)}" in caplog.messages


@pytest.mark.parametrize("other", [False, True])
def test_https_never_leads_to_http(secure, site, tmp_path, other):
    target = local(site.url) if other else site.url
    secure.faults = [("to", target)]
    with pytest.raises(FetchError, match=f"^{secure.url}: leads from https to {target}$"):
        fetch(secure.url, tmp_path / "x")
    assert site.requests == []
