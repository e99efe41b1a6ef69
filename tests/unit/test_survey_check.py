"""What is wrong with another's survey is told while planning: one line, which names the file."""

import sys
from importlib import invalidate_caches
from pathlib import Path

import pytest
import skyeye

from pipeline.alerts.domain import ALERTS, Night
from pipeline.alerts.surveys import registry
from pipeline.contract.request import Request
from pipeline.plan.load import load_config

MODULE, CSV = "nightmill_skyeye/skyeye.py", "nightmill_skyeye/skyeye.csv"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return the folder of the document's survey, as if it were installed."""
    skyeye.write_package(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    own = registry._modules()
    known = own | {"skyeye": ("nightmill_skyeye.skyeye", "SURVEY")}
    monkeypatch.setattr(registry, "_modules", lambda: known)
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    registry.get_survey.cache_clear()
    invalidate_caches()
    for name in [name for name in sys.modules if name.startswith("nightmill_skyeye")]:
        del sys.modules[name]


def told(survey: str = "skyeye") -> list[str]:
    """Return what planning says of a night of the survey."""
    request = Request(
        load_config({"alerts": "a.tsv"}), {"alerts": (Night(survey=survey, night="1", path="n"),)}
    )
    return [line for check in ALERTS.checks for line in check(request)]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_documents_survey_and_those_of_the_package(package):
    for survey in registry.names():
        assert told(survey) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "line"),
    [
        (CSV, "drb,float32", "drb,float", f"{CSV}, line 8: type 'float', expected one of bool, "),
        (CSV, "fwhm,float32", "ra,float64", f"{CSV}: 'ra' is a column of all surveys: take its "),
        (
            CSV,
            "magpsf,float32",
            "magpsf,float64",
            f"{CSV}: 'magpsf' is float64: expected float32, as in ",
        ),
        (
            MODULE,
            '    candid="alertId",\n',
            "",
            f"{MODULE}: TypeError: Survey.__init__() missing 1 required positional argument",
        ),
        (
            MODULE,
            'name="skyeye"',
            'name="sky"',
            "nightmill_skyeye.skyeye: expected SURVEY to be a Survey with the name 'skyeye'",
        ),
        (
            MODULE,
            'Measurement({"mag"',
            'Measurement({"limit": "diffmaglim", "mag"',
            f"{MODULE}: Measurement: 'limit' is no column of history: expected of candid, ",
        ),
        (MODULE, '"fwhm": "seeing"', '"fhwm": "seeing"', f"{MODULE}: History 'earlier': 'fhwm' is"),
        (MODULE, "SURVEY = Survey(", "SURVEY = Survey((", f"{MODULE}: SyntaxError: "),
        (MODULE, '.with_suffix(".csv")', '.with_suffix(".txt")', f"{MODULE}: "),
    ],
)
def test_what_is_wrong(package, name, old, new, line):
    edit(package / name, old, new)
    lines = told()
    where = f"{package}/" if line.startswith((MODULE, CSV)) else ""
    assert lines[0].startswith(f"survey skyeye: {where}{line}")
    assert "\n" not in lines[0]
    assert len(lines) == 1


def test_a_csv_that_is_not_there(package):
    (package / CSV).unlink()
    expected = "expected column,type,unit,path and a line for each column"
    assert told() == [f"survey skyeye: {package / CSV} is not there: {expected}"]


def test_a_module_that_is_gone(package):
    (package / MODULE).unlink()
    assert told() == ["survey skyeye: survey 'skyeye': there is no module nightmill_skyeye.skyeye"]
