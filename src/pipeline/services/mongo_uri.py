"""Addresses of a MongoDB: what may stand in one, and how it is shown."""

from urllib.parse import parse_qsl, urlsplit

SCHEMES = ("mongodb", "mongodb+srv")
_SECRETS = {
    *("authmechanismproperties", "tlscertificatekeyfilepassword", "sslpempassphrase"),
    *("proxypassword", "proxyusername"),
}
"""Options that hold credentials, in small letters: their case does not count."""


def wrong_uri(uri: str) -> str | None:
    """Return why an address cannot be used; None if it can. Its credentials are not repeated.

    >>> wrong_uri("mongodb://db.example.org/?replicaSet=rs0")
    >>> wrong_uri("mongodb://me:secret@db.example.org")  # doctest: +ELLIPSIS
    'credentials do not stand in an address: set MONGODB_USERNAME and MONGODB_PASSWORD, or a...'
    """
    if "@" in uri:  # also where a / in a password hides it from parsers
        return (
            "credentials do not stand in an address: set MONGODB_USERNAME and "
            "MONGODB_PASSWORD, or archive.credentials"
        )
    try:
        parts = urlsplit(uri)
    except ValueError:
        return "is no address: expected mongodb://host:port"
    if parts.scheme not in SCHEMES or not parts.netloc:
        return "expected mongodb://host:port or mongodb+srv://host"
    options = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if secret := sorted(options & _SECRETS):
        return f"{secret[0]} is a credential, and does not stand in an address"
    return None


def shown(uri: str) -> str:
    """Return the hosts of an address that `wrong_uri` finds nothing wrong with.

    >>> shown("mongodb://a:1,b:2/?replicaSet=rs0")
    'a:1,b:2'
    """
    return urlsplit(uri).netloc
