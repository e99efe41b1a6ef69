"""Which survey a dump is of, by its first packet, and which night, by its name."""

import re
from itertools import islice
from pathlib import Path

from pipeline.alerts.changed import changed_type
from pipeline.alerts.found import EncodedBlock, Found, Rows
from pipeline.alerts.keys import missing_field
from pipeline.alerts.sources import read_source
from pipeline.alerts.surveys.registry import get_survey, names
from pipeline.alerts.surveys.survey import Survey
from pipeline.io.avro import AvroError, parse_schema
from pipeline.io.avro_program import compile_schema
from pipeline.io.field_types import FieldTypes, types_of_program, types_of_table

LOOKED_AT = 100
"""Packets at the beginning of a dump: the first that can be read tells."""
_DATE = re.compile(r"(?<!\d)20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)")


def survey_of(dump: Path) -> str:
    """Return the name of the survey whose packets a dump has.

    Raises
    ------
    OSError
        If there is none.
    ValueError
        If it has no packet of any survey, or of several that cannot be told apart.
    """
    likeness = _likenesses(dump)
    best = [name for name in likeness if likeness[name] == max(likeness.values())]
    if len(best) == 1:
        return best[0]
    if best:
        raise ValueError(f"{dump}: may be of {' or '.join(best)}: say which")
    raise ValueError(f"{dump}: no packet of {', '.join(names())} at its beginning: say which")


def surveys_of(dump: Path, schemas: Path | None = None) -> list[str]:
    """Return the names of all surveys that the first packet of a dump can be of.

    Raises
    ------
    OSError, ValueError
        If there is no such dump.
    """
    return list(_likenesses(dump, schemas))


def _likenesses(dump: Path, schemas: Path | None = None) -> dict[str, float]:
    surveys = [get_survey(name) for name in names()]
    for found in islice(read_source(dump, schemas), LOOKED_AT):
        likeness = {survey.name: _likeness(found, survey) for survey in surveys}
        if any(likeness.values()):
            return {name: value for name, value in likeness.items() if value}
    return {}


def night_of(dump: str) -> str | None:
    """Return the night in a dump's name, as YYYYMMDD; None if there is none.

    >>> night_of("data/ztf_public_20180201.tar.gz"), night_of("2018/packets")
    ('20180201', None)
    """
    found = _DATE.findall(dump)
    return found[-1] if found else None


def _likeness(found: Found, survey: Survey) -> float:
    """Return how many of a survey's columns a packet has; 0 if it can be none of the survey's.

    Of as many, the survey that has fewer others is meant: a packet of TURBO has all that
    PGIR's have, but not the other way round.
    """
    types = _types_of(found)
    if not types or changed_type(types, survey) or missing_field(types, survey):
        return 0.0
    there = sum(any(path in types for path in column.paths) for column in survey.columns)
    return there - (len(survey.columns) - there) / 1000


def _types_of(found: Found) -> FieldTypes:
    if isinstance(found, Rows):
        return types_of_table(found.table.schema)
    if not isinstance(found, EncodedBlock):
        return {}
    try:
        return types_of_program(compile_schema(parse_schema(found.block.schema)))
    except AvroError:
        return {}
