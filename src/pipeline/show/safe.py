"""Text that comes from packets and files, safe on a terminal."""

from rich.text import Text

from pipeline.io.messages import printable
from pipeline.report.words import cut

MOST_LETTERS = 400


def safe(value: object, most: int = MOST_LETTERS) -> str:
    r"""Return text of bounded length without anything that a terminal obeys.

    Control characters (escapes among them), such as change the direction of writing, and halves
    of letters are written out.

    >>> safe("ZTF18\x1b[31mabc\n")
    'ZTF18\\x1b[31mabc\\n'
    """
    return printable(cut(value, most))


def safe_lines(text: str) -> str:
    """Return text of several lines, each safe."""
    return "\n".join(safe(line, len(text)) for line in text.splitlines())


def styled(value: object, style: str = "") -> Text:
    """Return safe text for rich: nothing in it is markup."""
    return Text(safe(value), style=style)
