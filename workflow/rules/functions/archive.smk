"""What the rules of the archive ask of a job's wildcards."""

from pipeline.archive import domain as archive
from pipeline.archive import need as archive_needs
from pipeline.archive import places
from pipeline.archive.matchfiles import section as matchfiles
from pipeline.archive.mongo import section as mongo
from pipeline.archive.stores import section as archive_stores
from pipeline.contract.section import of_survey

MONTHS = archive.months(REQUEST)
MATCHFILES = matchfiles.files(REQUEST)


def nights_of_month(wildcards):
    """Return the lines of alerts.tsv that a merged index is of."""
    return MONTHS.get((wildcards.survey, wildcards.month), [])


def merge_need(wildcards):
    """Return what merging the indexes of a month needs."""
    counts = (
        packets.packets_in(night.dump, alerts.kind_of(night))
        for night in nights_of_month(wildcards)
    )
    return archive_needs.merge_need(sum(counts))


def joined_tables(wildcards):
    """Return the shard's tables whose rows go into its documents, by name."""
    names = mongo.joined(REQUEST, wildcards.survey)
    return {name: paths.table(name).format(**wildcards) for name in names}


def joined_scores(wildcards):
    """Return the shard's table of scores, if there is one, by its name."""
    found = joined_tables(wildcards)
    return {name: path for name, path in found.items() if name == "scores"}
