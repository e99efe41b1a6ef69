"""What a domain brings to the morning page, in its ``domain.py``.

The page imports the makers by their names, in its own jobs: a domain knows nothing of the page,
and no rule of a domain reruns because the page says something else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.contract.request import Request

Inputs = Callable[[Request, str, str], Mapping[str, list[str]]]
"""Of a request, a survey and a night: files, by the names that the makers know them by."""


def _no_files(request: Request, survey: str, night: str) -> Mapping[str, list[str]]:
    return {}


def _no_settings(request: Request, survey: str) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Page:
    """A domain's part of the page of a night.

    Makers are named ``"module:function"``. Each takes `pipeline.contract.blocks.Reads` first.

    Attributes
    ----------
    title : str
        Heading of its part.
    order : int
        Parts stand in this order.
    section : str
        Makes `pipeline.contract.blocks.Section`.
    facts : str
        Makes a mapping of plain values: what is read of all alerts of the night, once. Nights
        after it compare theirs with it.
    ranking : str
        Makes a list of `pipeline.contract.blocks.Ranking`.
    about : str
        Takes some candids as well, and makes a mapping of these to sequences of
        `pipeline.contract.blocks.Table`: what is known of each. `nightmill show` asks it too,
        with the domain's own tables as files, under their names, of one shard, and no settings.
    tables : callable
        What `facts`, `ranking` and `about` read.
    files : callable
        What `section` reads, beside the facts.
    settings : callable
        Of a request and a survey: plain values, for all makers.
    of_all : bool
        Whether its section is not of one night: the index has it too. It is asked with an empty
        survey and night there.
    """

    title: str
    order: int
    section: str = ""
    facts: str = ""
    ranking: str = ""
    about: str = ""
    tables: Inputs = _no_files
    files: Inputs = _no_files
    settings: Callable[[Request, str], Mapping[str, Any]] = _no_settings
    of_all: bool = False
