"""Parts of a plan, for tests: the lines of one table, the checks of one configuration."""

from pipeline.alerts.domain import ALERTS, Night
from pipeline.contract.request import Request
from pipeline.events.domain import EVENTS, EventRow
from pipeline.plan.check import check_request
from pipeline.plan.load import load_lines


def load_nights(path) -> list[Night]:
    return list(load_lines(path, ALERTS.lines[0]))


def load_events(path) -> list[EventRow]:
    return list(load_lines(path, EVENTS.lines[0]))


def check_config(config, nights=()) -> None:
    check_request(Request(config, {"alerts": tuple(nights)}))
