"""Section ``catalogs``: what alerts are matched against."""

from typing import Literal, Self

from pydantic import Field, model_validator

from pipeline.config.base import Section


class Distance(Section):
    """Match a galaxy within a projected distance rather than a fixed angle."""

    column: str = Field(description="column with the galaxy's redshift or distance")
    unit: Literal["redshift", "Mpc"] = Field(description="what that column holds")
    kpc: float = Field(30.0, gt=0, description="projected distance [kpc]")
    low_arcsec: float = Field(
        300.0, gt=0, description="radius for galaxies too near for the above [arcsec]"
    )


class Catalog(Section):
    """One catalogue: a file (FITS, CSV, parquet, VOTable), or a survey's alerts."""

    path: str | None = Field(None, description="the catalogue file")
    alerts: str | None = Field(
        None, description="instead of a file: match against this survey's alerts in alerts.tsv"
    )
    id: str | None = Field(
        None, description="column that names a row in match_id; its row number if absent"
    )
    ra: str = Field("ra", description="column of the right ascension, ICRS [deg]")
    dec: str = Field("dec", description="column of the declination, ICRS [deg]")
    columns: list[str] = Field([], description="columns copied into the matches table")
    radius_arcsec: float | dict[str, float] = Field(
        2.0, description="cone radius [arcsec], or one for each survey"
    )
    distance: Distance | None = Field(None, description="galaxies: match by projected distance")
    surveys: list[str] = Field(["ztf"], description="surveys matched against it")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.alerts is None):
            raise ValueError("give either path (a file) or alerts (a survey)")
        return self

    @model_validator(mode="after")
    def _radii(self) -> Self:
        by_survey = isinstance(self.radius_arcsec, dict)
        radii = self.radius_arcsec.values() if by_survey else [self.radius_arcsec]
        if not all(0 < r <= 3600 for r in radii):
            raise ValueError("radius_arcsec must lie in (0, 3600]")
        if by_survey and (missing := set(self.surveys) - set(self.radius_arcsec)):
            raise ValueError(f"radius_arcsec has no value for {', '.join(sorted(missing))}")
        return self

    def radius(self, survey: str) -> float:
        """Return the cone radius for one survey [arcsec]."""
        if isinstance(self.radius_arcsec, dict):
            return self.radius_arcsec[survey]
        return self.radius_arcsec
