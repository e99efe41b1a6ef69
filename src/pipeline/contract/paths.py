"""Every path under ``results/`` and ``logs/``: the only place that spells one.

Patterns with ``{survey}``, ``{night}``, ``{shard}``, ``{catalog}``, ``{model}``, ``{event}``,
``{reco}`` and so on are Snakemake wildcards as well as format strings. All are relative to the
working directory of the workflow.
"""

from pathlib import PurePosixPath

RESULTS = "results"

_NIGHT = "{survey}/{night}"
_SHARD = f"{_NIGHT}/{{shard}}"

INDEX = f"{RESULTS}/packets/{_NIGHT}/index.parquet"
SPOOL = f"{RESULTS}/packets/{_NIGHT}/spool.bin"
# In a folder of its own: polars reads a folder as one table only if all in it is parquet.
COUNTS = f"{RESULTS}/counts/{_SHARD}.json"
SUMMARY = f"{RESULTS}/summary/{_NIGHT}.json"
DOWNLOAD = f"{RESULTS}/downloads/{_NIGHT}/{{file}}"
CATALOG = f"{RESULTS}/catalogs/{{catalog}}"
MODEL = f"{RESULTS}/models/{{model}}.onnx"
TRAINED_MODEL = f"{RESULTS}/models/trained/realbogus.h5"

SKYMAP = f"{RESULTS}/skymaps/{{event}}"
SKYMAP_CHUNK = f"{SKYMAP}/rounds/{{round}}/{{chunk}}-of-{{chunks}}.npz"
SKYMAP_SUMMARY = f"{RESULTS}/skymaps/summary.csv"
TRACKS = f"{RESULTS}/calibration/tracks"
CALIBRATION = f"{RESULTS}/calibration/{{reco}}/{{nsides}}"

TABLES = ("alerts", "history", "rejected", "scores", "matches")
SHARDED = (*TABLES, "counts")
"""Folders under ``results/`` that hold a file a shard."""


def table(name: str) -> str:
    """Return the pattern of a table's files, one a shard.

    >>> table("alerts")
    'results/alerts/{survey}/{night}/{shard}.parquet'
    """
    return f"{RESULTS}/{name}/{_SHARD}.parquet"


def night_folder(name: str) -> str:
    """Return the pattern of the folder that holds a night's shards of a table, or counts.

    >>> night_folder("scores")
    'results/scores/{survey}/{night}'
    """
    return f"{RESULTS}/{name}/{_NIGHT}"


def shard_name(shard: int) -> str:
    """Return a shard's name, so that names sort as numbers do.

    >>> shard_name(7)
    '0007'
    """
    return f"{shard:04d}"


def download(survey: str, night: str, url: str) -> str:
    """Return where the file behind a URL is kept.

    >>> download("ztf", "20180201", "https://host/a/ztf_public_20180201.tar.gz?x=1")
    'results/downloads/ztf/20180201/ztf_public_20180201.tar.gz'
    """
    name = PurePosixPath(url.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0]).name
    return DOWNLOAD.format(survey=survey, night=night, file=name)


def log(rule: str, *wildcards: str) -> str:
    """Return the pattern of a rule's logs.

    >>> log("decode", "survey", "night", "shard")
    'logs/decode/{survey}/{night}/{shard}.log'
    """
    return "/".join(["logs", rule, *(f"{{{w}}}" for w in wildcards)]) + ".log"
