"""Fuzzing: every reader against mutated files, seeded and bounded (`make fuzz`).

A fuzzer is a test ``test_fuzz_<kind>`` that takes the fixture `mutants`; what once broke a
reader lies in ``corpus/<kind>/`` and is tried first, each time.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mutate import Mutant, mutants_of

CORPUS = Path(__file__).parent / "corpus"


def pytest_addoption(parser):
    parser.addoption("--fuzz-cases", type=int, default=300, help="mutants a fuzzer tries")
    parser.addoption("--fuzz-seed", type=int, default=0, help="seed of the mutations")


@pytest.fixture
def mutants(request) -> Callable[..., Iterator[Mutant]]:
    """Return a function (kind, seeds) → the kind's corpus, then mutants of the seeds."""

    def make(kind: str, seeds: list[bytes], share: float = 1.0) -> Iterator[Mutant]:
        cases = max(1, int(request.config.getoption("--fuzz-cases") * share))
        seed = request.config.getoption("--fuzz-seed")
        for path in sorted(CORPUS.joinpath(kind).glob("*")):
            yield Mutant(f"corpus/{kind}/{path.name}", path.read_bytes())
        yield from mutants_of(kind, seeds, cases, seed)

    return make
