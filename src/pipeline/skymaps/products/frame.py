"""What every picture of a skymap opens and closes with, and its key."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.artist import Artist
from matplotlib.figure import Figure

from pipeline.skymaps.map.skymap import Skymap
from pipeline.skymaps.products.pictures import Caption, save, write_words


@dataclass(frozen=True)
class Frame:
    """A picture that is being drawn.

    Attributes
    ----------
    figure : Figure
        Empty but for what was drawn.
    furthest : float
        The 2Δllh where the colours end.
    """

    figure: Figure
    furthest: float

    def colour_bar(
        self, image: Any, place: tuple[float, float, float, float], **style: Any
    ) -> None:
        """Draw the key of the colours: left, bottom, width and height in units of the figure."""
        axes = self.figure.add_axes(place)
        style |= {"orientation": "horizontal", "label": "2Δllh", "extend": "max"}
        self.figure.colorbar(image, cax=axes, **style)

    def legend(self, handles: Sequence[Artist], place: tuple[float, float], **style: Any) -> None:
        """Write the key of lines and symbols."""
        self.figure.legend(handles=handles, bbox_to_anchor=place, frameon=False, **style)


@contextmanager
def framed(
    skymap: Skymap,
    path: str | Path,
    caption: Caption,
    *,
    size: tuple[float, float],
    furthest: float,
) -> Iterator[Frame]:
    """Open a picture; after the block write its heading, and the file.

    Parameters
    ----------
    skymap : Skymap
        What it shows.
    path : str or Path
        Ends on ``.png``.
    caption : Caption
        For the heading.
    size : tuple of float
        Of the picture [inch].
    furthest : float
        Where the colours end, in units of the outermost contour's 2Δllh.
    """
    frame = Frame(Figure(figsize=size), furthest * skymap.contours["3sigma"].two_delta_llh)
    yield frame
    write_words(frame.figure, skymap, caption)
    save(frame.figure, path)
