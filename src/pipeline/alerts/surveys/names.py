"""Check that a configuration names surveys that there are."""

from collections.abc import Iterable

from pipeline.alerts.domain import Night
from pipeline.alerts.surveys.registry import names
from pipeline.plan.domains import Config
from pipeline.plan.load import ConfigError


def check_surveys(config: Config, nights: Iterable[Night]) -> None:
    """Raise if a night, a model or a catalogue names an unknown survey.

    Raises
    ------
    ConfigError
        Naming the place and the surveys that there are.
    """
    known = names()
    places = [(config.alerts, [night.survey]) for night in nights]
    places += [(f"models.{name}.surveys", model.surveys) for name, model in config.models.items()]
    for name, catalog in config.catalogs.items():
        places.append((f"catalogs.{name}.surveys", catalog.surveys))
        places.append((f"catalogs.{name}.alerts", [catalog.alerts] if catalog.alerts else []))
    for place, surveys in places:
        for survey in surveys:
            if survey not in known:
                raise ConfigError(
                    f"{place}: unknown survey {survey!r}; there are {', '.join(known)}"
                )
