"""An alert, or an event, as a page of its own: one file, which needs no other and no network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.contract.blocks import Block
from pipeline.io.atomic import atomic_path
from pipeline.report.render import ONE, render
from pipeline.show import event, sky_map
from pipeline.show.names import AlertFound, Found, MapFound


def write_page(found: Found, card: Mapping[str, Any] | None, path: Path) -> None:
    """Write a page as HTML.

    Parameters
    ----------
    found : Found
    card : mapping or None
        Of an alert: see `pipeline.show.alert.card`.
    path : Path
    """
    blocks: list[Block] = []
    if isinstance(found, AlertFound):
        title = found.object_id or f"Packet {found.candid}"
        of = f"{found.survey} {found.night}, packet {found.candid}"
    elif isinstance(found, MapFound):
        title, of = found.name, "Skymap"
        blocks = sky_map.blocks(found.source, found.directory)
    else:
        title, of = found.name, "Neutrino event"
        table, *rest = event.blocks(found.folder)
        blocks = [table, *event.pictures(found.name, found.folder), *rest]
    text = render(ONE, title=title, of=of, object=card, blocks=blocks)
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
