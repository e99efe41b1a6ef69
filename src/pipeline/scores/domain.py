"""Section ``models``: the neural networks that score alerts, and what comes of them."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from pipeline.alerts.domain import kind_of, night_name, nights, packets_of, shards_of
from pipeline.alerts.surveys.registry import unknown
from pipeline.contract import paths
from pipeline.contract.address import Address, InputPath, written
from pipeline.contract.domain import Domain, Key, Table
from pipeline.contract.page import Page
from pipeline.contract.request import Request
from pipeline.contract.section import Section, of_survey
from pipeline.contract.trial import Trials
from pipeline.contract.work import Expected, Work, named
from pipeline.scores.need import convert_need, score_need
from pipeline.scores.network import DEFAULT_FEATURES, UNTRUSTED, Network

MODEL = f"{paths.RESULTS}/models/{{model}}.onnx"
TRAINED_MODEL = f"{paths.RESULTS}/models/trained/realbogus.h5"
"""What demo/models/realbogus.h5 was made as."""


class Model(Section):
    """One model; adding a model is adding its file and an entry like this."""

    version: str = Field(description="stored beside every score")
    path: InputPath = Field(
        description="Keras .h5 or .keras, a SavedModel folder, or .onnx; or an address"
    )
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

    @property
    def network(self) -> Network:
        """Return what jobs need to know of it."""
        return Network(
            tuple(self.inputs), self.feature_names, self.feature_norms, self.version, self.trusted
        )

    def to_run(self) -> dict[str, Any]:
        """Return its `Network` as plain values, which Snakemake compares."""
        return asdict(self.network)

    def to_convert(self) -> dict[str, Any]:
        """Return what matters for its conversion: another version of the same file does not."""
        return self.to_run() | {"version": ""}

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


def kinds(request: Request, survey: str) -> Counter[str]:
    """Return how many models of a survey take what, as `pipeline.scores.need.KINDS` names it."""
    models = of_survey(request.config.models, survey).values()
    return Counter("+".join(sorted(model.inputs)) for model in models)


def networks(request: Request, survey: str) -> list[str]:
    """Return the files of a survey's models that the configured engine reads."""
    models = of_survey(request.config.models, survey)
    if request.config.engine == "tensorflow":
        return [model.path for model in models.values()]
    return [MODEL.format(model=name) for name in models]


def _columns(request: Request, survey: str) -> Iterator[tuple[str, str]]:
    for name in of_survey(request.config.models, survey):
        for column in (name, f"{name}_version", f"{name}_reason"):
            yield f"models.{name}", column


def _work(request: Request, expected: Expected) -> Iterator[Work]:
    used: dict[str, None] = {}
    for night in nights(request):
        models = of_survey(request.config.models, night.survey)
        if models:
            used |= dict.fromkeys(models)
            of, number = night_name(night), packets_of(night, expected)
            job = score_need(
                number, night.shards, kinds(request, night.survey), kind_of(night, expected)
            )
            after = (named("index", of), *(named("convert_model", name) for name in models))
            yield Work("score", of, night.shards, job, after=after)
    for name in used if request.config.engine == "onnxruntime" else ():
        yield Work("convert_model", name, 1, convert_need(), once=True)


def _engine(request: Request) -> Iterator[str]:
    for name, model in request.config.models.items():
        if request.config.engine == "tensorflow" and model.path.endswith(".onnx"):
            yield f"models.{name}.path: {written(model.path)} needs the engine onnxruntime"


def _untrusted(request: Request) -> Iterator[str]:
    for name, model in request.config.models.items():
        if not model.trusted and Path(model.path).is_dir():
            yield f"models.{name}.path: {model.path}: {UNTRUSTED}"


def _known_surveys(request: Request) -> Iterator[str]:
    for name, model in request.config.models.items():
        yield from unknown(f"models.{name}.surveys", model.surveys)


def _found(directory: Path) -> Iterator[str]:
    from pipeline.scores.found_lines import score_lines  # noqa: PLC0415 - the cli alone pays for it

    return score_lines(directory)


def _trials(request: Request) -> Trials:
    from pipeline.scores.trials import trials  # noqa: PLC0415 - for the cli alone

    return trials(request)


def _page_tables(request: Request, survey: str, night: str) -> dict[str, list[str]]:
    models = of_survey(request.config.models, survey)
    if not models:
        return {"scores": [], "models": []}
    return {
        "scores": shards_of(request, paths.table("scores"), survey, night),
        "models": [
            model.path
            for model in models.values()
            if isinstance(model.path, Address) or Path(model.path).is_file()
        ],
    }


def _page_settings(request: Request, survey: str) -> dict[str, Any]:
    models = of_survey(request.config.models, survey)
    return {"models": {name: [model.version, str(model.path)] for name, model in models.items()}}


SCORES = Domain(
    trials=_trials,
    name="scores",
    keys=(
        Key(
            "models",
            dict[str, Model],
            "neural networks to score alerts with",
            default={},
            section=Model,
            example={"braai": {"version": "d6_m9", "path": "models/braai_d6_m9.h5"}},
        ),
        Key(
            "engine",
            Literal["onnxruntime", "tensorflow"],
            "what runs the models",
            default="onnxruntime",
        ),
    ),
    active=lambda request: bool(request.config.models),
    tables=(
        Table(
            "scores",
            "alert",
            ("survey", "candid"),
            "pipeline.scores.scores_table:scores_schema",
            made="a model lists the survey",
            made_for=lambda request, survey: bool(of_survey(request.config.models, survey)),
            fixed=(
                *("survey", "candid", "object_id"),
                *("science_nodata", "template_nodata", "difference_nodata"),
            ),
            added=_columns,
        ),
    ),
    work=_work,
    checks=(_engine, _untrusted, _known_surveys),
    found=_found,
    page=Page(
        title="Scores",
        order=20,
        section="pipeline.scores.page:section",
        facts="pipeline.scores.page:facts",
        ranking="pipeline.scores.page:ranking",
        about="pipeline.scores.page:about",
        tables=_page_tables,
        settings=_page_settings,
    ),
)
