"""What the rules of packets ask of a job's wildcards."""

from pipeline.alerts import domain as alerts
from pipeline.alerts import need as packets
from pipeline.alerts.surveys.registry import survey_files

NIGHT_OF = {(night.survey, night.night): night for night in alerts.nights(REQUEST)}


def night_of(wildcards):
    """Return the line of alerts.tsv that a job belongs to."""
    return NIGHT_OF[wildcards.survey, wildcards.night]


def history_of(night):
    """Return what of a night's earlier measurements is kept."""
    return alerts.history_of(REQUEST, night.survey)


def dump_state(wildcards):
    """Return what tells that a night's dump was replaced."""
    return input_state(night_of(wildcards).dump)


def survey_code(domain, rule, module="jobs"):
    """Return a function of the wildcards: the code of a rule and of the job's survey."""
    return by_survey(
        lambda survey: job_code(domain, rule, survey_files(survey), module)
    )


def sized_by_night(need):
    """Return a rule's resources.

    `need` is a function of a night, its number of packets and their kind.
    """

    @cache
    def once(survey, night):
        line = NIGHT_OF[survey, night]
        kind = alerts.kind_of(line)
        return need(line, packets.packets_in(line.dump, kind), kind)

    return sized(lambda wildcards: once(wildcards.survey, wildcards.night))
