"""The manifest of a scan: how far it is, what it took, what failed; as Skymap Scanner's."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.io.atomic import write_json
from pipeline.skymaps.map.levels import Levels
from pipeline.skymaps.scan.pixels import expected_pixels
from pipeline.skymaps.scan.results import State
from pipeline.skymaps.scan.rounds import Scan
from pipeline.skymaps.scan.subject import Heading, Subject


def write_manifest(
    path: str | Path,
    scan: Scan,
    state: State,
    *,
    started: datetime,
    current: tuple[int, int] | None = None,
    levels: Levels | None = None,
    files: Sequence[str] = (),
) -> None:
    """Write the manifest.

    Parameters
    ----------
    path : str or Path
        Where.
    scan : Scan
        What is scanned.
    state : State
        Results so far.
    started : datetime
        When this run of the scan began.
    current : tuple of int, optional
        Pixels of the current round that are done, and all of it; None when the scan is
        complete.
    levels : Levels, optional
        Of the contours, once they are drawn.
    files : sequence of str, optional
        Names of the products, once they are written.
    """
    manifest = {
        "progress": _progress(scan, state, started, current),
        "event_metadata": _event(scan.event),
        "scan_metadata": {
            "reconstruction": scan.reco,
            "nside_progression": [list(level) for level in scan.levels],
            "pointed": scan.pointed,
            "refined_within_2_delta_llh": scan.outermost,
            "pixel_timeout_s": scan.limit_s,
            "fingerprint": scan.fingerprint,
        },
        "runtimes_s": {
            f"nside-{nside}": _runtimes(rows["seconds"])
            for nside, rows in sorted(state.pixels.items())
            if len(rows)
        },
        "failed_pixels": [failure._asdict() for failure in state.failures],
        "files": list(files),
    }
    if levels is not None:
        manifest["contours"] = _levels(levels)
    write_json(manifest, path)


def write_result_manifest(
    path: str | Path,
    result: Subject,
    state: State,
    levels: Levels,
    files: Sequence[str],
    source: str,
) -> None:
    """Write the manifest of products that were made of somebody's result.

    Parameters
    ----------
    path, state, levels, files
        As of `write_manifest`.
    result : Subject
        Whose it is.
    source : str
        Name of its file.
    """
    counts = {f"nside-{nside}": len(state.done(nside)) for nside in sorted(state.pixels)}
    total, failed = sum(counts.values()), len(state.failures)
    manifest = {
        "progress": {
            "summary": f"complete: {total} pixels, {failed} failed",
            "complete": True,
            "pixels": {**counts, "total": total, "failed": failed, "estimated_left": 0},
        },
        "event_metadata": _event(result.event),
        "scan_metadata": {
            "reconstruction": result.reco,
            "result": source,
            "nsides": [level.nside for level in result.levels],
            "pointed": result.pointed,
        },
        "failed_pixels": [failure._asdict() for failure in state.failures],
        "files": list(files),
        "contours": _levels(levels),
    }
    write_json(manifest, path)


def _event(event: Heading) -> dict[str, Any]:
    return {
        "run_id": event.run_id,
        "event_id": event.event_id,
        "event_type": event.event_type,
        "mjd": event.mjd,
        "is_real_event": event.is_real,
    }


def _levels(levels: Levels) -> dict[str, Any]:
    return {
        "levels": levels.source,
        "calibrated": levels.calibrated,
        "two_delta_llh": levels.two_delta_llh,
    }


def estimate_left(scan: Scan, state: State, current: tuple[int, int]) -> int:
    """Return about how many pixels are still to be reconstructed."""
    done = sum(len(state.done(level.nside)) for level in scan.levels)
    expected = sum(expected_pixels(scan.levels, scan.pointed).values())
    return max(expected - done - current[0], current[1] - current[0])


def _progress(
    scan: Scan, state: State, started: datetime, current: tuple[int, int] | None
) -> dict[str, Any]:
    now = datetime.now(UTC)
    done = {level.nside: len(state.done(level.nside)) for level in scan.levels}
    total = sum(done.values()) + (current[0] if current else 0)
    left = estimate_left(scan, state, current) if current else 0
    seconds = [rows["seconds"] for rows in state.pixels.values() if len(rows)]
    timeline = {"started": started.isoformat(), "updated": now.isoformat()}
    if current and seconds:
        each = float(np.concatenate(seconds).mean())
        timeline["estimated_end"] = (now + timedelta(seconds=left * each)).isoformat()
    words = f"scanning: {total} of about {total + left}" if current else f"complete: {total}"
    return {
        "summary": f"{words} pixels, {len(state.failures)} failed",
        "complete": current is None,
        "pixels": {
            **{f"nside-{nside}": count for nside, count in done.items()},
            "current_round": list(current or (0, 0)),
            "total": total,
            "failed": len(state.failures),
            "estimated_left": left,
        },
        "timeline": timeline,
    }


def _runtimes(seconds: np.ndarray) -> dict[str, float]:
    """Return what reconstructing a pixel took [s]."""
    return {
        "mean": float(seconds.mean()),
        "median": float(np.median(seconds)),
        "slowest": float(seconds.max()),
        "fastest": float(seconds.min()),
        "total": float(seconds.sum(dtype=float)),
    }
