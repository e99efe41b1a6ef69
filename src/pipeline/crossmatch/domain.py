"""Section ``catalogs``: what alerts are matched against, and what comes of it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from pipeline.alerts.domain import night_name, nights, packets_of, shards_of
from pipeline.contract import paths
from pipeline.contract.address import InputPath, written
from pipeline.contract.domain import Domain, Key, Table
from pipeline.contract.need import Need, size_mb, total_mb
from pipeline.contract.page import Page
from pipeline.contract.request import Request
from pipeline.contract.section import Section, of_survey
from pipeline.contract.trial import Trials
from pipeline.contract.work import UNKNOWN, Expected, Work, named
from pipeline.crossmatch.checks import CHECKS
from pipeline.crossmatch.entry import Cone, Projected, Source
from pipeline.crossmatch.need import form_of, match_need, sort_alerts_need, sort_need

CATALOG = f"{paths.RESULTS}/catalogs/{{catalog}}"


class Distance(Section):
    """Match a galaxy within a projected distance rather than a fixed angle."""

    column: str = Field(description="column with the galaxy's redshift or distance")
    unit: Literal["redshift", "Mpc"] = Field(description="what that column holds")
    kpc: float = Field(30.0, gt=0, description="projected distance [kpc]")
    low_arcsec: float | dict[str, float] = Field(
        300.0,
        description="radius for galaxies too near for that [arcsec], or one for each survey",
    )


class Catalog(Section):
    """One catalogue: a file (FITS, CSV, parquet, VOTable), or a survey's alerts."""

    path: InputPath | None = Field(None, description="the catalogue file, or its http(s) address")
    alerts: str | None = Field(
        None, description="instead of a file: match against this survey's alerts in alerts.tsv"
    )
    id: str | None = Field(
        None,
        description="column that names a row in match_id; if absent its row number, from 0, "
        "or the candid of alerts",
    )
    ra: str = Field(
        "ra", description="column of the right ascension, ICRS: degrees, or h:m:s as text"
    )
    dec: str = Field(
        "dec", description="column of the declination, ICRS: degrees, or d:m:s as text"
    )
    columns: list[str] = Field([], description="columns copied into the matches table")
    radius_arcsec: float | dict[str, float] | None = Field(
        None,
        description="cone radius [arcsec], or one for each survey; if absent 2, with distance 300",
    )
    distance: Distance | None = Field(None, description="galaxies: match by projected distance")
    surveys: list[str] = Field(["ztf"], min_length=1, description="surveys matched against it")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.alerts is None):
            raise ValueError("give either path (a file) or alerts (a survey)")
        return self

    @field_validator("columns")
    @classmethod
    def _once(cls, value: list[str]) -> list[str]:
        if len(set(value)) < len(value):
            raise ValueError("names a column twice")
        return value

    @model_validator(mode="after")
    def _radii(self) -> Self:
        radii = {"radius_arcsec": self._cone}
        if self.distance:
            radii["distance.low_arcsec"] = self.distance.low_arcsec
        for key, value in radii.items():
            by_survey = value if isinstance(value, dict) else dict.fromkeys(self.surveys, value)
            if not all(0 < r <= 3600 for r in by_survey.values()):
                raise ValueError(f"{key} must lie in (0, 3600]")
            if missing := set(self.surveys) - set(by_survey):
                raise ValueError(f"{key} has no value for {', '.join(sorted(missing))}")
            if unknown := set(by_survey) - set(self.surveys):
                raise ValueError(f"{key} names {', '.join(sorted(unknown))}, not among its surveys")
        for survey in self.surveys if self.distance else ():
            cone, low = self.radius(survey), self.low_radius(survey)
            if cone < low:  # the cone is all that is looked at
                raise ValueError(
                    f"radius_arcsec is {cone:g} for {survey}, less than distance.low_arcsec, "
                    f"{low:g}: set it to {low:g} or more"
                )
        return self

    @property
    def _cone(self) -> float | dict[str, float]:
        if self.radius_arcsec is not None:
            return self.radius_arcsec
        return 300.0 if self.distance else 2.0

    def radius(self, survey: str) -> float:
        """Return the cone radius for one survey [arcsec]."""
        return _of(self._cone, survey)

    def low_radius(self, survey: str) -> float:
        """Return the radius around near galaxies for one survey [arcsec]."""
        if self.distance is None:
            raise ValueError("it is not matched by distance")
        return _of(self.distance.low_arcsec, survey)

    def cone(self, survey: str) -> Cone:
        """Return how one survey's alerts are matched with it."""
        if self.distance is None:
            return Cone(self.radius(survey))
        galaxies = Projected(self.distance.unit, self.distance.kpc, self.low_radius(survey))
        return Cone(self.radius(survey), galaxies)

    @property
    def source(self) -> Source:
        """Return how its file is read."""
        column = self.distance.column if self.distance else None
        columns = tuple(self.columns)
        return Source(self.path, self.alerts, self.id, self.ra, self.dec, columns, column)


def cones(catalogs: Mapping[str, Catalog], survey: str) -> dict[str, Cone]:
    """Return how one survey's alerts are matched with its catalogues."""
    return {name: entry.cone(survey) for name, entry in of_survey(catalogs, survey).items()}


def _of(value: float | dict[str, float], survey: str) -> float:
    return value[survey] if isinstance(value, dict) else value


def stores(request: Request, survey: str) -> list[str]:
    """Return the sorted catalogues that a survey's alerts are matched against."""
    return [CATALOG.format(catalog=name) for name in of_survey(request.config.catalogs, survey)]


def sources(request: Request, catalog: str) -> list[str]:
    """Return a catalogue's file, or the alerts that stand for one."""
    entry = request.config.catalogs[catalog]
    if entry.path is not None:
        return [entry.path]
    theirs = [night for night in nights(request) if night.survey == entry.alerts]
    return paths.of_shards(paths.table("alerts"), theirs)


def need_to_sort(request: Request, catalog: str, expected: Expected = UNKNOWN) -> Need:
    """Return what sorting a catalogue needs."""
    entry = request.config.catalogs[catalog]
    if entry.path is not None:
        return sort_need(total_mb([entry.path]), form_of(entry.path))
    theirs = [night for night in nights(request) if night.survey == entry.alerts]
    return sort_alerts_need(sum(packets_of(night, expected) for night in theirs))


def _work(request: Request, expected: Expected) -> Iterator[Work]:
    used: dict[str, None] = {}
    for night in nights(request):
        catalogs = of_survey(request.config.catalogs, night.survey)
        if catalogs:
            used |= dict.fromkeys(catalogs)
            of, number = night_name(night), packets_of(night, expected)
            job = match_need(number, night.shards, len(catalogs))
            after = (named("decode", of), *(named("sort_catalog", name) for name in catalogs))
            yield Work("match", of, night.shards, job, after=after)
    for name in used:
        source = request.config.catalogs[name].alerts
        theirs = [night for night in nights(request) if night.survey == source]
        after = tuple(named("decode", night_name(night)) for night in theirs)
        job = need_to_sort(request, name, expected)
        yield Work("sort_catalog", name, 1, job, after=after, once=source is None)


def _notes(request: Request, expected: Expected, cores: int) -> Iterator[str]:
    for name, entry in request.config.catalogs.items():
        if entry.path is not None and size_mb(entry.path) is None:
            path = written(entry.path)
            yield f"catalogs.{name}: {path} is not here yet: counted as if it were empty"


def _columns(request: Request, survey: str) -> Iterator[tuple[str, str]]:
    for name, catalog in of_survey(request.config.catalogs, survey).items():
        for column in catalog.columns:
            yield f"catalogs.{name}", f"{name}_{column}"


def _found(directory: Path) -> Iterator[str]:
    from pipeline.crossmatch.found_lines import match_lines  # noqa: PLC0415 - for the cli alone

    return match_lines(directory)


def _trials(request: Request) -> Trials:
    from pipeline.crossmatch.trials import trials  # noqa: PLC0415 - for the cli alone

    return trials(request)


def _page_tables(request: Request, survey: str, night: str) -> dict[str, list[str]]:
    if not of_survey(request.config.catalogs, survey):
        return {"matches": [], "stores": []}
    return {
        "matches": shards_of(request, paths.table("matches"), survey, night),
        "stores": stores(request, survey),
    }


def _page_settings(request: Request, survey: str) -> dict[str, list[str]]:
    return {"catalogs": list(of_survey(request.config.catalogs, survey))}


CROSSMATCH = Domain(
    trials=_trials,
    name="crossmatch",
    keys=(
        Key(
            "catalogs",
            dict[str, Catalog],
            "catalogues to match alerts against",
            default={},
            section=Catalog,
            example={
                "vsx": {
                    "path": "vsx.parquet",
                    "ra": "RAJ2000",
                    "dec": "DEJ2000",
                    "columns": ["VType"],
                    "distance": {"column": "z", "unit": "redshift"},
                }
            },
        ),
    ),
    active=lambda request: bool(request.config.catalogs),
    tables=(
        Table(
            "matches",
            "alert and catalogue row near it",
            ("survey", "candid", "catalog", "rank"),
            "pipeline.crossmatch.match:matches_schema",
            made="a catalogue lists the survey",
            made_for=lambda request, survey: bool(of_survey(request.config.catalogs, survey)),
            fixed=(
                *("survey", "candid", "catalog", "match_id"),
                *("distance_arcsec", "distance_kpc", "rank"),
            ),
            added=_columns,
        ),
    ),
    work=_work,
    notes=_notes,
    checks=CHECKS,
    found=_found,
    page=Page(
        title="Catalogues",
        order=30,
        section="pipeline.crossmatch.page:section",
        facts="pipeline.crossmatch.page:facts",
        about="pipeline.crossmatch.page:about",
        tables=_page_tables,
        settings=_page_settings,
    ),
)
