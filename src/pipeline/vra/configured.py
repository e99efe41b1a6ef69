"""The section ``vra`` of the configuration."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from pipeline.contract.section import FilePath, Section, without_password
from pipeline.vra.context.rules import AT_IT_ARCSEC, Classification, Role
from pipeline.vra.places import EXPERIMENT, MLFLOW_DATABASE
from pipeline.vra.rounds.allowed import BOOSTED

StrategyName = Literal["uncertainty", "entropy", "margin", "random", "diverse"]


class Rounds(Section):
    """How rounds choose whom to ask about, and learn from what is said."""

    classes: Literal["gal", "real", "trans"] | dict[str, Literal[0, 1]] = Field(
        "real",
        description="of each label: gal, real, trans, or {label: 0 or 1}",
    )
    strategy: StrategyName = Field("uncertainty", description="whom to ask about next")
    first: int = Field(30, ge=2, le=100_000, description="labels of the first round, at random")
    size: int = Field(10, ge=1, le=100_000, description="labels of each round after it")
    per_object: int = Field(1, ge=1, description="alerts of one object in a round at most")
    held_out: float = Field(
        0.2, ge=0, lt=1, description="share of objects that no model learns from, to try it on"
    )
    seed: int = Field(42, ge=0, lt=2**31, description="of all that is left to chance")
    classifier: str = Field(
        BOOSTED, description="of scikit-learn, by its dotted name; the list is in docs/assistant.md"
    )
    parameters: dict[str, str | int | float | bool | None] = Field(
        {}, description="of the classifier, where they are not the defaults"
    )


class Bench(Section):
    """Campaigns with an oracle, before anyone labels."""

    oracle: FilePath = Field(
        "labels.csv", description="a labels file: candid,objectId,label,timestamp"
    )
    strategies: list[StrategyName] = Field(
        ["uncertainty", "random"], min_length=1, description="those to compare"
    )
    sizes: list[Annotated[int, Field(ge=1, le=100_000)]] = Field(
        [10], min_length=1, description="labels of each round after the first"
    )
    seeds: int = Field(20, ge=1, le=1000, description="campaigns of each, by other seeds")
    rounds: int = Field(8, ge=1, le=1000, description="of each campaign")
    target: float = Field(0.9, gt=0, le=1, description="recall to reach")


def _server(uri: str) -> str:
    """Refuse what is no server."""
    if not uri.startswith(("http://", "https://")):
        raise ValueError("an address http(s)://… is expected")
    return without_password(uri)


class Lasair(Section):
    """Sherlock itself, by Lasair's API; the token is the variable LASAIR_TOKEN."""

    url: Annotated[str, AfterValidator(_server)] = Field(
        "https://lasair-ztf.lsst.ac.uk/api", description="of the API"
    )
    answers: FilePath = Field("sherlock", description="the folder of its answers, a file a place")
    per_hour: int = Field(100, ge=1, description="calls an hour, as your token allows")


class Context(Section):
    """What is known of an alert's place: class and host, by our matches or Lasair's Sherlock."""

    lasair: Lasair | None = Field(None, description="in place of roles: ask Lasair's API")
    roles: dict[Role, Annotated[list[str], Field(min_length=1)]] = Field(
        {},
        description="names in `catalogs`, by what they hold: cataclysmic, agn, variable, galaxy, "
        "star, bright_star",
    )
    at_it_arcsec: float = Field(
        AT_IT_ARCSEC, gt=0, le=60, description="within this an alert is at a source itself [arcsec]"
    )
    drop: list[Classification] = Field(
        [], description="classes that are not in the pool; finkvra drops AGN and VS"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.lasair is None) == (not self.roles):
            raise ValueError("give either roles (our catalogues) or lasair (its API)")
        return self


class Mlflow(Section):
    """Where closed rounds are mirrored as runs of MLflow."""

    uri: Annotated[str, AfterValidator(_server)] | None = Field(
        None, description="a server's address; without one results/vra/mlflow/mlflow.db"
    )


class MoreFeatures(Section):
    """Features behind finkvra's 21."""

    alerts: list[str] = Field([], description="columns of the table alerts: numbers")
    scores: list[str] = Field([], description="models, whose scores are features")
    light_curve: list[str] = Field(
        [], description="classes of the light-curve package (under the GPL), in each band"
    )

    @field_validator("*")
    @classmethod
    def _once(cls, value: list[str]) -> list[str]:
        if len(set(value)) < len(value):
            raise ValueError("names something twice")
        return value


class Assistant(Section):
    """Whose alerts the assistant learns from, and how."""

    survey: str = Field("ztf", description="whose alerts")
    filter: str = Field(
        "fink_vra", description="its pool: alerts that passed this filter of `filters`"
    )
    experiment: str = Field(
        "nightmill",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="the name of its rounds' folder, `results/vra/<experiment>`; not `mlflow`",
    )
    labels: str = Field("labels", description="the folder of what people said, a file a labeller")
    overlap: float = Field(
        0.1, ge=0, le=1, description="share of the alerts that every labeller is asked about"
    )
    rounds: Rounds | None = Field(
        None, description="rounds of learning; without there are features alone"
    )
    bench: Bench | None = Field(
        None, description="campaigns with an oracle: which strategy needs fewer labels"
    )
    promoted: int | None = Field(
        None, ge=0, description="the closed round whose model scores every night's pool"
    )
    context: Context | None = Field(
        None, description="class and host of each alert; without, sep_arcsec is null"
    )
    mlflow: Mlflow | None = Field(
        None, description="closed rounds become runs of MLflow; {} keeps them under the results"
    )
    dust_map: FilePath | None = Field(
        None, description="a folder with SFD's maps of E(B-V), SFD_dust_4096_ngp.fits and _sgp"
    )
    further: MoreFeatures | None = Field(None, description="features behind finkvra's 21")
    finkvra_compat: bool = Field(
        False, description="features of the r band are copies of those of g, as in finkvra"
    )

    @field_validator("experiment")
    @classmethod
    def _a_folder_of_its_own(cls, value: str) -> str:
        if Path(EXPERIMENT.format(experiment=value)) == Path(MLFLOW_DATABASE).parent:
            raise ValueError("MLflow's store has the folder of that name: take another")
        return value
