"""Every path under ``results/``: the only place that spells one.

Patterns with ``{survey}``, ``{night}``, ``{shard}``, ``{catalog}``, ``{model}`` and
``{event}`` are Snakemake wildcards as well as format strings. All are relative to the
working directory of the workflow.
"""

RESULTS = "results"

SHARD = "{survey}/{night}/{shard}"


def table(name: str) -> str:
    """Return the pattern of a table's files, one a shard.

    >>> table("alerts")
    'results/alerts/{survey}/{night}/{shard}.parquet'
    """
    return f"{RESULTS}/{name}/{SHARD}.parquet"


def shard_name(shard: int) -> str:
    """Return a shard's name, so that names sort as numbers do.

    >>> shard_name(7)
    '0007'
    """
    return f"{shard:04d}"
