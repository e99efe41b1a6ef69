"""The list of domains, and the configuration that they make together."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationInfo, create_model, field_validator

from pipeline.alerts.domain import ALERTS
from pipeline.archive.domain import ARCHIVE
from pipeline.contract.domain import Domain
from pipeline.contract.section import Section
from pipeline.crossmatch.domain import CROSSMATCH
from pipeline.events.domain import EVENTS
from pipeline.filters.domain import FILTERS
from pipeline.maps.domain import MAPS
from pipeline.report.domain import REPORT
from pipeline.scores.domain import SCORES
from pipeline.skymaps.domain import SKYMAPS
from pipeline.vra.domain import VRA

DOMAINS: tuple[Domain, ...] = (
    ALERTS,
    CROSSMATCH,
    SCORES,
    FILTERS,
    VRA,
    ARCHIVE,
    EVENTS,
    MAPS,
    SKYMAPS,
    REPORT,
)
"""A new domain is a line here; the order is that of config.yaml and of a night's targets."""

KEYS = tuple(key for domain in DOMAINS for key in domain.keys)
TABLES = tuple(table for domain in DOMAINS for table in domain.tables)


_NAMED = tuple(key.name for key in KEYS if isinstance(key.default, dict))
"""Keys whose values are named entries."""


class _Sections(Section):
    """What holds for all keys at the top."""

    @field_validator("*", mode="before", check_fields=False)
    @classmethod
    def _empty_section(cls, value: object, info: ValidationInfo) -> object:
        """Take an empty section for an absent one."""
        assert info.field_name is not None  # the validator of a field
        return cls.model_fields[info.field_name].get_default() if value is None else value

    @field_validator(*_NAMED, mode="before", check_fields=False)
    @classmethod
    def _names(cls, value: object) -> object:
        """Named entries have names that the rules' wildcards match."""
        for name in value if isinstance(value, Mapping) else ():
            if isinstance(name, str) and not re.fullmatch("[A-Za-z0-9_]{1,100}", name):
                raise ValueError(
                    f"{name[:100]!r}: a name has letters (A to Z), digits and _ only, 100 at most"
                )
        return value


_FIELDS: dict[str, Any] = {
    key.name: (key.type, Field(key.default, description=key.description)) for key in KEYS
}
Config = create_model(
    "Config",
    __base__=_Sections,
    __doc__="All sections. An absent or empty one switches its part off.",
    **_FIELDS,
)
