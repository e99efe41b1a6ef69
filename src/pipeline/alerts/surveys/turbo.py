"""TURBO: Total-Coverage Ultra-Fast Response to Binary Mergers Observatory."""

from pathlib import Path

from pipeline.alerts.surveys.survey import History, Survey

SURVEY = Survey(
    name="turbo",
    columns_csv=Path(__file__).with_suffix(".csv"),
    candid="candid",
    object_id=("objectId",),
    time="candidate.jd",
    ra="candidate.ra",
    dec="candidate.dec",
    needed=("candidate.fid", "candidate.magpsf"),
    cutouts=("cutoutScience", "cutoutTemplate", "cutoutDifference"),
    histories=(History("prv", "prv_candidates"),),
    filters={},  # its packets are of tests so far: no calibrated band
)
