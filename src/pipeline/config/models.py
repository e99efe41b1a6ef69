"""Section ``models``: the neural networks that score alerts."""

from typing import Literal

from pydantic import Field

from pipeline.config.base import Section


class Model(Section):
    """One model; adding a model is adding its file and an entry like this."""

    version: str = Field(description="stored beside every score")
    path: str = Field(description="Keras .h5 or .keras, a SavedModel folder, or .onnx")
    inputs: list[Literal["features", "triplet"]] = Field(
        ["triplet"], min_length=1, description="what it takes, in the order it takes it"
    )
    features: Literal["default"] | list[str] = Field(
        "default", description="its features in order; default: the 25 of ACAI"
    )
    feature_norms: dict[str, float] = Field(
        {}, description="a feature is divided by its norm, where it has one"
    )
    surveys: list[str] = Field(["ztf"], description="surveys whose alerts it scores")
