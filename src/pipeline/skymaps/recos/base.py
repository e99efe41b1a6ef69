"""What a reconstruction is: the interface between the scan and the physics."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from pipeline.events.event import Event

FIT_DTYPE = np.dtype([(n, "f8") for n in ("llh", "x", "y", "z", "t", "e_in", "e_tot")])
"""A fit: −log L (lower is better), vertex [m, ns], energies [GeV] or NaN."""


class TooFewDomsError(ValueError):
    """An event that cannot be reconstructed; the message becomes a reason in results."""


@dataclass(frozen=True, eq=False)
class Variations:
    """Where around the seed vertex a pixel's fits start.

    Attributes
    ----------
    name : str
        What the manifest calls them.
    offsets : numpy.ndarray
        Shape (k, 3) [m], the seed's own place (0, 0, 0) first.
    rotated : bool
        The third axis of `offsets` is the direction of travel rather than the detector's z.
    """

    name: str
    offsets: np.ndarray
    rotated: bool = False

    def __len__(self) -> int:
        return len(self.offsets)

    def vertices(self, directions: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Return the start vertices.

        Parameters
        ----------
        directions : numpy.ndarray
            Shape (n, 3), unit vectors of travel.
        seeds : numpy.ndarray
            Shape (n, 4), x, y, z [m], t [ns].

        Returns
        -------
        numpy.ndarray
            Shape (n, k, 4); the time is the seed's.
        """
        starts = np.repeat(seeds[:, None, :], len(self), axis=1)
        if self.rotated:
            starts[:, :, :3] += np.einsum("ka,nab->nkb", self.offsets, _frames(directions))
        else:
            starts[:, :, :3] += self.offsets
        return starts


def point() -> Variations:
    """Return the seed vertex alone."""
    return Variations("point", np.zeros((1, 3)))


def octahedron(radius: float = 20.0) -> Variations:
    """Return the seed vertex and six around it, `radius` [m] away along the axes."""
    corners = radius * np.array([s * axis for axis in np.eye(3) for s in (1, -1)])
    return Variations("octahedron", np.vstack([np.zeros(3), corners]))


def cylinder(half_height: float = 40.0, radius: float = 150.0, angles: int = 3) -> Variations:
    """Return the seed vertex and two rings of `angles` around it, along the direction of travel.

    Parameters
    ----------
    half_height : float
        The rings lie this far before and behind the seed [m].
    radius : float
        Of the rings [m].
    angles : int
        Vertices on each.
    """
    phi = 2 * np.pi * np.arange(angles) / angles
    rings = [
        np.column_stack([radius * np.cos(phi), radius * np.sin(phi), np.full(angles, z)])
        for z in (-half_height, half_height)
    ]
    return Variations("cylinder", np.vstack([np.zeros((1, 3)), *rings]), rotated=True)


class Likelihood(ABC):
    """A reconstruction with one event's data loaded."""

    @abstractmethod
    def fit(self, directions: np.ndarray, vertices: np.ndarray) -> np.ndarray:
        """Fit some directions, each by itself: the result depends on no other row.

        Parameters
        ----------
        directions : numpy.ndarray
            Shape (n, 3), unit vectors of travel in the detector's frame.
        vertices : numpy.ndarray
            Shape (n, k, 4), where the fits start: x, y, z [m], t [ns].

        Returns
        -------
        numpy.ndarray
            Shape (n,) of dtype `FIT_DTYPE`: the best of the k fits (the first of equal
            ones). Its llh is NaN where all of them failed.

        Raises
        ------
        Exception
            Whatever a fit raises becomes the reason of its failed pixel: the scan repeats
            the others of the batch one by one. The scan also sets the time limits.
        """


class Reconstruction(ABC):
    """What turns an event and a direction into a likelihood.

    Attributes
    ----------
    name : str
        What the configuration calls it.
    variations : Variations
        Starts around the event's seed vertex, used at the first nside.
    later_variations : Variations or None
        Starts around an ancestor's fitted vertex, used at all later nsides; None: the same.
    """

    name: str
    variations: Variations
    later_variations: Variations | None = None

    @abstractmethod
    def load(self, event: Event) -> Likelihood:
        """Prepare to fit one event: select its pulses, read tables.

        Raises
        ------
        ValueError
            If the event cannot be reconstructed at all, in one line.
        """


def _frames(directions: np.ndarray) -> np.ndarray:
    """Return right-handed frames whose third axis is each direction, shape (n, 3, 3).

    Rows of each are its axes: the polar unit vector, the azimuthal one, the direction.
    """
    horizontal = np.hypot(directions[:, 0], directions[:, 1])
    vertical = horizontal < 1e-12
    scale = np.where(vertical, 1.0, horizontal)
    cos = np.where(vertical, 1.0, directions[:, 0] / scale)
    sin = np.where(vertical, 0.0, directions[:, 1] / scale)
    azimuthal = np.stack([-sin, cos, np.zeros_like(cos)], axis=1)
    return np.stack([np.cross(azimuthal, directions), azimuthal, directions], axis=1)
