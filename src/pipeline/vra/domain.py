"""Section ``vra``: the assistant that learns from a person which alerts are worth a look."""

from collections.abc import Iterator

from pydantic import Field

from pipeline.alerts.domain import Night, kind_of, night_name, nights, packets_of
from pipeline.alerts.surveys.registry import unknown
from pipeline.contract.domain import Domain, Key, Table
from pipeline.contract.request import Request
from pipeline.contract.section import Section
from pipeline.contract.work import Expected, Work, named
from pipeline.vra.need import features_need


class Assistant(Section):
    """Whose alerts the assistant learns from, and how."""

    survey: str = Field("ztf", description="whose alerts")
    filter: str = Field(
        "fink_vra", description="its pool: alerts that passed this filter of `filters`"
    )
    experiment: str = Field(
        "nightmill",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="the name of its rounds' folder, `results/vra/<experiment>`",
    )
    labels: str = Field("labels", description="the folder of what people said, a file a labeller")
    overlap: float = Field(
        0.1, ge=0, le=1, description="share of the alerts that every labeller is asked about"
    )
    finkvra_compat: bool = Field(
        False, description="features of the r band are copies of those of g, as in finkvra"
    )


def nights_of_pool(request: Request) -> list[Night]:
    """Return the nights whose alerts are in the pool."""
    section = request.config.vra
    return [] if section is None else [n for n in nights(request) if n.survey == section.survey]


def _made(request: Request, survey: str) -> bool:
    return request.config.vra is not None and request.config.vra.survey == survey


def _work(request: Request, expected: Expected) -> Iterator[Work]:
    for night in nights_of_pool(request):
        of = night_name(night)
        job = features_need(packets_of(night, expected), night.shards, kind_of(night, expected))
        after = (named("decode", of), named("filter", of))
        yield Work("features", of, night.shards, job, after=after)


def _known(request: Request) -> Iterator[str]:
    section = request.config.vra
    if section is None:
        return
    yield from unknown("vra.survey", [section.survey])
    if request.config.filters is None:
        yield f"vra.filter: {section.filter}: the configuration has no filters"


VRA = Domain(
    name="vra",
    keys=(
        Key(
            "vra",
            Assistant | None,
            "the assistant: features, labels, rounds of learning; if absent there is none",
            section=Assistant,
        ),
    ),
    active=lambda request: bool(nights_of_pool(request)),
    tables=(
        Table(
            "features",
            "alert of the assistant's pool",
            ("survey", "candid"),
            "pipeline.vra.features_table:FEATURES_SCHEMA",
            made="the assistant is on (`vra`)",
            made_for=_made,
        ),
    ),
    work=_work,
    checks=(_known,),
)
