"""Which files a configuration asks for: pure functions that the Snakefile calls."""

from collections.abc import Iterable

from pipeline.alerts.domain import Night
from pipeline.contract import paths
from pipeline.contract.section import of_survey
from pipeline.plan.domains import Config


def tables_of(config: Config, survey: str) -> list[str]:
    """Return the tables that are made of a survey's nights beside those that decoding makes.

    >>> tables_of(Config(), "ztf")
    []
    """
    tables = ["scores"] if of_survey(config.models, survey) else []
    return tables + (["matches"] if of_survey(config.catalogs, survey) else [])


def shards(night: Night) -> list[str]:
    """Return the names of a night's shards."""
    return [paths.shard_name(k) for k in range(night.shards)]


def tables(nights: Iterable[Night], name: str) -> list[str]:
    """Return a table's files for some nights."""
    return [
        paths.table(name).format(survey=n.survey, night=n.night, shard=shard)
        for n in nights
        for shard in shards(n)
    ]


def night_targets(config: Config, night: Night) -> list[str]:
    """Return what must be asked for to get all of one night: its summary needs all alerts."""
    summary = paths.SUMMARY.format(survey=night.survey, night=night.night)
    return [summary, *(f for t in tables_of(config, night.survey) for f in tables([night], t))]


def counts(night: Night) -> list[str]:
    """Return the counts of a night's shards."""
    return [
        paths.COUNTS.format(survey=night.survey, night=night.night, shard=shard)
        for shard in shards(night)
    ]


def networks(config: Config, survey: str) -> list[str]:
    """Return the files of a survey's models that the configured engine reads."""
    models = of_survey(config.models, survey)
    if config.engine == "tensorflow":
        return [model.path for model in models.values()]
    return [paths.MODEL.format(model=name) for name in models]


def stores(config: Config, survey: str) -> list[str]:
    """Return the sorted catalogues that a survey's alerts are matched against."""
    return [paths.CATALOG.format(catalog=name) for name in of_survey(config.catalogs, survey)]


def catalog_sources(config: Config, nights: Iterable[Night], catalog: str) -> list[str]:
    """Return a catalogue's file, or the alerts that stand for one."""
    entry = config.catalogs[catalog]
    if entry.path is not None:
        return [entry.path]
    return tables([night for night in nights if night.survey == entry.alerts], "alerts")


def dump(night: Night) -> str:
    """Return the local path of a night's dump."""
    return paths.download(night.survey, night.night, night.path) if night.is_url else night.path
