"""The whole configuration."""

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, field_validator

from pipeline.contract.section import FilePath, Section
from pipeline.crossmatch.domain import Catalog
from pipeline.scores.domain import Model
from pipeline.skymaps.domain import Skymaps


class Config(Section):
    """All sections. An absent or empty one switches its part off."""

    alerts: FilePath | None = Field(None, description="TSV of nights: survey, night, path, shards")
    fetch_patience_s: float = Field(
        600.0,
        gt=0,
        le=86400,
        description="a server that sends less than 256 KiB of a dump in it is given up [s]",
    )
    catalogs: dict[str, Catalog] = Field({}, description="catalogues to match alerts against")
    models: dict[str, Model] = Field({}, description="neural networks to score alerts with")
    engine: Literal["onnxruntime", "tensorflow"] = Field(
        "onnxruntime", description="what runs the models"
    )
    events: FilePath | None = Field(
        None, description="TSV of neutrino events: event, path, reco, nsides, chunks"
    )
    skymaps: Skymaps = Field(Skymaps(), description="how neutrino events are scanned")

    @field_validator("catalogs", "models", "skymaps", mode="before")
    @classmethod
    def _empty_section(cls, value: object) -> object:
        return {} if value is None else value

    @field_validator("catalogs", "models", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        for name in value if isinstance(value, Mapping) else ():
            # what the rules' wildcards match
            if isinstance(name, str) and not re.fullmatch("[A-Za-z0-9_]{1,100}", name):
                raise ValueError(
                    f"{name[:100]!r}: a name has letters (A to Z), digits and _ only, 100 at most"
                )
        return value
