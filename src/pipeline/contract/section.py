"""What all sections of the configuration share."""

from collections.abc import Mapping
from typing import Annotated, Any, Protocol, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo, field_validator

NAME_BYTES = 255
"""Of the name of a file at most, on every common file system."""


class ConfigError(ValueError):
    """A configuration that cannot be used; the message says where and what is allowed."""


class Section(BaseModel):
    """A section: unknown keys are errors, values do not change after loading.

    No string is empty, no number infinite or none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_min_length=1, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _flags_are_no_numbers(cls, value: object, info: ValidationInfo) -> object:
        """Refuse what YAML makes of ``yes``, which would count as 1."""
        kinds = classes_in(cls.model_fields[info.field_name or ""].annotation)
        values = value.values() if isinstance(value, Mapping) else [value]
        if kinds & {int, float} and any(isinstance(v, bool) for v in values):
            raise ValueError("a number is expected, no true or false")
        return value


def classes_in(annotation: Any) -> set[type]:
    """Return the classes in an annotation.

    >>> sorted(c.__name__ for c in classes_in(dict[str, float] | None))
    ['NoneType', 'float', 'str']
    """
    if isinstance(annotation, type) and not get_args(annotation):
        return {annotation}
    return {kind for part in get_args(annotation) for kind in classes_in(part)}


def without_password(address: str) -> str:
    """Return an address as it is; one with a name or password in it is refused.

    Raises
    ------
    ValueError
        It would stand in logs, Snakemake's records and on the page.
    """
    parts = urlsplit(address)
    if parts.username or parts.password:
        raise ValueError(
            "an address with a password would be told in logs: leave it out, ~/.netrc is read"
        )
    return address


def _path(value: str) -> str:
    """Refuse what no shell is there to expand, and what no file is called."""
    if value.startswith("~"):
        raise ValueError("~ means no folder here: write it out")
    if not value.isprintable() or value != value.strip():
        raise ValueError("a path has no control characters, and no blanks around it")
    # an address may have a long query
    if "://" not in value and any(len(part.encode()) > NAME_BYTES for part in value.split("/")):
        raise ValueError(f"the name of a file has {NAME_BYTES} bytes at most")
    return without_password(value) if "://" in value else value


def _no_braces(value: str) -> str:
    """Refuse what Snakemake takes for wildcards."""
    if {"{", "}"} & set(value):
        raise ValueError("{ and } stand for nothing here; write out the path")
    return value


Location = Annotated[str, AfterValidator(_path)]
"""The path of a file or folder that is read, or the address of one."""
FilePath = Annotated[Location, AfterValidator(_no_braces)]
"""The path of a file or folder that is read."""


class _OfSurveys(Protocol):
    surveys: list[str]


Entry = TypeVar("Entry", bound=_OfSurveys)


def of_survey(entries: Mapping[str, Entry], survey: str) -> dict[str, Entry]:
    """Return the models or catalogues that are for a survey, in their order."""
    return {name: entry for name, entry in entries.items() if survey in entry.surveys}
