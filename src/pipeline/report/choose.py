"""Which alerts of a night get a card on the page: the best of each ranking, an object once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.alerts.photometry import own_measurements, positive
from pipeline.alerts.surveys.survey import Survey
from pipeline.contract.blocks import Ranking

_FAINTEST = 99.0
"""Stands for an unknown magnitude in an order."""


@dataclass(frozen=True)
class Alert:
    """What a choice needs to know of an alert."""

    candid: int
    object_id: str | None
    mag: float | None
    positive: bool | None


def ranked_alerts(
    paths: Iterable[str], survey: Survey, rankings: Iterable[Ranking]
) -> dict[int, Alert]:
    """Return the alerts that stand in any ranking, from a night's tables of alerts."""
    wanted = pa.array(sorted({c for ranking in rankings for c in ranking.candids}), pa.int64())
    names = {*survey.light_curve_columns, *survey.measurement.columns.values()}
    names |= {"candid", "object_id", "jd", "fid", "isdiffpos", "diffmaglim"}
    found: dict[int, Alert] = {}
    for path in paths:
        there = names & set(pq.read_schema(path).names)
        table = pq.read_table(path, columns=sorted(there), filters=pc.field("candid").isin(wanted))
        own = own_measurements(table, survey)
        rows = zip(
            table["candid"].to_pylist(),
            table["object_id"].to_pylist(),
            own["mag"].to_pylist(),
            positive(own).to_pylist(),
            strict=True,
        )
        found |= {row[0]: Alert(*row) for row in rows}
    return found


def chosen_rankings(
    rankings: Sequence[Ranking], alerts: dict[int, Alert], most: int
) -> list[dict[str, Any]]:
    """Return the lists of the page: each with its name, words and best candids.

    Parameters
    ----------
    rankings : sequence of Ranking
        In the order of the page's parts. Of general ones the last that leaves anything is
        taken (scores know more than packets), and only what is brighter than the template.
    alerts : mapping of int to Alert
    most : int
        Cards on the page; the lists share them.

    Returns
    -------
    list of dict
        ``name``, ``words``, ``candids``, ``values`` and ``number``: how many objects there are.
    """
    special = [r for r in rankings if not r.general]
    lists = [_list(ranking, alerts) for ranking in special]
    for ranking in (r for r in reversed(rankings) if r.general):
        general = _list(ranking, alerts)
        if general["candids"]:
            lists.append(general)
            break
    filled = [one for one in lists if one["candids"]]
    left = most
    for number, one in enumerate(sorted(filled, key=lambda one: len(one["candids"]))):
        share = left // (len(filled) - number)
        for name in ("candids", "values"):
            one[name] = one[name][:share]
        left -= len(one["candids"])
    return lists


def _list(ranking: Ranking, alerts: dict[int, Alert]) -> dict[str, Any]:
    none: list[float | None] = [None] * len(ranking.candids)
    values = ranking.values or none
    rows = [
        (value, alerts[candid])
        for candid, value in zip(ranking.candids, values, strict=True)
        if candid in alerts and (alerts[candid].positive or not ranking.general)
    ]
    rows.sort(key=lambda row: (-(row[0] or 0.0), _magnitude(row[1]), row[1].candid))
    once: dict[str, tuple[float | None, Alert]] = {}
    for value, alert in rows:
        once.setdefault(alert.object_id or str(alert.candid), (value, alert))
    return {
        "name": ranking.name,
        "words": ranking.words,
        "number": len(once),
        "candids": [alert.candid for _, alert in once.values()],
        "values": [value for value, _ in once.values()],
    }


def _magnitude(alert: Alert) -> float:
    # NaN compares with nothing
    return alert.mag if alert.mag is not None and alert.mag == alert.mag else _FAINTEST
