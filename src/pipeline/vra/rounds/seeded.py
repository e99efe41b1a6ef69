"""Chance that depends on nothing but what it is about: hashes with a seed."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_GOLDEN = 0x9E3779B97F4A7C15
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def chance(numbers: NDArray[np.int64], seed: int, what: str = "") -> NDArray[np.float64]:
    """Return a number in [0, 1) for each number: the same for it in any company.

    By the finaliser of SplitMix64 (Steele, Lea & Flood 2014, doi:10.1145/2714064.2660195).

    Parameters
    ----------
    numbers : ndarray of int64, shape (n,)
        Such as candids.
    seed : int
    what : str
        What it is for: other uses of one seed do not go together.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    start = int.from_bytes(hashlib.blake2b(f"{seed} {what}".encode(), digest_size=8).digest())
    with np.errstate(over="ignore"):  # modulo 2**64 is meant
        mixed = numbers.astype(np.uint64) * np.uint64(_GOLDEN) + np.uint64(start)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
        mixed = mixed ^ (mixed >> np.uint64(31))
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def is_held_out(objects: Sequence[str], share: float, seed: int) -> NDArray[np.bool_]:
    """Return which objects are never trained on: the same ones in every round.

    Parameters
    ----------
    objects : sequence of str, length n
    share : float
        Of all objects, about.
    seed : int

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    said: dict[str, bool] = {}
    for name in objects:
        if name not in said:
            digest = hashlib.blake2b(f"{seed} held out {name}".encode(), digest_size=8).digest()
            said[name] = int.from_bytes(digest) < share * 2**64
    return np.fromiter((said[name] for name in objects), bool, len(objects))
