"""Section ``catalogs``: what alerts are matched against."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from pipeline.contract.section import FilePath, Section

CATALOG_SUFFIXES = (".parquet", ".pq", ".csv", ".tsv", ".fits", ".fit", ".vot", ".votable", ".xml")
"""What a catalogue that is a file ends in; .gz may follow."""


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

    path: FilePath | None = Field(None, description="the catalogue file")
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

    def for_survey(self, survey: str) -> "Catalog":
        """Return what matters for one survey: other surveys and their radii left out."""
        values = {"surveys": [survey], "radius_arcsec": self.radius(survey)}
        if self.distance:
            low = {"low_arcsec": self.low_radius(survey)}
            values["distance"] = self.distance.model_copy(update=low)
        return self.model_copy(update=values)


def _of(value: float | dict[str, float], survey: str) -> float:
    return value[survey] if isinstance(value, dict) else value
