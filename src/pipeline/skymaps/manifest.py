"""The manifest of a scan: how far it is, what it took, what failed; as Skymap Scanner's."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.io.atomic import write_json
from pipeline.skymaps.pixels import expected_pixels
from pipeline.skymaps.records import State
from pipeline.skymaps.scan import Scan


def write_manifest(
    path: str | Path,
    scan: Scan,
    state: State,
    started: datetime,
    in_flight: int | None = None,
    files: list[str] | None = None,
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
    in_flight : int, optional
        Pixels of the current round that are done; None when the scan is complete.
    files : list of str, optional
        Names of the products, once they are written.
    """
    event = scan.event
    manifest = {
        "progress": _progress(scan, state, started, in_flight),
        "event_metadata": {
            "run_id": event.run_id,
            "event_id": event.event_id,
            "event_type": event.event_type,
            "mjd": event.mjd,
            "is_real_event": event.is_real,
        },
        "scan_metadata": {
            "reconstruction": scan.reco,
            "nside_progression": [list(level) for level in scan.levels],
            "pointed": scan.pointed,
            "pixel_timeout_s": scan.limit_s,
            "fingerprint": scan.fingerprint,
        },
        "runtimes_s": {
            f"nside-{nside}": _runtimes(rows["seconds"])
            for nside, rows in sorted(state.pixels.items())
            if len(rows)
        },
        "failed_pixels": [failure._asdict() for failure in state.failures],
        "files": files or [],
    }
    write_json(manifest, path)


def _progress(scan: Scan, state: State, started: datetime, in_flight: int | None) -> dict[str, Any]:
    complete = in_flight is None
    now = datetime.now(UTC)
    done = {level.nside: len(state.done(level.nside)) for level in scan.levels}
    total = sum(done.values()) + (in_flight or 0)
    expected = expected_pixels(scan.levels, scan.pointed)
    left = 0 if complete else sum(max(expected.get(n, 0) - done[n], 0) for n in done)
    left = max(left - (in_flight or 0), 0)
    seconds = [rows["seconds"] for rows in state.pixels.values() if len(rows)]
    each = float(np.concatenate(seconds).mean()) if seconds else None
    timeline = {"started": started.isoformat(), "updated": now.isoformat()}
    if not complete and each is not None:
        timeline["estimated_end"] = (now + timedelta(seconds=left * each)).isoformat()
    words = f"{total} pixels" if complete else f"{total} of about {total + left} pixels"
    return {
        "summary": f"{'complete' if complete else 'scanning'}: {words}, "
        f"{len(state.failures)} failed",
        "complete": complete,
        "pixels": {
            **{f"nside-{nside}": count for nside, count in done.items()},
            "current_round": in_flight or 0,
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
