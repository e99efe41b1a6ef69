"""What `nightmill show` does: find what a name stands for, and print it or write it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.io.console import console
from pipeline.notebook import Results
from pipeline.show import alert, event, sky_map
from pipeline.show.names import AlertFound, EventFound, Found, find
from pipeline.show.terminal import print_alert, print_event


def print_found(directory: Path, name: str, survey: str | None, files: Sequence[Path] = ()) -> None:
    """Print all that a name stands for.

    Parameters
    ----------
    directory : Path
        The workflow's working directory.
    name : str
        An object, a candid or an event.
    survey : str or None
        Objects and alerts of it alone.
    files : sequence of Path
        Laid over the directory's configuration.

    Raises
    ------
    ValueError
        If it stands for nothing.
    """
    results = Results(directory, "arrow")
    screen = console()
    for number, found in enumerate(find(results, name, survey, files)):
        if number:
            screen.rule(characters="─")
        if isinstance(found, AlertFound):
            print_alert(alert.card(results, found), screen)
        elif isinstance(found, EventFound):
            print_event(found.name, event.blocks(found.folder), screen)
        else:
            print_event(found.name, sky_map.blocks(found.source, found.directory), screen)


def write_files(
    directory: Path,
    name: str,
    survey: str | None,
    png: Path | None,
    html: Path | None,
    files: Sequence[Path] = (),
) -> Iterator[str]:
    """Write a picture, a page or both of what a name stands for; yield a line about each.

    Parameters
    ----------
    directory, name, survey, files
        As of `print_found`.
    png, html : Path or None

    Raises
    ------
    ValueError
        If it stands for nothing, or for more than one thing.
    """
    from pipeline.show.page import write_page  # noqa: PLC0415 - only where one is asked for
    from pipeline.show.picture import write_picture  # noqa: PLC0415 - matplotlib

    results = Results(directory, "arrow")
    found = find(results, name, survey, files)
    if len(found) > 1:
        told = ", ".join(map(_words, found))
        raise ValueError(f"{name!r} stands for {told}: say which by --survey")
    (one,) = found
    shown = alert.card(results, one) if isinstance(one, AlertFound) else None
    if png is not None:
        write_picture(one, shown, png)
        yield f"picture: {png}"
    if html is not None:
        write_page(one, shown, html)
        yield f"page: {html}"


def _words(found: Found) -> str:
    if isinstance(found, AlertFound):
        return f"packet {found.candid} of {found.survey}"
    return f"{'event' if isinstance(found, EventFound) else 'map'} {found.name}"
