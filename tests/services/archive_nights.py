"""What a MongoDB holds of nights."""

from mongod import DATABASE
from nights import ZTF

from pipeline.archive.mongo.ingest import Target, ingest_shard
from pipeline.services.mongodb import Server

INDEXES = (
    (("coordinates.radec_geojson", "2dsphere"), ("_id", 1)),
    (("objectId", 1),),
    (("candidate.jd", 1),),
)
COLLECTIONS = ("ZTF_alerts", "ZTF_alerts_aux")


def target(server, **options):
    return Target(Server(server.uri, DATABASE), INDEXES, **options)


def ingest(server, index, receipt, part=(0, 1), tables=None, catalogs=(), **options):
    return ingest_shard(
        index, ZTF, part, tables or {}, catalogs, target(server, **options), receipt
    )


def contents(server):
    """Return all documents of both collections by _id, and the indexes' names."""
    with server.client() as client:
        database = client[DATABASE]
        found = {name: {d["_id"]: d for d in database[name].find()} for name in COLLECTIONS}
        indexes = {name: sorted(database[name].index_information()) for name in COLLECTIONS}
        return found, indexes
