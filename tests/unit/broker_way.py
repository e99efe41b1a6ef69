"""What a broker makes of packets, one by one in Python: the oracle of the archive's documents.

Written from Kowalski's documents and its code's behaviour, for packets of tests/unit/packets.py.
"""

from pipeline.sky.coordinates import galactic, sexagesimal


def alert_document(packet, scores=None):
    """Return a packet's document in <SURVEY>_alerts."""
    candidate = packet["candidate"]
    ra, dec = candidate["ra"], candidate["dec"]
    l, b = galactic(ra, dec)  # noqa: E741 - galactic longitude
    return {
        "_id": packet["candid"],
        "objectId": packet["objectId"],
        "candid": packet["candid"],
        "candidate": dict(candidate),
        "coordinates": {
            "radec_geojson": {"type": "Point", "coordinates": [ra - 180.0, dec]},
            "radec_str": list(sexagesimal(ra, dec)),
            "l": float(l),
            "b": float(b),
        },
        "classifications": scores or {},
    }


def object_documents(packets, matches=None, catalogs=()):
    """Return the documents of <SURVEY>_alerts_aux after all these packets, by object."""
    found = {}
    for packet in packets:
        found.setdefault(packet["objectId"], []).append(packet)
    return {name: _object(name, alerts, matches or {}, catalogs) for name, alerts in found.items()}


def _object(name, packets, matches, catalogs):
    first = min(packets, key=lambda p: (p["candidate"]["jd"], p["candid"]))
    near = matches.get(first["candid"], {})
    earlier = {_order(_known(i)): _known(i) for p in packets for i in p["prv_candidates"] or ()}
    return {
        "_id": name,
        "cross_matches": {catalog: near.get(catalog, []) for catalog in catalogs},
        "cross_matches_of": {"jd": first["candidate"]["jd"], "candid": first["candid"]},
        "prv_candidates": [earlier[key] for key in sorted(earlier)],
        "fp_hists": _forced(packets),
    }


def _forced(packets):
    """Return per jd the item of the brightest alert; of several the first as MongoDB sorts."""
    best = {}
    for packet in packets:
        candidate = packet["candidate"]
        for item in packet["fp_hists"] or ():
            jd, *others = _known(item).items()
            made = dict([jd, ("alert_mag", candidate["magpsf"]), *others])
            made |= {"alert_ra": candidate["ra"], "alert_dec": candidate["dec"]}
            old = best.get(item["jd"])
            if old is None or _order(made) < _order(old):
                best[item["jd"]] = made
    return [best[jd] for jd in sorted(best)]


def _known(item):
    """Return an item without what it does not know; its time comes first."""
    assert next(iter(item)) == "jd"
    return {k: v for k, v in item.items() if v is not None}


def _order(item):
    """Return what sorts items as MongoDB does: field by field by type, name and value.

    Numbers come before strings, which come before booleans:
    https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/
    """
    kinds = {int: 1, float: 1, str: 2, bool: 3}
    return tuple((kinds[type(value)], name, value) for name, value in item.items())
