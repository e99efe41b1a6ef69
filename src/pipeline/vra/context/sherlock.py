"""A shard's pool and Sherlock's answers → the table ``context``."""

from pathlib import Path

import pyarrow as pa

from pipeline.io.tables import with_survey, write_table
from pipeline.vra.context.answers import Answers, Place
from pipeline.vra.context.lasair import ask_all
from pipeline.vra.context.table import CONTEXT_SCHEMA

_NOTHING = "Sherlock knows no source there"


def write_sherlock(
    pool: pa.Table, url: str, folder: Path, per_hour: int, survey: str, output: Path
) -> int:
    """Write what Sherlock says of each alert's place; return how many places were asked for.

    Parameters
    ----------
    pool : pyarrow.Table
        With candid, ra and dec [deg].
    url : str
        Of Lasair's API, where places without an answer are asked for.
    folder : Path
        Of the answers.
    per_hour : int
        See `pipeline.vra.context.lasair.ask_all`.
    survey : str
    output : Path

    Raises
    ------
    OSError
        If not all places have an answer.
    ValueError
        If an answer cannot be read.
    """
    answers = Answers(folder)
    places = [
        Place.of(*row) for row in zip(*(pool[n].to_pylist() for n in ("ra", "dec")), strict=True)
    ]
    asked = ask_all(places, url, answers, per_hour)
    known = [answers.read(place) for place in places]
    apart = [one.separation_arcsec for one in known]
    table = pa.table(
        {
            "candid": pool["candid"],
            "classification": [one.classification for one in known],
            "catalogue_table_name": pa.array([one.catalogue for one in known], pa.string()),
            "catalogue_object_id": pa.array([one.object_id for one in known], pa.string()),
            "separationArcsec": pa.array(apart, pa.float64()),
            "physical_separation_kpc": pa.array(
                [one.separation_kpc for one in known], pa.float64()
            ),
            "reason": pa.array([_NOTHING if a is None else None for a in apart], pa.string()),
        }
    )
    write_table(with_survey(table, survey).cast(CONTEXT_SCHEMA), output)
    return asked
