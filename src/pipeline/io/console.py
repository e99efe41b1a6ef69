"""Standard output for what a person reads, on a terminal that may know few letters."""

import codecs
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

_HANDLER = "nightmill.letters"
_LETTERS = str.maketrans("●■◆▲✖▮○□◇△×▯▽·−–┆│┤└─┬°±²Δσ…→", "osd^x|osd^x|v.--:|+`-+d~2Ds.>")
"""What stands for letters that an encoding has not, as wide as these."""
_WIDTH = 80


def console() -> "Console":
    """Return a console on standard output; where its width is said to be 0, as 80 columns."""
    from rich.console import Console  # noqa: PLC0415 - not for those who print lines

    take_any_letter(sys.stdout)
    made = Console(highlight=False)
    return made if made.width > 0 else Console(highlight=False, width=_WIDTH)


def take_any_letter(stream: TextIO) -> None:
    """Let a stream write letters that its encoding has not, as others."""

    def instead(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)
        letters = error.object[error.start : error.end].translate(_LETTERS)
        return letters.encode("ascii", "replace").decode(), error.end

    codecs.register_error(_HANDLER, instead)
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors=_HANDLER)
