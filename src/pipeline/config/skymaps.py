"""Section ``skymaps``: how events are scanned, unless ``events.tsv`` says otherwise."""

from pydantic import Field

from pipeline.config.base import Section


class Skymaps(Section):
    """Defaults of all events."""

    reco: str = Field("pandel_spe1st", description="reconstruction of a pixel")
    nsides: str = Field(
        "8:0 64:12 512:24", description="progression, nside:extension, ascending"
    )
    chunks: int = Field(1, ge=1, le=1000, description="jobs each round of a scan fans out into")
