"""Paths that no document has, and those near them that some have."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

import pyarrow as pa

NAMED = 3
"""Paths near one at most."""


def unknown_paths(missing: Iterable[set[str]], schemas: Iterable[pa.Schema]) -> Iterator[str]:
    """Yield a line on each path that is looked for in vain.

    Parameters
    ----------
    missing : iterable of set of str
        What each translation has noted as missing, of the same query over each schema.
    schemas : iterable of pyarrow.Schema
        Of the documents.

    >>> schema = pa.schema([("candidate", pa.struct([("magpsf", pa.float32())]))])
    >>> list(unknown_paths([{"candidate.magpfs", "magpsf"}], [schema]))
    ["no document has 'candidate.magpfs': perhaps candidate.magpsf", \
"no document has 'magpsf': perhaps candidate.magpsf"]
    """
    there = sorted({path for schema in schemas for path in _paths(schema, "")})
    of_each = [{path.removeprefix("$") for path in paths} for paths in missing]
    for path in sorted(set.intersection(*of_each)) if of_each else ():
        if not path.startswith("$"):  # a variable's
            near = _near(path, there)
            perhaps = f": perhaps {', '.join(near)}" if near else ""
            yield f"no document has {path[:100]!r}{perhaps}"


def _near(path: str, there: list[str]) -> list[str]:
    """Return those that are called so elsewhere, and those beside it that are called alike."""
    above, dot, name = path.rpartition(".")
    beside = [other.rpartition(".")[2] for other in there if other.rpartition(".")[0] == above]
    alike = [above + dot + other for other in get_close_matches(name, beside)]
    return list(dict.fromkeys([o for o in there if o.endswith(f".{path}")] + alike))[:NAMED]


def _paths(fields: Iterable[pa.Field], above: str) -> Iterator[str]:
    for field in fields:
        yield above + field.name
        kind = field.type
        while pa.types.is_list(kind) or pa.types.is_large_list(kind):
            kind = kind.value_type
        if pa.types.is_struct(kind):
            yield from _paths(kind, f"{above}{field.name}.")
