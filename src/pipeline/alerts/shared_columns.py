"""The columns that the tables of all surveys share, without what fills them."""

import pyarrow as pa

from pipeline.io.tables import SURVEY, field

CORE = (
    SURVEY,
    field("candid", pa.int64(), description="the packet, unique within its survey"),
    field("object_id", pa.string(), description="null where the packet has no object"),
    field("jd", pa.float64(), "d", "Julian date, UTC"),
    field("ra", pa.float64(), "deg", "ICRS, in [0, 360)"),
    field("dec", pa.float64(), "deg", "ICRS"),
    field("l", pa.float64(), "deg", "galactic longitude in (-180, 180]"),
    field("b", pa.float64(), "deg", "galactic latitude"),
    field("ecl_lambda", pa.float64(), "deg", "mean ecliptic of J2000, in [0, 360)"),
    field("ecl_beta", pa.float64(), "deg", "mean ecliptic of J2000"),
)

HISTORY_SCHEMA = pa.schema(
    [
        field("candid", pa.int64(), description="the alert that carries the measurement"),
        field("object_id", pa.string()),
        field("kind", pa.dictionary(pa.int32(), pa.string()), description="prv or forced"),
        field("prv_candid", pa.int64(), description="the measurement's own alert, if it had one"),
        field("jd", pa.float64(), "d", "Julian date, UTC"),
        field("fid", pa.int32()),
        field("filter", pa.dictionary(pa.int32(), pa.string()), description="sncosmo's name"),
        field("mag", pa.float32(), "mag", "null: not detected"),
        field("magerr", pa.float32(), "mag"),
        field("diffmaglim", pa.float32(), "mag", "5 sigma"),
        field("isdiffpos", pa.bool_(), description="brighter than the template"),
        field("flux", pa.float64(), description="difference flux in the units of zp"),
        field("fluxerr", pa.float64(), description="in the units of zp"),
        field("zp", pa.float64(), "mag", "AB magnitude of flux 1"),
        field("magzpsci", pa.float32(), "mag", "zero point of the image's DN"),
        field("snr", pa.float32()),
        field("limmag3sig", pa.float32(), "mag"),
        field("limmag5sig", pa.float32(), "mag"),
        field("procstatus", pa.string(), description="ZTF forced photometry: '0' is good"),
        field("programid", pa.int32()),
        field("field", pa.int32()),
        field("rcid", pa.int32()),
        field("ra", pa.float64(), "deg"),
        field("dec", pa.float64(), "deg"),
        field("rb", pa.float32()),
        field("drb", pa.float32()),
        field("scorr", pa.float64()),
        field("fwhm", pa.float32(), "pix"),
        field("distnr", pa.float32(), "pix"),
        field("magnr", pa.float32(), "mag"),
        field("sigmagnr", pa.float32(), "mag"),
    ]
)
HISTORY_DERIVED = {"candid", "object_id", "kind", "filter", "snr", "limmag3sig", "limmag5sig"}
"""Those of it that are filled from others, never read from a packet."""
