"""The events and how they are scanned, checked before any job: for the rules of skymaps."""

from pipeline.plan import event_targets
from pipeline.plan.load import load_events
from pipeline.skymaps.recos import registry

try:
    EVENTS = {row.event: row for row in load_events(CONFIG.events)}
    RECO_CODE = {
        reco: registry.code(reco)
        for row in EVENTS.values()
        for reco in [event_targets.scan_settings(CONFIG, row)["reco"]]
    }
except ValueError as error:  # ConfigError is one, and so is an unknown reconstruction
    raise WorkflowError(str(error)) from None

GEOMETRY = [CONFIG.skymaps.geometry] if CONFIG.skymaps.geometry else []
GEOMETRY_STATE = list(map(input_state, GEOMETRY))
CALIBRATION = CONFIG.skymaps.calibration
SCAN_CODE = source_hash("pipeline.skymaps.scan.rounds", "pipeline.skymaps.jobs")


wildcard_constraints:
    event="[A-Za-z0-9_+-]+",
    round=r"\d{2}",
    chunk=r"\d{4}",
    chunks=r"\d{4}",
    reco="[A-Za-z0-9_.-]+",
    nsides="[0-9_-]+",
    share=r"\d{4}",


def event_of(wildcards):
    """Return the line of events.tsv that a job belongs to."""
    return EVENTS[wildcards.event]


def event_state(wildcards):
    """Return what tells that an event's file, or the geometry, was replaced."""
    return [input_state(event_of(wildcards).path), *GEOMETRY_STATE]


def settings_of(wildcards):
    """Return how a job's event is scanned."""
    return event_targets.scan_settings(CONFIG, event_of(wildcards))


def reco_code(wildcards):
    """Return what identifies the code of a job's reconstruction."""
    return RECO_CODE[settings_of(wildcards)["reco"]]
