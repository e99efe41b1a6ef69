"""What `nightmill check` looks at in filters: what SkyPortal has to know of each."""

from pipeline.alerts.domain import nights
from pipeline.contract.request import Request
from pipeline.contract.trial import Trial, Trials
from pipeline.filters.configured import active, skyportal


def trials(request: Request) -> Trials:
    """Yield a line for each filter whose candidates SkyPortal could not give to anybody."""
    told = skyportal(request)
    if told is None:
        return
    for survey in sorted({night.survey for night in nights(request)}):
        for one in active(request, survey):
            names = ("filter_id", "group_id")
            absent = [name for name in names if getattr(one.sending, name) is None]
            if not absent:
                continue
            said = f"has no {' and no '.join(absent)}: SkyPortal goes by numbers, not names"
            if told.url is None:  # files alone: nobody is told yet
                yield Trial(f"{one.where}: {said}")
            else:
                yield Trial(one.where, said)
