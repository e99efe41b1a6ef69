"""Where what is told of a night's packets lies, for whoever need not load the configuration."""

from pipeline.contract import paths

COUNTS = paths.shard_file("counts", "json")
"""Of a shard. In a folder of its own: polars reads a folder as one table only if all in it is
parquet. They come last: where they stand, the shard's tables have been complete."""
EVERY_SHARD = ("alerts", "history", "rejected")
"""Tables that each shard has, whatever is configured."""
SUMMARY = f"{paths.RESULTS}/summary/{paths.NIGHT}.json"
"""Of a night, made of the counts of all its shards."""
