"""Stamps in a terminal: two pixels a letter, by the colours of its halves."""

import io
from base64 import b64decode
from collections.abc import Mapping

import numpy as np
from PIL import Image
from rich.console import Console
from rich.text import Text

from pipeline.notebook.packet import STAMPS
from pipeline.show.safe import safe

COLOURFUL = ("256", "truecolor")
"""Rich's names of what a terminal must know: of 16 colours hardly any are grey."""
GAP = 2
LARGEST = 42
"""Of a stamp [columns], which are as many pixels."""
_UPPER_HALF = "▀"


def stamps_text(
    card: Mapping[str, Mapping[str, str]], console: Console, largest: int = LARGEST
) -> Text:
    """Return an alert's stamps side by side; a line of words where they cannot be shown.

    Parameters
    ----------
    card : mapping
        See `pipeline.show.alert.card`.
    console : Console
    largest : int
        Of a stamp [columns].
    """
    pictures = [(name, card["stamps"][name]) for name in STAMPS if name in card["stamps"]]
    missing = {card["no_stamps"][name] for name in STAMPS if name in card["no_stamps"]}
    words = "; ".join(f"no stamp: {safe(reason, 200)}" for reason in sorted(missing))
    if not pictures:
        return Text(words)
    if not console.is_terminal or console.color_system not in COLOURFUL:
        shown = f"Stamps ({', '.join(name for name, _ in pictures)}) are shown in a terminal"
        return Text(
            "; ".join(filter(None, [f"{shown} of 256 colours, by --png and --html", words]))
        )
    width = min(largest, console.width // len(STAMPS) - GAP)
    images = [_pixels(content, width) for _, content in pictures]
    lines = [_line(images, row, width) for row in range(0, max(map(len, images)), 2)]
    names = (" " * GAP).join(name.ljust(width) for name, _ in pictures)
    return Text("\n").join(
        [*lines, Text(names.rstrip(), style="dim"), *([Text(words)] if words else [])]
    )


def _pixels(content: str, width: int) -> np.ndarray:
    """Return a picture, (height, width, 3) uint8, with an even number of rows."""
    with Image.open(io.BytesIO(b64decode(content))) as image:
        height = 2 * max(1, round(width * image.height / image.width / 2))
        return np.asarray(image.convert("RGB").resize((width, height), Image.Resampling.BOX))


def _line(images: list[np.ndarray], row: int, width: int) -> Text:
    line = Text()
    for number, image in enumerate(images):
        line.append(" " * GAP * bool(number))
        if row >= len(image):
            line.append(" " * width)
            continue
        for upper, lower in zip(image[row], image[row + 1], strict=True):
            line.append(_UPPER_HALF, style=f"rgb({_rgb(upper)}) on rgb({_rgb(lower)})")
    return line


def _rgb(pixel: np.ndarray) -> str:
    return ",".join(map(str, pixel.tolist()))
