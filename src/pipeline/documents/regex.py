r"""Regular expressions that MongoDB (PCRE) and DuckDB (RE2) understand alike.

Letters, digits, escaped signs, classes, groups, alternatives, ``* + ? {m,n}``, ``^`` at the
start and ``$`` at the end; all else (look-around, back-references, possessive or lazy
quantifiers, Unicode classes, inline flags) is refused.

>>> checked("^ZTF(18|19)")
'^ZTF(18|19)'
>>> checked(r"\d+$")
'\\d+(?:\\n?\\z)'
"""

import re
from dataclasses import dataclass
from typing import Any

from bson import Regex

from pipeline.documents import sql
from pipeline.documents.refused import Refused
from pipeline.documents.values import Value

_SPACE = r"\t\n\x0b\f\r "
_PLAIN = r"[A-Za-z0-9 _\-:,;/#@!%&'\"<>=~]"
_TOKEN = re.compile(
    rf"(?P<plain>{_PLAIN})"
    r"|(?P<escape>\\[.^$*+?()\[\]{}|\\/\-])"
    r"|(?P<shape>\\[dDwWsS])"
    r"|(?P<class>\[\^?"
    r"(?:[A-Za-z0-9 _:,;/#@!%'\"<>=~.+*?()|$]|-|\\[.\-\]\[\\/^$*+?()|{}]|\\[dws])+\])"
    r"|(?P<group>\((?:\?:)?)"
    r"|(?P<close>\)|\|)"
    r"|(?P<many>(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\}))"
    r"|(?P<start>\^)"
    r"|(?P<end>\$)"
    r"|(?P<any>\.)"
)


@dataclass(frozen=True)
class Pattern:
    """A pattern for RE2 and its flags for DuckDB."""

    text: str
    flags: str


def pattern_of(given: Any, options: Any) -> Pattern:
    """Check a pattern and its options.

    Parameters
    ----------
    given : str or bson.Regex
        As MongoDB takes it.
    options : str or None
        i (letters of either case) and s (a dot is a line break too).

    Returns
    -------
    Pattern
    """
    flags = str(options) if options is not None else ""
    if isinstance(given, Regex):
        given, own = given.pattern, given.flags
        if own & ~(re.IGNORECASE | re.DOTALL | re.UNICODE):
            raise Refused("flags of a regular expression other than i and s")
        if options is None:
            flags = "i" * bool(own & re.IGNORECASE) + "s" * bool(own & re.DOTALL)
    if not isinstance(given, str):
        raise Refused("a pattern that is no text")
    if set(flags) - {"i", "s"}:
        raise Refused(f"options {flags!r}: i and s are translated")
    return Pattern(checked(given), ("i" if "i" in flags else "c") + ("s" if "s" in flags else "n"))


def checked(given: str) -> str:
    """Check a pattern token by token, and give it in RE2's dialect."""
    out, at, before, depth = [], 0, "", 0
    while at < len(given):
        found = _TOKEN.match(given, at)
        if found is None:
            raise Refused(f"the regular expression {given!r} at {given[at : at + 8]!r}")
        kind, text = str(found.lastgroup), found.group()
        at = found.end()
        if text == "?" and before == "group":
            raise Refused(f"a group of the kind {given[at - 2 : at + 2]!r} in {given!r}")
        if kind == "many" and before in ("", "many", "start", "group", "close|", "end"):
            raise Refused(f"the quantifier {text!r} in {given!r}")
        if kind == "start" and before not in ("", "group", "close|"):
            raise Refused(f"^ in the middle of {given!r}")
        if kind == "end":
            if at < len(given) and given[at] not in "|)":
                raise Refused(f"$ in the middle of {given!r}")
            if depth:
                raise Refused(f"$ in a group of {given!r}")
            text = r"(?:\n?\z)"
        depth += (kind == "group") - (text == ")")
        if kind == "class":
            _ranges(text, given)
        out.append(_spaces(text) if kind in ("shape", "class") else text)
        before = "close|" if text == "|" else kind
    if depth != 0:
        raise Refused(f"the parentheses of {given!r}")
    try:
        re.compile(given)
    except re.error as error:
        raise Refused(f"the regular expression {given!r}: {error}") from error
    return "".join(out)


def _ranges(text: str, given: str) -> None:
    inner = text[1:-1].lstrip("^")
    if "[:" in text or "[." in text or "[=" in text:
        raise Refused(f"a POSIX class in {given!r}")
    for found in re.finditer(r"(?<!^)(?<!\\)-(?!$)", inner):
        first, last = inner[found.start() - 1], inner[found.end()]
        if not (first.isalnum() and last.isalnum() and first <= last):
            raise Refused(f"a range in {text!r}")


def _spaces(text: str) -> str:
    r"""RE2's \s lacks the vertical tab that PCRE's has."""
    if text in (r"\s", r"\S"):
        return f"[{'^' if text == chr(92) + 'S' else ''}{_SPACE}]"
    return text.replace(r"\s", _SPACE)


def text_matches(value: Value, pattern: Pattern) -> str:
    """Give the condition that a value is a text in which a pattern is found."""
    if value.unknown:
        raise Refused("a column of a type that documents do not have")
    if "string" not in value.scalars:
        return sql.FALSE
    text = value.scalars["string"]
    found = f"regexp_matches({text}, {sql.text(pattern.text)}, {sql.text(pattern.flags)})"
    return sql.coalesce(found, sql.FALSE)
