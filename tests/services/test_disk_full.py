"""A server whose disk is full: the job says so in one line, soon, and goes on when it is not."""

import os
import subprocess
from contextlib import contextmanager

import pytest
from archive_nights import contents, ingest
from mongod import DATABASE
from object_nights import make_packets, write_night

import pipeline.archive.mongo.ingest
from pipeline.services.mongo_errors import ServiceError

ALERTS = 12_000
pytestmark = pytest.mark.services


@contextmanager
def small_disk(folder, megabytes):
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(command, check=False).returncode != 0:
        pytest.skip("a small disk takes root, and the right to mount one")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk(start_mongod, tmp_path, monkeypatch):
    index = write_night(tmp_path / "night", make_packets(ALERTS, 3000, 0, 7))
    with small_disk(tmp_path / "disk", 400):  # its journal takes 300 MB in advance
        server = start_mongod(tmp_path / "disk" / "mongod")
        for name, value in server.environment("writer").items():
            monkeypatch.setenv(name, value)
        with server.client() as client:  # to write what it holds in memory every second
            client.admin.command("setParameter", 1, syncdelay=1)
        filler = tmp_path / "disk/filler"
        with filler.open("wb") as stream:
            free = os.statvfs(tmp_path / "disk")
            stream.write(bytes(free.f_bavail * free.f_frsize - 200_000))
        monkeypatch.setattr(
            pipeline.archive.mongo.ingest, "repeated", _impatient
        )  # it would wait for the server to come back
        with pytest.raises(ServiceError) as caught:
            ingest(server, index, tmp_path / "receipt.json")
        text = str(caught.value)
        assert text.startswith(f"MongoDB at 127.0.0.1:{server.port}/{DATABASE}: ")
        assert len(text) < 300 and "ZTF18" not in text
        assert not (tmp_path / "receipt.json").exists()
        monkeypatch.undo()
        for name, value in server.environment("writer").items():
            monkeypatch.setenv(name, value)
        filler.unlink()
        server.kill()
        server.start()
        ingest(server, index, tmp_path / "receipt.json")
        assert len(contents(server)[0]["ZTF_alerts"]) == ALERTS
        server.remove()


def _impatient(work, where):
    from pipeline.services.retries import repeated

    return repeated(work, where, patience_s=3.0)
