"""The forms in which a night of packets comes."""

AVRO_SUFFIX = ".avro"
PARQUET_SUFFIX = ".parquet"
TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz")
DUMP_SUFFIXES = (AVRO_SUFFIX, PARQUET_SUFFIX, *TAR_SUFFIXES)
"""What a dump that is a file ends in."""
