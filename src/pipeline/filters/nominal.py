"""The fields that ZTF's documents usually have, to show and check filters without packets."""

import pyarrow as pa

from pipeline.alerts.surveys.registry import get_survey

_DOCUMENT_TYPES = {pa.float32(): pa.float64()}
_FORCED = (
    *("jd", "fid", "programid", "field", "rcid", "forcediffimflux", "forcediffimfluxunc"),
    *("procstatus", "magzpsci", "diffmaglim", "scibckgnd", "ranr", "decnr", "magnr", "sigmagnr"),
    *("distnr", "chinr", "sharpnr", "adpctdif1", "adpctdif2", "exptime", "sciinpseeing", "rfid"),
    *("pid", "clrcoeff", "clrcounc", "scisigpix", "magzpscirms", "magzpsciunc", "nid", "clrrms"),
    "zpmed",
)
_WHOLE = ("fid", "programid", "field", "rcid", "rfid", "pid", "nid")


def ztf_schema() -> pa.Schema:
    """Return a schema like that of documents of packets of version 4.02.

    The forced photometry has the fields of the ZTF alert schema 4.02 (fp_hist).
    """
    own = [
        pa.field(path.removeprefix("candidate."), _document_type(column.name, column.type))
        for column in get_survey("ztf").columns
        for path in column.paths
        if path.startswith("candidate.")
    ]
    places = [pa.field(name, pa.float64(), nullable=False) for name in ("jd", "ra", "dec")]
    candidate = pa.struct([*places, pa.field("candid", pa.int64()), *own])
    missing = {b"nulls": b"missing"}
    items = pa.struct([f.with_metadata(missing).with_nullable(True) for f in candidate])
    forced = pa.struct([pa.field(n, _forced_type(n), metadata=missing) for n in _FORCED])
    always = [("_id", pa.int64()), ("candid", pa.int64()), ("objectId", pa.string())]
    return pa.schema(
        [
            *(pa.field(name, type_, nullable=False) for name, type_ in always),
            pa.field("candidate", candidate, nullable=False),
            _list("prv_candidates", items),
            _list("fp_hists", forced),
        ]
    )


def _document_type(name: str, type_: pa.DataType) -> pa.DataType:
    if name == "isdiffpos":  # text in the packet
        return pa.string()
    return _DOCUMENT_TYPES.get(type_, type_)


def _forced_type(name: str) -> pa.DataType:
    if name == "procstatus":
        return pa.string()
    return pa.int64() if name in _WHOLE else pa.float64()


def _list(name: str, items: pa.DataType) -> pa.Field:
    return pa.field(name, pa.list_(pa.field("item", items, nullable=False)), nullable=False)
