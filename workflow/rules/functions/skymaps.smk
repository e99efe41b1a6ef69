"""What the rules of skymaps ask of a job's wildcards."""

from pipeline.sky.nsides import text_of_words
from pipeline.skymaps import domain as skymaps
from pipeline.skymaps import need as scans
from pipeline.skymaps.recos.registry import code as reco_code
from pipeline.skymaps.scanner.kind import is_result

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
    if is_result(event_of(wildcards).path):
        return ""
    return reco_code(settings_of(wildcards)["reco"])


def scan_need(wildcards):
    """Return what scanning a job's event needs."""
    return skymaps.need_to_scan(CONFIG.skymaps, event_of(wildcards))


def relabel_need(wildcards):
    """Return what a job's event at calibrated levels needs."""
    return skymaps.need_to_relabel(CONFIG.skymaps, event_of(wildcards))


def chunk_need(wildcards):
    """Return what a share of a round of a job's event needs."""
    return skymaps.need_to_scan_chunk(CONFIG.skymaps, event_of(wildcards))


def tracks_need(wildcards):
    """Return what a share of the simulated tracks needs."""
    nsides = text_of_words(wildcards.nsides)
    return scans.scan_tracks_need(
        CALIBRATION.tracks, CALIBRATION.jobs, wildcards.reco, nsides
    )


def reported(products):
    """Return an event's products, its pictures marked for Snakemake's report."""
    marks = {
        "caption": "../report/skymap.rst",
        "category": "Neutrino events",
        "labels": {"event": "{event}"},
    }
    # a line that began with report would be Snakemake's own word
    marked = {f: report(f, **marks) for f in products if f.endswith(".png")}
    return [marked.get(file, file) for file in products]
