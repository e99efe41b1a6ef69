"""Section ``skymaps``: how events are scanned, unless ``events.tsv`` says otherwise."""

from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Literal

from pydantic import Field, field_validator

from pipeline.contract import paths
from pipeline.contract.domain import Domain, Key
from pipeline.contract.need import Need
from pipeline.contract.page import Page
from pipeline.contract.request import Request
from pipeline.contract.section import Section
from pipeline.contract.trial import Trials
from pipeline.contract.work import Expected, Work, named
from pipeline.events.domain import EventRow, events
from pipeline.sky.nsides import parse_nsides, words_of
from pipeline.skymaps import need
from pipeline.skymaps.checks import CHECKS
from pipeline.skymaps.scanner.kind import is_result

ROUNDS = f"{paths.SKYMAP}/rounds"
CHUNK = f"{ROUNDS}/{{round}}/{{chunk}}-of-{{chunks}}.npz"
FIRST_LOOK = "wilks"
"""Folder of an event's products at Wilks' levels, which do not wait for its calibration."""
PIXELS = "pixels.npz"
"""Lies beside those: the scan's results, for the calibrated products."""
SUMMARY = f"{paths.RESULTS}/skymaps/summary.csv"
TRACKS = f"{paths.RESULTS}/calibration/tracks"
CALIBRATION = f"{paths.RESULTS}/calibration/{{reco}}/{{nsides}}"
CALIBRATION_TABLE = f"{CALIBRATION}/table.json"
CALIBRATION_SHARE = f"{CALIBRATION}/shares/{{share}}.json"

PRODUCTS = (
    "manifest.json",
    PurePath(paths.MULTIORDER).name,
    "contours.json",
    "contours.txt",
    "circular.txt",
    "sky.png",
    "zoom.png",
    "summary.json",
)
"""What every scanned event has; npz and JSON, named after run and event, lie beside them."""


MOST_TRACKS = 10_000
"""40 hours of CPU, as `scan_tracks_need` reckons; the level of 3σ takes 370."""


class Calibration(Section):
    """Simulated tracks that tell how far below the best fit the truth lies."""

    tracks: int = Field(
        default=200, ge=20, le=MOST_TRACKS, description="how many tracks are simulated and scanned"
    )
    ice: Literal["layered", "uniform"] = Field(
        default="layered", description="what they are seen through"
    )
    seed: int = Field(default=1, ge=0, description="of the random numbers")
    jobs: int = Field(default=4, ge=1, le=1000, description="jobs that share the scans")


class Skymaps(Section):
    """Defaults of all events."""

    reco: str = Field(default="pandel_spe1st", description="reconstruction of a pixel")
    nsides: str = Field(
        default="8:0 64:12 512:24", description="progression, nside:extension, ascending"
    )
    refine: Literal["contour", "minimum"] = Field(
        default="contour",
        description="refine all islands inside the outermost contour, or only around the best fit",
    )
    chunks: int = Field(
        default=1, ge=1, le=1000, description="jobs each round of a scan fans out into"
    )
    geometry: str | None = Field(
        default=None,
        description="CSV or parquet of a detector's DOMs, for realtime events; if absent IceCube's",
    )
    pointed: bool = Field(
        default=False,
        description="scan only within 3.5 degrees of the seed, at the first nside alone",
    )
    pixel_timeout_s: float = Field(
        default=1800.0, gt=0, description="a pixel that takes longer is recorded as failed [s]"
    )

    calibration: Calibration | None = Field(
        default=None, description="calibrate the contours; if absent they are Wilks'"
    )

    @field_validator("nsides")
    @classmethod
    def _progression(cls, value: str) -> str:
        parse_nsides(value)
        return value


def product(event: str, name: str) -> str:
    """Return one file about an event.

    >>> product("IC231202A", "manifest.json")
    'results/skymaps/IC231202A/manifest.json'
    """
    return f"{paths.SKYMAP.format(event=event)}/{name}"


def scan_products(section: Skymaps) -> list[str]:
    """Return patterns of what the rule ``scan`` writes of an event.

    Those are its products, as the configuration has them; with a calibration, which takes its
    time, they are a first look, and the rule ``relabel`` writes the products.

    >>> scan_products(Skymaps())[0], scan_products(Skymaps(calibration=Calibration()))[0]
    ('results/skymaps/{event}/manifest.json', 'results/skymaps/{event}/wilks/manifest.json')
    """
    if section.calibration is None:
        return [product("{event}", name) for name in PRODUCTS]
    return [product("{event}", f"{FIRST_LOOK}/{name}") for name in (*PRODUCTS, PIXELS)]


def scan_settings(section: Skymaps, row: EventRow) -> dict[str, str | bool | float]:
    """Return how one event is scanned, as `pipeline.skymaps.setup.read_scan` takes it.

    Of a result of the Skymap Scanner there is nothing to say but what fitted it.
    """
    if is_result(row.path):
        return {"reco": row.reco} if row.reco else {}
    return {
        "reco": row.reco or section.reco,
        "nsides": row.nsides or section.nsides,
        "pointed": section.pointed,
        "pixel_timeout_s": section.pixel_timeout_s,
        "refine": section.refine,
    }


def rounds(section: Skymaps, row: EventRow) -> list[list[str]]:
    """Return the files of all rounds that fan out, by round; none for a scan of one job.

    The rounds of a scan are not known before it runs. One more than there are levels is
    what most scans need around the minimum, and one a finer level inside the contour; the
    last job does the rest.
    """
    chunks = row.chunks or section.chunks
    if chunks == 1 or is_result(row.path):
        return []
    levels = len(parse_nsides(row.nsides or section.nsides))
    count = 2 * levels if section.refine == "contour" else levels + 1
    return [
        [
            CHUNK.format(
                event=row.event,
                round=f"{number:02d}",
                chunk=paths.part_name(chunk),
                chunks=paths.part_name(chunks),
            )
            for chunk in range(chunks)
        ]
        for number in range(count)
    ]


def need_to_scan(section: Skymaps, row: EventRow) -> Need:
    """Return what an event's last, or only, job needs."""
    if is_result(row.path):
        return need.result_need("scan")
    chunks = row.chunks or section.chunks
    return need.scan_need(
        chunks, row.reco or section.reco, row.nsides or section.nsides, section.pointed
    )


def need_to_scan_chunk(section: Skymaps, row: EventRow) -> Need:
    """Return what one share of a round of an event needs."""
    chunks = row.chunks or section.chunks
    return need.scan_chunk_need(
        chunks,
        len(rounds(section, row)),
        row.reco or section.reco,
        row.nsides or section.nsides,
        section.pointed,
    )


def need_to_relabel(section: Skymaps, row: EventRow) -> Need:
    """Return what an event's products at calibrated levels need."""
    if is_result(row.path):
        return need.result_need("relabel")
    return need.relabel_need(row.reco or section.reco, row.nsides or section.nsides)


def calibrations(section: Skymaps, row: EventRow) -> list[str]:
    """Return the calibration table of an event's contours; none if they are Wilks'."""
    if section.calibration is None or is_result(row.path):
        return []
    words = words_of(row.nsides or section.nsides)
    return [CALIBRATION_TABLE.format(reco=row.reco or section.reco, nsides=words)]


def _work(request: Request, expected: Expected) -> Iterator[Work]:
    section, rows = request.config.skymaps, events(request)
    calibrated: dict[str, EventRow] = {}
    for row in rows:
        tables = calibrations(section, row)
        calibrated |= dict.fromkeys(tables, row)
        yield from _scan_work(section, row, tables)
    if calibrated and section.calibration is not None:
        for table, row in calibrated.items():
            yield from _calibration_work(section, section.calibration, row, table)
        job = need.simulate_tracks_need(section.calibration.tracks)
        yield Work("simulate_tracks", "", 1, job, once=True)
    if rows:
        last = "scan" if section.calibration is None else "relabel"
        scans = tuple(named(last, row.event) for row in rows)
        yield Work("summarise_skymaps", "", 1, need.summarise_need(len(rows)), after=scans)


def _scan_work(section: Skymaps, row: EventRow, tables: list[str]) -> Iterator[Work]:
    after: list[str] = []
    for number, files in enumerate(rounds(section, row)):
        of = f"{row.event} round {number}"
        job = need_to_scan_chunk(section, row)
        yield Work("scan_chunk", of, len(files), job, after=tuple(after))
        after = [named("scan_chunk", of)]
    yield Work("scan", row.event, 1, need_to_scan(section, row), after=tuple(after))
    if section.calibration is not None:
        after = [named("scan", row.event), *(named("calibrate", table) for table in tables)]
        yield Work("relabel", row.event, 1, need_to_relabel(section, row), after=tuple(after))


def _calibration_work(
    section: Skymaps, calibration: Calibration, row: EventRow, table: str
) -> Iterator[Work]:
    """Yield the work of one table; `row` is an event that it is for."""
    tracks, jobs = calibration.tracks, calibration.jobs
    reco, nsides = row.reco or section.reco, row.nsides or section.nsides
    job = need.scan_tracks_need(tracks, jobs, reco, nsides)
    after = (named("simulate_tracks", ""),)
    yield Work("scan_tracks", table, jobs, job, after=after, once=True)
    after = (named("scan_tracks", table),)
    yield Work("calibrate", table, 1, need.calibrate_need(tracks), after=after, once=True)


def _targets(request: Request) -> list[str]:
    rows = events(request)
    files = [product(row.event, name) for row in rows for name in PRODUCTS]
    return [*files, SUMMARY] if rows else []


def _found(directory: Path) -> Iterator[str]:
    from pipeline.skymaps.products import summary_csv  # noqa: PLC0415 - for the cli

    yield from summary_csv.skymap_lines(directory / SUMMARY)
    first = product("*", f"{FIRST_LOOK}/summary.json")
    yield from summary_csv.first_looks(sorted(directory.glob(first)))


def _trials(request: Request) -> Trials:
    from pipeline.skymaps.trials import trials  # noqa: PLC0415 - for the cli alone

    return trials(request)


SHOWN = ("summary.json", "contours.json", "manifest.json", "circular.txt", "sky.png", "zoom.png")
"""Of the products, what the morning page shows."""


SKYMAPS = Domain(
    name="skymaps",
    keys=(
        Key(
            "skymaps",
            Skymaps,
            "how neutrino events are scanned",
            default=Skymaps(),
            section=Skymaps,
        ),
    ),
    active=lambda request: bool(events(request)),
    targets=_targets,
    work=_work,
    checks=CHECKS,
    trials=_trials,
    found=_found,
    page=Page(
        title="Neutrino events",
        order=40,
        section="pipeline.skymaps.page:section",
        files=lambda request, *_: {
            "events": [product(row.event, name) for row in events(request) for name in SHOWN]
        },
        settings=lambda request, _: {"events": [row.event for row in events(request)]},
        of_all=True,
    ),
)
