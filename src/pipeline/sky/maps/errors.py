"""The one error of a map that cannot be used."""


class MapError(ValueError):
    """A map that is none, or does not count; the message names the file."""
