"""Neutrino events: scan each, in one job or in rounds of many; calibrate the contours."""


include: "functions/skymaps.smk"


wildcard_constraints:
    round=r"\d{2}",
    chunk=r"\d{4}",
    chunks=r"\d{4}",
    reco="[A-Za-z0-9_.-]+",
    nsides="[0-9_-]+",
    share=r"\d{4}",


rule scan_chunk:
    """Scan one share of one round of an event."""
    input:
        event=lambda wildcards: event_of(wildcards).path,
        geometry=GEOMETRY,
        earlier=lambda wildcards: sum(rounds_of(wildcards)[: int(wildcards.round)], []),
    output:
        skymaps.CHUNK,
    log:
        paths.log("scan_chunk", "event", "round", "chunk", "chunks"),
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized(chunk_need),
    params:
        settings=settings_of,
        files=event_state,
        code=job_code("skymaps", "scan_chunk"),
        reco_code=code_of_reco,
    script:
        "../scripts/scan_chunk.py"


rule scan:
    """Scan an event to the fixed point and write everything about it."""
    input:
        event=lambda wildcards: event_of(wildcards).path,
        geometry=GEOMETRY,
        chunks=lambda wildcards: sum(rounds_of(wildcards), []),
    output:
        reported(skymaps.scan_products(CONFIG.skymaps)),
    log:
        paths.log("scan", "event"),
    # Somebody waits for the map, and nobody for its calibration.
    priority: 1
    conda:
        "../envs/nightmill.yaml"
    resources:
        **sized(scan_need),
    params:
        settings=settings_of,
        files=event_state,
        number=lambda wildcards: len(rounds_of(wildcards)),
        rounds=skymaps.ROUNDS,
        code=job_code("skymaps", "scan"),
        reco_code=code_of_reco,
    script:
        "../scripts/scan.py"


rule summarise_skymaps:
    """Write the table of all events."""
    input:
        [skymaps.product(name, "summary.json") for name in EVENT_OF],
    output:
        report(
            skymaps.SUMMARY,
            caption="../report/skymaps.rst",
            category="Neutrino events",
            labels={"event": "all"},
        ),
    log:
        paths.log("summarise_skymaps"),
    localrule: True
    conda:
        "../envs/nightmill.yaml"
    params:
        code=job_code("skymaps", "summarise_skymaps"),
    script:
        "../scripts/summarise_skymaps.py"


if CALIBRATION is not None:

    rule relabel:
        """Write everything about a scanned event anew, at calibrated levels."""
        input:
            event=lambda wildcards: event_of(wildcards).path,
            geometry=GEOMETRY,
            pixels=skymaps.product("{event}", f"{skymaps.FIRST_LOOK}/{skymaps.PIXELS}"),
            calibration=lambda wildcards: skymaps.calibrations(
                CONFIG.skymaps, event_of(wildcards)
            ),
        output:
            reported([skymaps.product("{event}", name) for name in skymaps.PRODUCTS]),
        log:
            paths.log("relabel", "event"),
        conda:
            "../envs/nightmill.yaml"
        resources:
            **sized(relabel_need),
        params:
            settings=settings_of,
            files=event_state,
            rounds=skymaps.ROUNDS,
            code=job_code("skymaps", "relabel"),
            reco_code=code_of_reco,
        script:
            "../scripts/relabel.py"

    rule simulate_tracks:
        """Simulate the tracks that contours are calibrated with."""
        input:
            GEOMETRY,
        output:
            directory(skymaps.TRACKS),
        log:
            paths.log("simulate_tracks"),
        conda:
            "../envs/nightmill.yaml"
        resources:
            **sized(scans.simulate_tracks_need(CALIBRATION.tracks)),
        params:
            number=CALIBRATION.tracks,
            seed=CALIBRATION.seed,
            ice=CALIBRATION.ice,
            geometry=GEOMETRY_STATE,
            code=job_code("skymaps", "simulate_tracks"),
        script:
            "../scripts/simulate_tracks.py"

    rule scan_tracks:
        """Scan one job's share of the simulated tracks."""
        input:
            skymaps.TRACKS,
        output:
            temp(skymaps.CALIBRATION_SHARE),
        log:
            paths.log("scan_tracks", "reco", "nsides", "share"),
        conda:
            "../envs/nightmill.yaml"
        resources:
            **sized(tracks_need),
        params:
            jobs=CALIBRATION.jobs,
            code=job_code("skymaps", "scan_tracks"),
            reco_code=lambda wildcards: reco_code(wildcards.reco),
        script:
            "../scripts/scan_tracks.py"

    rule calibrate:
        """Derive the contour levels that hold the truth as often as they say."""
        input:
            [
                skymaps.CALIBRATION_SHARE.replace("{share}", paths.part_name(share))
                for share in range(CALIBRATION.jobs)
            ],
        output:
            table=skymaps.CALIBRATION_TABLE,
            picture=f"{skymaps.CALIBRATION}/coverage.png",
        log:
            paths.log("calibrate", "reco", "nsides"),
        conda:
            "../envs/nightmill.yaml"
        resources:
            **sized(scans.calibrate_need(CALIBRATION.tracks)),
        params:
            ice=CALIBRATION.ice,
            seed=CALIBRATION.seed,
            code=job_code("skymaps", "calibrate"),
        script:
            "../scripts/calibrate.py"
