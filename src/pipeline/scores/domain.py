"""Section ``models``: the neural networks that score alerts."""

import math
from typing import Literal, Self

from pydantic import Field, model_validator

from pipeline.contract.section import Section

DEFAULT_FEATURES = (
    *("drb", "diffmaglim", "ra", "dec", "magpsf", "sigmapsf", "chipsf", "fwhm", "sky"),
    *("chinr", "sharpnr", "sgscore1", "distpsnr1", "sgscore2", "distpsnr2", "sgscore3"),
    *("distpsnr3", "ndethist", "ncovhist", "scorr", "nmtchps", "clrcoeff", "clrcounc"),
    *("neargaia", "neargaiabright"),
)
"""The 25 features of ACAI in the order of its networks (Duev & van der Walt 2021)."""


UNTRUSTED = (
    "a SavedModel folder is a program, which can read and write files: set trusted to true "
    "at this model if you trust its makers as you trust those of a program"
)
"""What is said of one that is not `Model.trusted`, before any job and when it is loaded."""


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
    trusted: bool = Field(
        False, description="run a SavedModel folder, a program that can read and write files"
    )
    surveys: list[str] = Field(["ztf"], description="surveys whose alerts it scores")

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of its features in order; empty where it takes none."""
        if "features" not in self.inputs:
            return ()
        return DEFAULT_FEATURES if self.features == "default" else tuple(self.features)

    def for_survey(self, survey: str) -> "Model":
        """Return what matters for one survey: the others left out."""
        return self.model_copy(update={"surveys": [survey]})

    @model_validator(mode="after")
    def _inputs_once(self) -> Self:
        if len(set(self.inputs)) < len(self.inputs):
            raise ValueError("inputs names one twice")
        if "features" in self.inputs and not self.feature_names:
            raise ValueError("features is empty, but inputs has features")
        if self.features != "default" and "features" not in self.inputs:
            raise ValueError("features are given, but inputs has no features")
        return self

    @model_validator(mode="after")
    def _norms(self) -> Self:
        if unknown := set(self.feature_norms) - set(self.feature_names):
            raise ValueError(f"feature_norms has no feature of this model: {sorted(unknown)}")
        if bad := [k for k, v in self.feature_norms.items() if v == 0 or not math.isfinite(v)]:
            raise ValueError(f"feature_norms must be finite and not 0: {bad}")
        return self
