"""WNTR: WINTER, the Wide-field Infrared Transient Explorer."""

from pathlib import Path

from pipeline.alerts.surveys.survey import ZTF_FIELDS, History, Survey

SURVEY = Survey(
    name="wntr",
    columns_csv=Path(__file__).with_suffix(".csv"),
    candid="candid",
    object_id=("objectid",),
    time="candidate.jd",
    ra="candidate.ra",
    dec="candidate.dec",
    needed=("candidate.fid", "candidate.magpsf"),
    cutouts=("cutout_science", "cutout_template", "cutout_difference"),
    histories=(History("prv", "prv_candidates", {**ZTF_FIELDS, "field": "fieldid"}),),
    filters={1: "ps1::y", 2: "2massj", 3: "2massh"},  # 4 is the dark filter: no photometry
)
