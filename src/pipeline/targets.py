"""Which files a configuration asks for: pure functions that the Snakefile calls."""

from collections.abc import Iterable

from pipeline import paths
from pipeline.config.catalogs import Catalog
from pipeline.config.models import Model
from pipeline.config.nights import Night
from pipeline.config.root import Config


def models_of(config: Config, survey: str) -> dict[str, Model]:
    """Return the models that score a survey's alerts."""
    return {name: m for name, m in config.models.items() if survey in m.surveys}


def catalogs_of(config: Config, survey: str) -> dict[str, Catalog]:
    """Return the catalogues that a survey's alerts are matched against."""
    return {name: c for name, c in config.catalogs.items() if survey in c.surveys}


def tables_of(config: Config, survey: str) -> list[str]:
    """Return the tables that are made of a survey's nights.

    >>> tables_of(Config(), "ztf")
    ['alerts']
    """
    tables = ["alerts"]  # history and rejected come with it
    tables += ["scores"] if models_of(config, survey) else []
    return tables + (["matches"] if catalogs_of(config, survey) else [])


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
    """Return all files of one night."""
    summary = paths.SUMMARY.format(survey=night.survey, night=night.night)
    return [summary, *(f for t in tables_of(config, night.survey) for f in tables([night], t))]


def counts(night: Night) -> list[str]:
    """Return the counts of a night's shards."""
    return [
        paths.COUNTS.format(survey=night.survey, night=night.night, shard=shard)
        for shard in shards(night)
    ]


def dump(night: Night) -> str:
    """Return the local path of a night's dump."""
    return paths.download(night.survey, night.night, night.path) if night.is_url else night.path
