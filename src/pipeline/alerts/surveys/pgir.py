"""PGIR: Palomar Gattini-IR, J band only."""

from pathlib import Path

from pipeline.alerts.surveys.survey import History, Survey

SURVEY = Survey(
    name="pgir",
    columns_csv=Path(__file__).with_suffix(".csv"),
    candid="candid",
    object_id=("objectId",),
    time="candidate.jd",
    ra="candidate.ra",
    dec="candidate.dec",
    needed=("candidate.magpsf",),
    cutouts=("cutoutScience", "cutoutTemplate", "cutoutDifference"),
    histories=(History("prv", "prv_candidates"),),
    filters={None: "cspjs"},
)
