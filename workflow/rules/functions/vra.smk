"""What the rules of the assistant's rounds ask: which round is open, and by what it goes."""

from pipeline.alerts.domain import shards_of
from pipeline.vra import domain as vra
from pipeline.vra import need as vra_needs
from pipeline.vra import nights as vra_nights
from pipeline.vra import places
from pipeline.vra import targets as vra_targets
from pipeline.vra.rounds import settings as vra_settings
from pipeline.vra.rounds.began import status_of

ASSISTANT = CONFIG.vra
try:
    STATUS = status_of(Path(), ASSISTANT.experiment)
except (ValueError, OSError) as error:
    stop(str(error))
# What is there has no rule: nothing makes it anew, and no label changes what is closed.
# A job elsewhere has been told which round it is.
NONE = "(?!)"
ANY = r"\d{3,6}"
CLOSABLE = ANY if not workflow.is_main_process else NONE
BEGINNABLE = ANY if not workflow.is_main_process else NONE
if workflow.is_main_process and ASSISTANT.rounds is not None:
    if STATUS.can_begin:
        BEGINNABLE = places.round_name(STATUS.round)
    elif STATUS.can_close:
        CLOSABLE = places.round_name(STATUS.round)
        BEGINNABLE = places.round_name(STATUS.round + 1)
    logger.info(f"assistant {ASSISTANT.experiment}: {STATUS.line()}")
    if not STATUS.can_begin and STATUS.began.labels != ASSISTANT.labels:
        logger.warning(
            f"round {STATUS.round} goes on with the labels in {STATUS.began.labels}, with which "
            f"it began; vra.labels, {ASSISTANT.labels}, counts from the next one on"
        )
MIRRORED = vra_targets.closed_or_closing(ASSISTANT, STATUS) if ASSISTANT.mlflow else {}


def of_experiment(pattern):
    """Return a pattern of the experiment's files; what else is in it stays a wildcard."""
    return pattern.replace("{experiment}", ASSISTANT.experiment)


def closed_before(wildcards):
    """Return the folder of the round before; nothing before the first."""
    number = int(wildcards.round)
    return (
        [vra_targets.of_round(ASSISTANT.experiment, places.CLOSED, number - 1)]
        if number
        else []
    )


def campaign_of(wildcards):
    """Return how a campaign of the bench goes."""
    size, seed = int(wildcards.size), int(wildcards.seed)
    return vra_settings.campaign(ASSISTANT, wildcards.strategy, size, seed)


def promoted_round(wildcards):
    """Return the folder of the round whose model scores every night."""
    return vra_targets.of_round(ASSISTANT.experiment, places.CLOSED, ASSISTANT.promoted)


def scored_tables(wildcards):
    """Return a night's features and scores."""
    return {
        name: shards_of(REQUEST, paths.table(name), wildcards.survey, wildcards.night)
        for name in ("features", "assistant_scores")
    }
