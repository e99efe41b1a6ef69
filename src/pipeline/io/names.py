"""Names from outside, as text that every table and every log can hold."""


def readable(name: str) -> str:
    r"""Return a name in which bytes that are not UTF-8 are written as ``\xff``.

    Python keeps such bytes of a file's or a tarball member's name as lone surrogates, which
    no UTF-8 file can hold.

    >>> readable("night/caf\udce9.avro")
    'night/caf\\xe9.avro'
    """
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
