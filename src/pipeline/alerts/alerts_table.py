"""The ``alerts`` table: one row a packet, the same columns whatever the packet's version."""

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.alerts.branches import read_as
from pipeline.alerts.keys import candids, object_ids
from pipeline.alerts.shared_columns import CORE
from pipeline.alerts.surveys.survey import FieldColumn, Survey
from pipeline.alerts.usable import Places
from pipeline.io.records import AvroRecords, Records
from pipeline.io.tables import field, with_survey
from pipeline.sky.coordinates import ecliptic, galactic, wrapped


def alerts_schema(survey: Survey, only: Collection[str] | None = None) -> pa.Schema:
    """Return the table's schema: the core, which all surveys share, then the survey's own.

    Parameters
    ----------
    survey : Survey
    only : collection of str, optional
        Which of the survey's own; all without.

    Raises
    ------
    ValueError
        If a column of the survey has the name of one of the core.
    """
    own = [field(c.name, c.type, c.unit) for c in _asked(survey, only)]
    if taken := {c.name for c in CORE} & {c.name for c in survey.columns}:
        raise ValueError(f"{survey.columns_csv}: {min(taken)!r} is a column of all surveys")
    return pa.schema([*CORE, *own], metadata={"survey": survey.name})


def alerts_table(
    records: Records, survey: Survey, only: Collection[str] | None = None
) -> tuple[pa.Table, list[str | None]]:
    """Return the packets that can be used as a table, and why the others can not.

    Parameters
    ----------
    records : Records
        n packets.
    survey : Survey
    only : collection of str, optional
        As in `alerts_schema`.

    Returns
    -------
    table : pyarrow.Table
        Of `alerts_schema`, in the packets' order.
    reasons : list of n str or None
        None where the packet is in the table.
    """
    places = Places.of(records, survey)
    good = np.array([reason is None for reason in places.reasons], dtype=bool)
    ra, dec = wrapped(places.ra[good]), places.dec[good]
    found = [candids(records, survey), object_ids(records, survey)]
    found += [_own(records, column) for column in _asked(survey, only)]
    if not good.all():
        found = [column.filter(pa.array(good)) for column in found]
    places_of = [places.jd[good], ra, dec, *galactic(ra, dec), *ecliptic(ra, dec)]
    schema = alerts_schema(survey, only)
    table = pa.table(
        [*found[:2], *places_of, *found[2:]], schema=schema.remove(0).remove_metadata()
    )
    return with_survey(table, survey.name).cast(schema), places.reasons


def unlisted_fields(records: Records, survey: Survey) -> list[str]:
    """Return the scalars of the packets that no column of the survey takes.

    Those of the measurement, and of an AVRO packet itself: a survey that adds a field to its
    ``candidate`` (or ``diaSource``), or beside it, is noticed by this. Other records in a
    packet (``diaObject``) have many that no column is meant to take, and rows of parquet have
    columns of the broker's own.
    """
    measurement = survey.ra.rpartition(".")[0] + "."
    taken = {path for c in survey.columns for path in c.paths} | set(survey.object_id)
    taken |= {*survey.candid_paths, survey.ra, survey.dec, survey.time, *survey.cutouts}
    in_avro = isinstance(records, AvroRecords)
    found = dict.fromkeys(path.partition(":")[0] for path in records.paths)
    return [
        path
        for path in found
        if (path.startswith(measurement) or (in_avro and "." not in path))
        and path not in taken
        and path.removeprefix(measurement) not in survey.candid_paths
    ]


def _asked(survey: Survey, only: Collection[str] | None) -> list[FieldColumn]:
    return [column for column in survey.columns if only is None or column.name in only]


def _own(records: Records, column: FieldColumn) -> pa.Array:
    """Return a column; where a version of the schema calls a field differently, the first."""
    arrays = [read_as(records, path, column.type) for path in column.paths]
    return pc.coalesce(*arrays) if len(arrays) > 1 else arrays[0]
