"""The table ``context``: what is known of the place of each alert of the pool."""

import pyarrow as pa

from pipeline.io.tables import field, survey_schema

CONTEXT_SCHEMA = survey_schema(
    pa.schema(
        [
            field("candid", pa.int64(), description="the alert, as in the table alerts"),
            field(
                "classification",
                pa.dictionary(pa.int32(), pa.string()),
                description="of Sherlock: CV, AGN, VS, NT, BS, SN, ORPHAN, UNCLEAR",
            ),
            field(
                "catalogue_table_name",
                pa.dictionary(pa.int32(), pa.string()),
                description="the catalogue of the source that it is associated with",
            ),
            field("catalogue_object_id", pa.string(), description="its name there"),
            field("separationArcsec", pa.float64(), "arcsec", "from the alert to that source"),
            field("physical_separation_kpc", pa.float64(), "kpc", "the same, projected"),
            field(
                "reason",
                pa.dictionary(pa.int32(), pa.string()),
                description="why there is no separation; null if there is one",
            ),
        ]
    )
)
"""Names as in Sherlock's own answers (https://doi.org/10.5281/zenodo.8038057)."""
