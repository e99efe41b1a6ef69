"""Which nights a night's filters are compared with, and which the laboratory takes."""

import pytest

from pipeline.alerts.domain import INDEX, Night
from pipeline.contract.request import Request
from pipeline.filters.domain import earlier
from pipeline.filters.nights import _chosen
from pipeline.plan.load import load_config

NAMES = ["20260102", "20180201", "20260101", "20260103"]


def test_earlier_nights_are_earlier_in_whatever_order_they_stand(tmp_path):
    config = load_config({"alerts": "a.tsv", "filters": {"path": str(tmp_path)}})
    nights = [Night(survey="ztf", night=name, path=name) for name in NAMES]
    nights.append(Night(survey="pgir", night="20180101", path="p"))
    (tmp_path / "one.yaml").write_text(
        "name: one\nactive: true\npermissions: [1]\npipeline: '[{\"$match\": {}}]'\n"
    )
    found = earlier(Request(config, {"alerts": tuple(nights)}), "ztf", "20260102")
    assert found == [f"results/filters/ztf/{name}.json" for name in ("20180201", "20260101")]


def test_nights_of_the_laboratory_are_in_order_of_date(tmp_path, monkeypatch):
    config = load_config({"alerts": "a.tsv"})
    nights = [Night(survey="ztf", night=name, path=name) for name in NAMES]
    request = Request(config, {"alerts": tuple(nights)})
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        path = tmp_path / INDEX.format(survey="ztf", night=name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = [night.night for night in _chosen(request, "ztf", "20180101..20260102")]
    assert found == ["20180201", "20260101", "20260102"]
    with pytest.raises(ValueError, match=r"ends before .*20180101\.\.20260102"):
        _chosen(request, "ztf", "20260102..20180101")
