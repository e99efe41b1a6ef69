"""What a person sees of a running scan: a progress bar or lines in a log, and the manifest."""

import time
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pipeline.io.progress import EVERY_SECONDS, bar, tell
from pipeline.skymaps.scan.manifest import estimate_left, write_manifest
from pipeline.skymaps.scan.results import State
from pipeline.skymaps.scan.rounds import Scan

if TYPE_CHECKING:
    from rich.progress import Progress

MANIFEST_SECONDS = 5.0


class Watch(AbstractContextManager["Watch"]):
    """Reports a scan; an instance is the `report` of `pipeline.skymaps.scan.rounds`.

    Parameters
    ----------
    scan : Scan
        What is scanned.
    manifest : str, Path or None
        Where to keep a manifest up to date; None in a job that does a part of the scan.
    """

    def __init__(self, scan: Scan, manifest: str | Path | None = None) -> None:
        event = scan.event
        self._title = f"run {event.run_id} event {event.event_id}"
        self._scan, self._manifest = scan, manifest
        self._line = self._written = 0.0
        self.started = datetime.now(UTC)
        self._bar: Progress | None = None
        self._drawn = ExitStack()

    def __enter__(self) -> Self:
        self._bar = self._drawn.enter_context(bar())
        if self._bar is not None:
            self._task = self._bar.add_task(self._title, total=None)
        return self

    def __exit__(self, *_: object) -> None:
        self._drawn.close()

    def __call__(self, state: State, done: int, size: int) -> None:
        """Show that `done` of `size` pixels of the current round are there."""
        before = sum(len(state.done(level.nside)) for level in self._scan.levels)
        left = estimate_left(self._scan, state, (done, size)) if self._manifest else size - done
        total = before + done + left
        now = time.monotonic()
        if self._bar is not None:
            self._bar.update(self._task, completed=before + done, total=total)
        elif now - self._line >= EVERY_SECONDS or done == size:
            self._line = now
            tell(f"{self._title}: {before + done} of about {total} pixels")
        if self._manifest and now - self._written >= MANIFEST_SECONDS:
            self._written = now
            write_manifest(
                self._manifest, self._scan, state, started=self.started, current=(done, size)
            )
