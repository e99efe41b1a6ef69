"""Which nights a night's filters are compared with."""

from pipeline.alerts.domain import Night
from pipeline.contract.request import Request
from pipeline.filters.domain import earlier
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
