"""Where the archive's files lie under ``results/``."""

import re

from pipeline.contract import paths

CONES = f"{paths.RESULTS}/cones/{paths.NIGHT}"
"""The cone index of a night, a folder."""
MONTH = f"{paths.RESULTS}/cones_by_month/{{survey}}/{{month}}"
"""The cone indexes of a month's nights as one."""
DOCUMENTS = f"{paths.RESULTS}/documents/{paths.SHARD}"
"""The alerts of a shard as documents, a folder with a file for each schema of the packets."""
RECEIPT = paths.shard_file("archive", "json")
"""What a MongoDB has acknowledged of a shard."""
STORE = f"{paths.RESULTS}/catalogs/{{catalog}}"
"""A catalogue, sorted by pixel: a folder that the domain of catalogues makes."""
CATALOG_RECEIPT = f"{paths.RESULTS}/archive/catalogs/{{catalog}}.json"
"""What a MongoDB has acknowledged of a catalogue."""
MATCHFILE = re.compile("[A-Za-z0-9_-]+")
MATCHFILE_TABLES = tuple(
    f"{paths.RESULTS}/matchfiles/{table}/{{matchfile}}.parquet"
    for table in ("sources", "light_curves", "exposures")
)
"""Of a matchfile."""
MATCHFILE_RECEIPT = f"{paths.RESULTS}/archive/matchfiles/{{matchfile}}.json"
EVERY_COLUMN = "all"
"""As `archive.columns`: an index has all columns of the table alerts."""
COLUMNS = (
    *("programid", "fid", "band", "magpsf", "sigmapsf", "isdiffpos", "drb"),
    *("psfFlux", "psfFluxErr", "reliability"),
)
"""What a cone index has of an alert unless the configuration says otherwise."""


def collection_name(survey: str) -> str:
    """Return what a survey's alerts are called as a collection.

    >>> collection_name("ztf")
    'ZTF_alerts'
    """
    return f"{survey.upper()}_alerts"
