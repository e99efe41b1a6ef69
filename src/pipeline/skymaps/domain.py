"""Section ``skymaps``: how events are scanned, unless ``events.tsv`` says otherwise."""

from typing import Literal

from pydantic import Field, field_validator

from pipeline.contract.section import Section
from pipeline.sky.nsides import parse_nsides


class Calibration(Section):
    """Simulated tracks that tell how far below the best fit the truth lies."""

    tracks: int = Field(200, ge=20, description="how many tracks are simulated and scanned")
    ice: Literal["layered", "uniform"] = Field("layered", description="what they are seen through")
    seed: int = Field(1, ge=0, description="of the random numbers")
    jobs: int = Field(4, ge=1, le=1000, description="jobs that share the scans")


class Skymaps(Section):
    """Defaults of all events."""

    reco: str = Field("pandel_spe1st", description="reconstruction of a pixel")
    nsides: str = Field("8:0 64:12 512:24", description="progression, nside:extension, ascending")
    refine: Literal["contour", "minimum"] = Field(
        "contour",
        description="refine all islands inside the outermost contour, or only around the best fit",
    )
    chunks: int = Field(1, ge=1, le=1000, description="jobs each round of a scan fans out into")
    geometry: str | None = Field(
        None, description="CSV or parquet of the detector's DOMs, for realtime events"
    )
    pointed: bool = Field(
        False, description="scan only within 3.5 degrees of the seed, at the first nside alone"
    )
    pixel_timeout_s: float = Field(
        1800.0, gt=0, description="a pixel that takes longer is recorded as failed [s]"
    )

    calibration: Calibration | None = Field(
        None, description="calibrate the contours; if absent they are Wilks'"
    )

    @field_validator("nsides")
    @classmethod
    def _progression(cls, value: str) -> str:
        parse_nsides(value)
        return value
