"""What the rules of skymaps do: one function a rule, its only entry."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any


def scan_chunk(
    event: str,
    geometry: Sequence[str],
    earlier: Sequence[str],
    part: tuple[int, int],
    settings: Mapping[str, Any],
    output: str,
) -> None:
    """Scan one share of one round; see `pipeline.skymaps.share.scan_share`.

    Parameters
    ----------
    event : str
        The event file.
    geometry : sequence of str
        The detector's DOMs, if the configuration names a file.
    earlier : sequence of str
        All chunks of the rounds before, in order.
    part : (int, int)
        Which chunk of how many.
    settings : mapping
        As `pipeline.skymaps.setup.read_scan` takes them.
    output : str
    """
    from pipeline.skymaps.share import scan_share

    chunk, chunks = part
    scan_share(
        event,
        output,
        earlier=_rounds(earlier, chunks),
        chunk=chunk,
        chunks=chunks,
        geometry=next(iter(geometry), None),
        **settings,
    )


def scan(
    name: str,
    event: str,
    geometry: Sequence[str],
    chunks: tuple[Sequence[str], int],
    settings: Mapping[str, Any],
    output: Sequence[str],
    rounds: str,
) -> str:
    """Scan an event to the end, with Wilks' levels; see `pipeline.skymaps.whole.scan_event`.

    Of a result of the Skymap Scanner it only writes the products
    (`pipeline.skymaps.scanner.products.products_of_result`).

    Parameters
    ----------
    name : str
        What events.tsv calls the event.
    event, geometry, settings
        As of `scan_chunk`.
    chunks : (sequence of str, int)
        All chunks of the rounds that fanned out, in order, and how many rounds they are.
    output : sequence of str
        The products, and where asked for ``pixels.npz``, for `relabel`; all in one folder.
    rounds : str
        Folder for finished rounds.

    Returns
    -------
    str
        The text for a circular.
    """
    from pipeline.skymaps.products.folder import CIRCULAR
    from pipeline.skymaps.scanner.kind import is_result
    from pipeline.skymaps.scanner.products import products_of_result
    from pipeline.skymaps.whole import scan_event

    folder, (files, number) = Path(output[0]).parent, chunks
    pixels = next((path for path in output if Path(path).name == "pixels.npz"), None)
    if is_result(event):
        products_of_result(name, event, folder, pixels=pixels, **settings)
        return (folder / CIRCULAR).read_text().strip()
    scan_event(
        name,
        event,
        folder,
        earlier=_rounds(files, len(files) // max(number, 1)),
        rounds=rounds,
        pixels=pixels,
        geometry=next(iter(geometry), None),
        **settings,
    )
    return (folder / CIRCULAR).read_text().strip()


def relabel(
    name: str,
    event: str,
    geometry: Sequence[str],
    scanned: tuple[str, str],
    calibration: Sequence[str],
    settings: Mapping[str, Any],
    output: str,
) -> str:
    """Write an event's products at calibrated levels; see `pipeline.skymaps.whole.relabel_event`.

    Parameters
    ----------
    name, event, geometry, settings
        As of `scan`.
    scanned : (str, str)
        The pixels that `scan` wrote, and the folder of its rounds.
    calibration : sequence of str
        The table of contour levels; none for a result of the Skymap Scanner.
    output : str
        One of the products; the others lie beside it.

    Returns
    -------
    str
        The text for a circular.
    """
    from pipeline.skymaps.products.folder import CIRCULAR
    from pipeline.skymaps.scanner.products import products_of_result
    from pipeline.skymaps.whole import relabel_event

    folder, (pixels, rounds) = Path(output).parent, scanned
    if not calibration:
        products_of_result(name, event, folder, **settings)
        return (folder / CIRCULAR).read_text().strip()
    relabel_event(
        name,
        event,
        folder,
        pixels=pixels,
        calibration=calibration[0],
        rounds=rounds,
        geometry=next(iter(geometry), None),
        **settings,
    )
    return (folder / CIRCULAR).read_text().strip()


def summarise_skymaps(rows: Iterable[str], output: str) -> None:
    """Write the table of all events; see `pipeline.skymaps.products.summary_csv.write_summary`."""
    from pipeline.skymaps.products.summary_csv import write_summary

    write_summary(rows, output)


def simulate_tracks(geometry: Sequence[str], number: int, seed: int, ice: str, output: str) -> None:
    """Simulate the tracks that contours are calibrated with.

    Parameters
    ----------
    geometry : sequence of str
        The detector's DOMs, if the configuration names a file.
    number, seed : int
    ice : str
        ``layered`` or ``uniform``.
    output : str
        A folder.
    """
    from pipeline.events.geometry import IC86_LIKE, read_geometry
    from pipeline.simulate.events import write_events

    doms = read_geometry(next(iter(geometry), IC86_LIKE))
    write_events(number, seed, output, ice, doms)


def scan_tracks(tracks: str, part: tuple[int, int], reco: str, nsides: str, output: str) -> int:
    """Scan one job's share of the simulated tracks; return how many.

    Parameters
    ----------
    tracks : str
        The folder of `simulate_tracks`.
    part : (int, int)
        Which share of how many.
    reco : str
    nsides : str
        As it stands in a path (`pipeline.sky.nsides.words_of`).
    output : str
    """
    from pipeline.io.progress import progress
    from pipeline.sky.nsides import parse_words
    from pipeline.skymaps.calibration.measured_tracks import measure_tracks

    share, shares = part
    events = sorted(Path(tracks).glob("event_*.json"))[share::shares]
    title = f"calibration of {reco}, tracks of share {share + 1} of {shares}"
    with progress(title, len(events)) as advance:
        measure_tracks(events, reco, parse_words(nsides), output, advance)
    return len(events)


def calibrate(
    shares: Iterable[str], reco: str, nsides: str, made: Mapping[str, Any], table: str, picture: str
) -> None:
    """Derive the contour levels, and draw how well they hold.

    Parameters
    ----------
    shares : iterable of str
        Of `scan_tracks`.
    reco, nsides : str
        As of `scan_tracks`.
    made : mapping
        How the tracks were made: ``ice`` and ``seed``.
    table, picture : str
        To write.
    """
    from pipeline.sky.nsides import text_of_words
    from pipeline.skymaps.calibration.measured_tracks import write_calibration
    from pipeline.skymaps.calibration.plot import draw_coverage

    settings = {"reco": reco, "nsides": text_of_words(nsides), **made}
    write_calibration(list(shares), settings, table)
    draw_coverage(table, picture)


def _rounds(files: Sequence[str], size: int) -> list[Sequence[str]]:
    """Cut the chunks of several rounds into rounds."""
    return [files[i : i + size] for i in range(0, len(files), max(size, 1))]
