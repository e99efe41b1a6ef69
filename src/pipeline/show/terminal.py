"""What is known of an alert or an event, on a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as Lines_
from rich.text import Text

from pipeline.contract.blocks import Block, Column, Copy, Lines, Table, Words
from pipeline.report.light_curve import curve_words
from pipeline.report.words import number, utc
from pipeline.show.curve import curve_text
from pipeline.show.safe import safe, safe_lines, styled
from pipeline.show.stamps import stamps_text


def print_alert(card: Mapping[str, Any], console: Console) -> None:
    """Print an alert: see `pipeline.show.alert.card`."""
    of = f"{card['survey']} {card['night']}, packet {card['candid']}"
    console.print(Text.assemble((safe(card["object_id"] or "no object", 60), "bold"), "  ", of))
    for line in _facts(card):
        console.print(Text(line))
    console.print()
    console.print(stamps_text(card, console))
    console.print()
    if card["points"]:
        console.print(styled(curve_words(card["points"])))
    drawing, legend = curve_text(card["points"], card["mjd"], console.width)
    console.print(drawing, no_wrap=True)
    console.print(legend)
    for table in [*card["tables"], *([card["packet"]] if card["values"] else [])]:
        _table(_as_table(table), console)
    console.print()
    links = [*card["links"]]
    links += [("page", f"{card['page']}#o{card['candid']}")] if card["page"] else []
    links.append(("table", str(card["shard"])))
    for name, address in links:
        # to be copied whole: never broken into lines
        console.print(Text(f"{name:<7} {safe(address)}"), soft_wrap=True)


def _facts(card: Mapping[str, Any]) -> Iterable[str]:
    ra, dec = card["sexagesimal"]
    yield (f"RA {card['ra']:.5f}° Dec {card['dec']:+.5f}° ({ra[:-2]} {dec[:-1]})")
    yield f"galactic {card['l']:.2f}° {card['b']:+.2f}°"
    error = "" if card["magerr"] is None else f" ± {card['magerr']:.2f}"
    fainter = ", fainter than the template" if card["positive"] is False else ""
    band = safe(card["band"] or "band unknown", 20)
    since = "" if card["age"] is None else f"; first seen {card['age']:,.1f} d before"
    yield f"{band} {number(card['mag'], 2)}{error} mag{fainter}, {utc(card['jd'])}{since}"


def print_event(name: str, blocks: Sequence[Block], console: Console) -> None:
    """Print an event: see `pipeline.show.event.blocks`."""
    console.print(styled(name, "bold"))
    for block in blocks:
        if isinstance(block, Table):
            _table(block, console)
        elif isinstance(block, Words):
            console.print()
            console.print(styled(block.text))
        elif isinstance(block, Copy):
            console.print()
            console.print(styled(block.caption, "bold"))
            console.print(Text(safe_lines(block.text)), soft_wrap=True)
        elif isinstance(block, Lines):
            console.print()
            for line in block.entries:
                console.print(styled(line))


def _as_table(table: Table | Mapping[str, Any]) -> Table:
    """Return a table that may be plain values."""
    if isinstance(table, Table):
        return table
    columns = [Column(**column) for column in table["columns"]]
    return Table(table["caption"], columns, table["rows"])


def _table(table: Table, console: Console) -> None:
    console.print()
    console.print(styled(table.caption, "bold"))
    shown = Lines_(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)
    for place, column in enumerate(table.columns):
        numeric = any(isinstance(row[place], int | float) for row in table.rows)
        shown.add_column(
            styled(column.name), justify="right" if numeric else "left", overflow="fold"
        )
    for row in table.rows:
        cells = zip(row, table.columns, strict=True)
        shown.add_row(*(styled(number(value, column.digits)) for value, column in cells))
    console.print(shown)
