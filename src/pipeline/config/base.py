"""What all sections of the configuration share."""

from collections.abc import Mapping
from typing import Protocol, TypeVar

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _OfSurveys(Protocol):
    surveys: list[str]


Entry = TypeVar("Entry", bound=_OfSurveys)


def of_survey(entries: Mapping[str, Entry], survey: str) -> dict[str, Entry]:
    """Return the models or catalogues that are for a survey, in their order."""
    return {name: entry for name, entry in entries.items() if survey in entry.surveys}
