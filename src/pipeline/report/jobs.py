"""What the rules of the morning page do: one function a rule, its only entry."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any


def gather_night(
    night: tuple[str, str],
    index: str,
    alerts: Sequence[str],
    inputs: Mapping[str, Sequence[str]],
    parts: Iterable[Mapping[str, Any]],
    objects: int,
    outputs: Sequence[str],
) -> int:
    """Read what a night's page is made of; see `pipeline.report.gather.gather`.

    Parameters
    ----------
    night : (str, str)
        Survey and night.
    index : str
        Of the night's packets.
    alerts : sequence of str
        The night's tables of alerts.
    inputs : mapping of str to sequence of str
        The domains' files.
    parts : iterable of mapping
        The values of each `pipeline.report.parts.Part`.
    objects : int
        At most so many get a card.
    outputs : (str, str)
        Facts, objects.

    Returns
    -------
    int
        How many objects got one.
    """
    from pipeline.report.gather import Gathered, gather
    from pipeline.report.parts import Part

    where = Gathered(*night, Path(index), alerts, inputs, objects)
    facts, chosen = map(Path, outputs)
    return gather(where, [Part(**part) for part in parts], facts, chosen)


def report_night(
    night: tuple[str, str],
    gathered: Sequence[str],
    earlier: Iterable[str],
    inputs: Mapping[str, Sequence[str]],
    parts: Iterable[Mapping[str, Any]],
    origin: Mapping[str, Any],
    outputs: Sequence[str],
) -> dict[str, Any]:
    """Write the page of a night; see `pipeline.report.page.make_page`.

    Parameters
    ----------
    night : (str, str)
        Survey and night.
    gathered : (str, str)
        Facts, objects.
    earlier : iterable of str
        Facts of earlier nights.
    inputs : mapping of str to sequence of str
        The domains' files.
    parts : iterable of mapping
        The values of each `pipeline.report.parts.Part`.
    origin : mapping
        ``configuration`` and ``code`` of `pipeline.report.page.Shown`.
    outputs : (str, str)
        HTML, JSON.
    """
    from pipeline.report.page import Shown, make_page
    from pipeline.report.parts import Part

    facts, objects = map(Path, gathered)
    shown = Shown(*night, facts, objects, list(map(Path, earlier)), inputs, **origin)
    html, numbers = map(Path, outputs)
    return make_page(shown, [Part(**part) for part in parts], html, numbers)


def report_index(
    numbers: Iterable[str],
    inputs: Mapping[str, Sequence[str]],
    parts: Iterable[Mapping[str, Any]],
    logs: str,
    output: str,
) -> int:
    """Write the index over all nights; see `pipeline.report.index.make_index`."""
    from pipeline.report.index import make_index
    from pipeline.report.parts import Part

    pages = list(map(Path, numbers))
    return make_index(pages, inputs, [Part(**part) for part in parts], Path(logs), Path(output))
