"""The survey of docs/add-a-survey.md, as the document writes it, and packets of it."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import fastavro

DOCUMENT = (Path(__file__).parents[2] / "docs/add-a-survey.md").read_text()
CANDID = 2**62 + 1
"""Of the first packet: no float can hold it."""


def files() -> dict[str, str]:
    """Return the document's files by name."""
    found = re.findall(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)
    assert len(dict(found)) == len(found)
    return dict(found)


def write_package(folder: Path) -> Path:
    """Write what one who follows the document writes."""
    for name in ("nightmill_skyeye/skyeye.py", "nightmill_skyeye/skyeye.csv", "pyproject.toml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(files()[name])
    (folder / "nightmill_skyeye/__init__.py").write_text("")
    return folder


def install(folder: Path, target: Path) -> Path:
    """Install the package into a folder of its own, for PYTHONPATH."""
    build = ["--no-deps", "--no-build-isolation", "--target", str(target), str(folder)]
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline"]
    subprocess.run([*uv, "--python", sys.executable, *build], check=True)
    return target


def measurement(i: int, **changes) -> dict:
    return {
        "mjd": 60000.25 + i, "raDeg": 10.0 + i, "decDeg": -5.0, "band": "gr"[i % 2],
        "mag": 16.0 + i, "magErr": 0.1, "limit": 20.5, "positive": True, "seeing": 1.4,
        "reliability": 0.9, "camera": 3, **changes,
    }  # fmt: skip


def packet(i: int, **changes) -> dict:
    limit = measurement(i, mjd=59999.0, mag=None, magErr=None, positive=None)
    forced = [
        {"mjd": mjd, "band": "g", "flux": 100.0, "fluxErr": 10.0} for mjd in (59998.0, 59997.0)
    ]
    return {
        "alertId": CANDID + i, "sourceId": f"SKY{i // 2}", "earlier": [limit], "forced": forced,
        "measurement": measurement(i, **changes), "images": None,
    }  # fmt: skip


def write_night(folder: Path) -> None:
    """Write six good packets, one that lies nowhere on the sky, and one cut short."""
    schema = fastavro.parse_schema(json.loads(files()["skyeye.avsc"]))
    folder.mkdir(parents=True)
    packets = {f"{i}.avro": packet(i) for i in range(6)} | {"nowhere.avro": packet(6, decDeg=95.0)}
    for name, record in packets.items():
        stream = io.BytesIO()
        fastavro.writer(stream, schema, [record])
        (folder / name).write_bytes(stream.getvalue())
    (folder / "cut.avro").write_bytes(stream.getvalue()[:-40])
