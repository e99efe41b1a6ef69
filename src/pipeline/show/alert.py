"""All that a working directory holds about one alert and its object."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.alerts.photometry import MJD_ZERO
from pipeline.alerts.surveys.registry import get_survey
from pipeline.contract import paths
from pipeline.contract.blocks import Cell, Column, Table
from pipeline.io.messages import one_line
from pipeline.notebook import Results
from pipeline.notebook.light_curve import ALERT, light_curve
from pipeline.notebook.packet import STAMPS, packet_stamps
from pipeline.notebook.shards import files_of_object, rows_with
from pipeline.plan.domains import DOMAINS
from pipeline.report import cards
from pipeline.report.domain import PAGE
from pipeline.report.page import shown_card
from pipeline.report.parts import SEPARATOR, Part
from pipeline.report.words import utc
from pipeline.show.names import AlertFound, find

MOST_ROWS = 12
"""Of measurements, and of alerts, the last."""


def card(results: Results, found: AlertFound) -> dict[str, Any]:
    """Return what the morning page's card has of an alert, with more tables.

    The light curve is that of all nights. Where the packet cannot be read any more the reason
    stands in place of its stamps.

    Parameters
    ----------
    results : Results
        Of form ``arrow``.
    found : AlertFound

    Returns
    -------
    dict
        See `pipeline.report.page.shown_card`; and ``survey``, ``night``, ``page`` (the night's,
        or None), ``shard`` (the file of the alert).
    """
    survey = get_survey(found.survey)
    file, alert = _row(results, found)
    if found.object_id is None:
        curve = light_curve(alert, _history(_beside(file, "history"), found.candid), survey)
    else:
        curve = results.light_curve(found.object_id, found.survey)
    points = cards.light_curve(curve)
    stamps, reason = _stamps(results.directory, found)
    one = cards.card_of(alert, survey, stamps, points)
    if reason:
        one["no_stamps"] = dict.fromkeys(STAMPS, reason)
    one["tables"] = [*_photometry(found, curve, one), *_of_domains(found, file)]
    page = results.directory / PAGE.format(survey=found.survey, night=found.night)
    return shown_card(found.survey, one) | {
        "survey": found.survey,
        "night": found.night,
        "page": page if page.is_file() else None,
        "shard": file,
    }


def card_or_reason(results: Results, candid: int, survey: str) -> tuple[dict[str, Any] | None, str]:
    """Return the card of an alert (see `card`), or None and why there is none."""
    try:
        ours = [one for one in find(results, str(candid), survey) if isinstance(one, AlertFound)]
        (one, *_) = [one for one in ours if one.candid == candid]
        return card(results, one), ""
    except (ValueError, OSError) as error:
        return None, str(error)


def _row(results: Results, found: AlertFound) -> tuple[Path, pa.Table]:
    pattern = paths.table("alerts").format(survey=found.survey, night=found.night, shard="*")
    files = sorted(results.directory.glob(pattern))
    if found.object_id is not None:
        files = files_of_object(results.directory, files, found.object_id)
    file, alert = next(rows_with(files, "candid", found.candid))
    return file, alert.slice(0, 1)


def _beside(file: Path, table: str) -> Path:
    """Return the shard of another table."""
    return file.parents[3].joinpath(table, *file.parts[-3:])


def _history(file: Path, candid: int) -> pa.Table:
    rows = [table for _, table in rows_with([file], "candid", candid)]
    return rows[0] if rows else pq.read_schema(file).empty_table()


def _stamps(directory: Path, found: AlertFound) -> tuple[Mapping[str, bytes | None], str]:
    try:
        return packet_stamps(directory, found.candid, found.survey, found.night), ""
    except (OSError, ValueError) as error:
        return {}, one_line(error)


def _of_domains(found: AlertFound, file: Path) -> Iterator[Table]:
    """Yield what each domain tells of the alert, out of its own tables."""
    for domain in DOMAINS:
        if domain.page is None or not domain.page.about:
            continue
        files = {table.name: _beside(file, table.name) for table in domain.tables}
        inputs = {
            f"{domain.name}{SEPARATOR}{name}": [str(path)]
            for name, path in files.items()
            if path.is_file()
        }
        part = Part(domain.name, {"about": domain.page.about})
        about = part.maker("about")
        assert about is not None
        reads = part.reads(found.survey, found.night, inputs)
        yield from about(reads, [found.candid]).get(found.candid, ())


def _photometry(found: AlertFound, curve: pa.Table, one: Mapping[str, Any]) -> Iterator[Table]:
    points: Sequence[Any] = one["points"]
    columns = [Column("MJD", 5), Column("days", 2), Column("band"), Column("what")]
    columns += [Column("mag", 2), Column("error", 2)]
    rows = [_measured(point, one["jd"] - MJD_ZERO) for point in points[-MOST_ROWS:]]
    if rows:
        words = f"{_last(len(points))} measurements, days from the alert"
        yield Table(words, columns, rows[::-1])
    nights = dict(reversed(found.of_object))  # of several nights the last
    if len(nights) > 1:
        alerts = [row for row in curve.to_pylist() if row["kind"] == ALERT][::-1]
        named = [Column("packet"), Column("time"), Column("band"), Column("mag", 2)]
        cells: list[list[Cell]] = [
            [str(row["candid"]), utc(row["jd"]), row["filter"], row["mag"], nights[row["candid"]]]
            for row in alerts[:MOST_ROWS]
        ]
        yield Table(f"{_last(len(alerts))} alerts of the object", [*named, Column("night")], cells)


def _last(number: int) -> str:
    return f"The {number}" if number <= MOST_ROWS else f"The last {MOST_ROWS} of {number:,}"


def _measured(point: Sequence[Any], alert_mjd: float) -> list[Cell]:
    mjd, band, kind, mag, error, positive = point
    word = f"{kind}, fainter" if positive is False else kind
    # rounded before a minus is taken from 0
    return [mjd, round(mjd - alert_mjd, 2) + 0.0, band, word, mag, error]
