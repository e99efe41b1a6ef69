"""A model as jobs know it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_FEATURES = (
    *("drb", "diffmaglim", "ra", "dec", "magpsf", "sigmapsf", "chipsf", "fwhm", "sky"),
    *("chinr", "sharpnr", "sgscore1", "distpsnr1", "sgscore2", "distpsnr2", "sgscore3"),
    *("distpsnr3", "ndethist", "ncovhist", "scorr", "nmtchps", "clrcoeff", "clrcounc"),
    *("neargaia", "neargaiabright"),
)
"""The 25 features of ACAI in the order of its networks (Duev & van der Walt 2021)."""


UNTRUSTED = (
    "a SavedModel folder is a program, which can read and write files: set trusted to true "
    "at this model if you trust its makers as you trust those of a program"
)
"""What is said of one that is not `Network.trusted`, before any job and when it is loaded."""


@dataclass(frozen=True)
class Network:
    """What a network takes, and which one it is.

    Attributes
    ----------
    inputs : sequence of str
        ``features`` and ``triplet``, in the order it takes them.
    feature_names : sequence of str
        Its features in order; empty where it takes none.
    feature_norms : mapping of str to float
        A feature is divided by its norm, where it has one.
    version : str
        Stored beside every score.
    trusted : bool
        Whether a file that may do more than compute, a SavedModel, is loaded.
    """

    inputs: tuple[str, ...] = ("triplet",)
    feature_names: tuple[str, ...] = ()
    feature_norms: Mapping[str, float] = field(default_factory=dict)
    version: str = ""
    trusted: bool = False
