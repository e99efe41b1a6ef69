"""Seeded mutations of files, as a bad disk, a bad network and a bad person make them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

EXTREMES = [0, 1, 0x7F, 0x80, 0xFF]
WORDS = [b"\xff" * 8, b"\x00" * 8, b"\x80" * 9 + b"\x01", b"\xff" * 9 + b"\x01", b"1e400", b"NaN"]


@dataclass(frozen=True)
class Mutant:
    """A file to try: where it comes from (enough to make it again), and its bytes."""

    name: str
    data: bytes


def mutants_of(kind: str, seeds: list[bytes], cases: int, seed: int) -> Iterator[Mutant]:
    """Yield `cases` mutants of the seeds; the same for the same arguments."""
    for case in range(cases):
        rng = random.Random(f"{kind}:{seed}:{case}")
        data = rng.choice(seeds)
        for _ in range(rng.choice((1, 1, 1, 2, 4, 8))):
            data = rng.choice(MUTATIONS)(data, rng, seeds)
        yield Mutant(f"{kind} --fuzz-seed {seed}, case {case}", data)


def _flip(data: bytes, rng: random.Random, seeds: list[bytes]) -> bytes:
    if not data:
        return data
    place = rng.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]


def _set(data: bytes, rng: random.Random, seeds: list[bytes]) -> bytes:
    if not data:
        return data
    place = rng.randrange(len(data))
    return data[:place] + bytes([rng.choice(EXTREMES)]) + data[place + 1 :]


def _cut(data: bytes, rng: random.Random, seeds: list[bytes]) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _drop(data: bytes, rng: random.Random, seeds: list[bytes]) -> bytes:
    start = rng.randrange(len(data) + 1)
    return data[:start] + data[start + rng.choice((1, 2, 8, 64, 512)) :]


def _repeat(data: bytes, rng: random.Random, seeds: list[bytes]) -> bytes:
    start = rng.randrange(len(data) + 1)
    piece = data[start : start + rng.choice((1, 8, 64, 2880))]
    return data[:start] + piece * rng.choice((2, 3, 50)) + data[start + len(piece) :]


def _insert(data: bytes, rng: random.Random, seeds: list[bytes]) -> bytes:
    place = rng.randrange(len(data) + 1)
    return data[:place] + rng.choice((*WORDS, rng.randbytes(rng.randrange(1, 32)))) + data[place:]


def _overwrite(data: bytes, rng: random.Random, seeds: list[bytes]) -> bytes:
    place, word = rng.randrange(len(data) + 1), rng.choice(WORDS)
    return data[:place] + word + data[place + len(word) :]


def _splice(data: bytes, rng: random.Random, seeds: list[bytes]) -> bytes:
    other = rng.choice(seeds)
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


MUTATIONS = (_flip, _flip, _set, _cut, _drop, _repeat, _insert, _overwrite, _splice)
