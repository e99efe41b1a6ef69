"""Pipelines that are not to be run, whoever would run them, and typing errors in others."""

import difflib
from collections.abc import Mapping
from typing import Any

from pipeline.documents.refused import Refused
from pipeline.documents.vocabulary import EVERY, FORBIDDEN, STAGES

MOST_STAGES = 200
DEEPEST = 80
MOST_PARTS = 20_000


def check_pipeline(pipeline: Any) -> None:
    """Check that a pipeline reads nothing but its documents, writes nothing and runs no code.

    Parameters
    ----------
    pipeline : list of dict
        As MongoDB's aggregate takes it.

    Raises
    ------
    Refused
        Naming the stage by number and name, and the operator; of a typing error the nearest
        name. What cannot be translated exactly `translate` refuses, not this: a MongoDB may
        run it.

    Examples
    --------
    >>> check_pipeline([{"$match": {"a": {"$gtt": 1}}}])
    Traceback (most recent call last):
    pipeline.documents.refused.Refused: stage 1 ($match): $gtt: unknown; $gt is meant?
    """
    if not isinstance(pipeline, list) or not pipeline:
        raise Refused("a pipeline is a list of stages, and has one at least")
    if len(pipeline) > MOST_STAGES:
        raise Refused(f"{len(pipeline)} stages: more than {MOST_STAGES}")
    parts = 0
    for number, stage in enumerate(pipeline, 1):
        if not isinstance(stage, Mapping) or len(stage) != 1:
            raise Refused(f"stage {number}: a stage is an object with one key, its name")
        name = next(iter(stage))
        if name not in STAGES:
            raise Refused(f"stage {number} ({name}): {_why(name, set(STAGES))}")
        try:
            parts += _looked_at(stage[name], 1)
        except Refused as error:
            raise Refused(f"stage {number} ({name}): {error}") from error
        if parts > MOST_PARTS:
            raise Refused(f"a pipeline of more than {MOST_PARTS} parts")


def check_query(query: Any) -> None:
    """Check a find's filter as `check_pipeline` does a pipeline."""
    if not isinstance(query, Mapping):
        raise Refused("a filter is an object")
    if _looked_at(query, 1) > MOST_PARTS:
        raise Refused(f"a filter of more than {MOST_PARTS} parts")


def _why(name: str, allowed: set[str]) -> str:
    if name in FORBIDDEN:
        return f"not allowed: {FORBIDDEN[name]}"
    near = difflib.get_close_matches(name, sorted(allowed), 1)
    return "unknown" + (f"; {near[0]} is meant?" if near else "")


def _looked_at(given: Any, depth: int) -> int:
    """Look through a stage for operators; give the number of its parts."""
    if depth > DEEPEST:
        raise Refused(f"nested more than {DEEPEST} deep")
    if isinstance(given, list):
        return 1 + sum(_looked_at(item, depth + 1) for item in given)
    if isinstance(given, int) and not -(2**63) <= given < 2**63:  # BSON has no others
        raise Refused(f"an integer of {given.bit_length()} bits: they have 64")
    if not isinstance(given, Mapping):
        return 1
    count = 1
    for key, item in given.items():
        if not isinstance(key, str):
            raise Refused(f"the key {key!r}: keys are texts")
        if key.startswith("$") and (key not in EVERY or key in FORBIDDEN):
            raise Refused(f"{key}: {_why(key, EVERY - set(FORBIDDEN))}")
        if key in ("$literal", "$const"):
            count += 1
            continue
        count += _looked_at(item, depth + 1)
    return count
