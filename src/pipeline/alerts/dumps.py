"""The forms in which a night of packets comes."""

AVRO_SUFFIX = ".avro"
PARQUET_SUFFIX = ".parquet"
COMPRESSED_TARS = (".tar.gz", ".tgz")
TAR_SUFFIXES = (".tar", *COMPRESSED_TARS)
DUMP_SUFFIXES = (AVRO_SUFFIX, PARQUET_SUFFIX, *TAR_SUFFIXES)
"""What a dump that is a file ends in."""
_LIKE_PACKETS = (*DUMP_SUFFIXES, f"{AVRO_SUFFIX}.gz")


def why_not_read(name: str, read: tuple[str, ...]) -> str | None:
    """Return why a file inside a dump is not read; None if it is, or is no matter of packets.

    Parameters
    ----------
    name : str
        Of the file or the tarball's member.
    read : tuple of str
        What the names end in that are read there.

    >>> why_not_read("B.AVRO", (".avro", ".parquet"))
    'not read: name ends in .AVRO, expected .avro or .parquet'
    >>> why_not_read("b.avro", (".avro",)), why_not_read("README", (".avro",))
    (None, None)
    """
    if name.endswith(read):
        return None
    ends = [s for s in _LIKE_PACKETS if name.lower().endswith(s)]
    if not ends:
        return None
    ending = name[-max(map(len, ends)) :]
    return f"not read: name ends in {ending}, expected {' or '.join(read)}"
