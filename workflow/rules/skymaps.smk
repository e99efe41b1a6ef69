"""Neutrino events: scan each, in one job or in rounds of many; calibrate the contours."""


rule scan_chunk:
    """Scan one share of one round of an event."""
    input:
        event=lambda wildcards: event_of(wildcards).path,
        geometry=GEOMETRY,
        earlier=lambda wildcards: sum(
            event_targets.rounds(CONFIG, event_of(wildcards))[: int(wildcards.round)],
            [],
        ),
        calibration=lambda wildcards: event_targets.round_calibrations(
            CONFIG, event_of(wildcards), int(wildcards.round)
        ),
    output:
        paths.SKYMAP_CHUNK,
    log:
        paths.log("scan_chunk", "event", "round", "chunk", "chunks"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized(lambda wildcards: sizing.scan(int(wildcards.chunks))),
    params:
        settings=settings_of,
        files=event_state,
        code=SCAN_CODE,
        reco_code=reco_code,
    script:
        "../scripts/scan_chunk.py"


rule scan:
    """Scan an event to the fixed point and write everything about it."""
    input:
        event=lambda wildcards: event_of(wildcards).path,
        geometry=GEOMETRY,
        calibration=lambda wildcards: event_targets.calibrations(
            CONFIG, event_of(wildcards)
        ),
        chunks=lambda wildcards: sum(
            event_targets.rounds(CONFIG, event_of(wildcards)), []
        ),
    output:
        [event_targets.product("{event}", name) for name in event_targets.PRODUCTS],
    log:
        paths.log("scan", "event"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized(sizing.scan()),
    params:
        settings=settings_of,
        files=event_state,
        rounds=lambda wildcards: len(event_targets.rounds(CONFIG, event_of(wildcards))),
        code=source_hash("pipeline.skymaps.jobs", "pipeline.skymaps.products.folder"),
        reco_code=reco_code,
    script:
        "../scripts/scan.py"


rule summarise_skymaps:
    """Write the table of all events."""
    input:
        [event_targets.product(name, "summary.json") for name in EVENTS],
    output:
        paths.SKYMAP_SUMMARY,
    log:
        paths.log("summarise_skymaps"),
    localrule: True
    conda:
        "../envs/nightmill.yaml"
    params:
        code=source_hash("pipeline.skymaps.products.summary"),
    script:
        "../scripts/summarise_skymaps.py"


if CALIBRATION is not None:

    rule simulate_tracks:
        """Simulate the tracks that contours are calibrated with."""
        input:
            GEOMETRY,
        output:
            directory(paths.TRACKS),
        log:
            paths.log("simulate_tracks"),
        conda:
            "../envs/nightmill.yaml"
        resources:
            **sized(sizing.SMALL),
        params:
            number=CALIBRATION.tracks,
            seed=CALIBRATION.seed,
            ice=CALIBRATION.ice,
            geometry=GEOMETRY_STATE,
            code=source_hash("pipeline.simulate.events", "pipeline.events.geometry"),
        script:
            "../scripts/simulate_tracks.py"

    rule scan_tracks:
        """Scan one job's share of the simulated tracks."""
        input:
            paths.TRACKS,
        output:
            temp(f"{paths.CALIBRATION}/shares/{{share}}.json"),
        log:
            paths.log("scan_tracks", "reco", "nsides", "share"),
        conda:
            "../envs/nightmill.yaml"
        resources:
            **sized(sizing.scan_tracks(CALIBRATION.tracks, CALIBRATION.jobs)),
        params:
            jobs=CALIBRATION.jobs,
            code=source_hash("pipeline.skymaps.calibration.tracks"),
            reco_code=lambda wildcards: registry.code(wildcards.reco),
        script:
            "../scripts/scan_tracks.py"

    rule calibrate:
        """Derive the contour levels that hold the truth as often as they say."""
        input:
            [
                f"{paths.CALIBRATION}/shares/{paths.shard_name(share)}.json"
                for share in range(CALIBRATION.jobs)
            ],
        output:
            table=f"{paths.CALIBRATION}/table.json",
            picture=f"{paths.CALIBRATION}/coverage.png",
        log:
            paths.log("calibrate", "reco", "nsides"),
        conda:
            "../envs/nightmill.yaml"
        resources:
            **sized(sizing.SMALL),
        params:
            ice=CALIBRATION.ice,
            seed=CALIBRATION.seed,
            code=source_hash(
                "pipeline.skymaps.calibration.tracks", "pipeline.skymaps.calibration.plot"
            ),
        script:
            "../scripts/calibrate.py"
