"""docs/archive.md says what is so: its commands and its code run."""

import json
import re
import shlex
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from alert_tables import write_alerts

from pipeline.cli.main import main
from pipeline.io.tables import write_table
from pipeline.plan.load import load_config

DOCUMENT = (Path(__file__).parents[2] / "docs/archive.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, flags=re.DOTALL | re.MULTILINE)


COMMANDS = [line for block in blocks("bash") for line in block.splitlines()]


@pytest.fixture
def directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_alerts(tmp_path, [10.0, 10.0001, 11.0], [-5, -5, -5], magpsf=[15, 16, 17], fid=[1, 1, 2])
    matches = {"survey": ["ztf"], "candid": [1000], "catalog": ["stars"], "distance_arcsec": [1.0]}
    write_table(pa.table(matches), tmp_path / "results/matches/ztf/20180201/0000.parquet")
    Path("config").mkdir()
    Path("config/config.yaml").write_text("maps: config/maps.tsv\n")
    lines = [
        ("event", "stream", "ra", "dec", "radius", "time"),
        ("IC231202A", "neutrino", "10", "-5", "1", "2018-02-01T00:00:00"),
    ]
    Path("config/maps.tsv").write_text("".join("\t".join(line) + "\n" for line in lines))
    # a notice is told by its content
    notice = {"ra": 10, "dec": -5, "ra_dec_error": 1, "trigger_time": "2018-02-01T00:00:00Z"}
    Path("bayestar.multiorder.fits.gz").write_text(json.dumps(notice))
    Path("positions.json").write_text(json.dumps([[10.0, -5.0]]))
    return tmp_path


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_runs(command, capsys):
    words = shlex.split(command)
    assert words[0] == "nightmill"
    assert main(words[1:]) == 0
    out = capsys.readouterr().out
    assert out.strip() or "--output" in command
    if "10.0001" in command:
        assert [row["candid"] for row in json.loads(out)] == [1001, 1000]


@pytest.mark.usefixtures("directory")
def test_the_code_runs(capsys):
    variables = {}
    for code in blocks("python"):
        exec(compile(code, "archive.md", "exec"), variables)
    assert variables["near"]["candid"].to_pylist() == [1000, 1001, 1002]
    assert "ztf" in capsys.readouterr().out


def test_the_configuration_is_valid():
    assert len(blocks("yaml")) == 5
    for text in [*blocks("yaml"), "archive: {}"]:
        assert load_config(yaml.safe_load(text)).archive is not None
