"""ZTF: Zwicky Transient Facility, packets of schema 3.x and 4.x, and Fink's parquet of them."""

from pathlib import Path

from pipeline.alerts.surveys.survey import ZTF_FIELDS, History, Survey

SURVEY = Survey(
    name="ztf",
    columns_csv=Path(__file__).with_suffix(".csv"),
    candid="candid|candidate.candid",  # ALeRCE's packets have it in the measurement alone
    object_id=("objectId",),
    time="candidate.jd",
    ra="candidate.ra",
    dec="candidate.dec",
    needed=("candidate.fid", "candidate.magpsf"),
    cutouts=(
        "cutoutScience.stampData",
        "cutoutTemplate.stampData",
        "cutoutDifference.stampData",
    ),
    histories=(
        History("prv", "prv_candidates"),
        History(
            "forced",
            "fp_hists",
            {**ZTF_FIELDS, "flux": "forcediffimflux", "fluxerr": "forcediffimfluxunc"},
        ),
    ),
    filters={1: "ztfg", 2: "ztfr", 3: "ztfi"},
)
