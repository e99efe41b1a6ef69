"""What the rules of skymaps ask of a job's wildcards."""

from pipeline.skymaps import domain as skymaps
from pipeline.skymaps.recos.registry import code as reco_code

GEOMETRY = [CONFIG.skymaps.geometry] if CONFIG.skymaps.geometry else []
GEOMETRY_STATE = list(map(input_state, GEOMETRY))
CALIBRATION = CONFIG.skymaps.calibration


def event_state(wildcards):
    """Return what tells that an event's file, or the geometry, was replaced."""
    return [input_state(event_of(wildcards).path), *GEOMETRY_STATE]


def settings_of(wildcards):
    """Return how a job's event is scanned."""
    return skymaps.scan_settings(CONFIG.skymaps, event_of(wildcards))


def rounds_of(wildcards):
    """Return the files of an event's rounds that fan out, by round."""
    return skymaps.rounds(CONFIG.skymaps, event_of(wildcards))


def code_of_reco(wildcards):
    """Return what identifies the code of a job's reconstruction."""
    return reco_code(settings_of(wildcards)["reco"])
