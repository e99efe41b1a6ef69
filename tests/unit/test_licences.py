"""Every package that Nightmill runs with has a licence that goes with its own, MIT.

Taken from the installed packages' metadata, from pyproject.toml's dependencies on, without
the extras: those of tests may be under the GPL, nobody gets them with Nightmill.
"""

import re
import tomllib
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

PERMISSIVE = {
    *("0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause"),
    *("CC0-1.0", "ISC", "MIT", "MIT-CMU", "PSF-2.0", "Unlicense", "Zlib"),
}
# What is no SPDX expression: classifiers, and the field License of older metadata.
SPELLED = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "mit license": "MIT",
    "python software foundation license": "PSF-2.0",
}
EXCEPTIONS = {
    "certifi": "MPL-2.0: copyleft by file; a list of certificates, used unchanged",
    "docutils": "public domain and BSD; only its mode for Emacs, which is not in the wheel, is GPL",
}


def normal(name: str) -> str:
    return re.sub("[-_.]+", "-", name).lower()


def run_time() -> dict[str, Distribution]:
    """Return all that `pip install nightmill` installs here, by name."""
    found: dict[tuple[str, str], Distribution] = {}
    waiting = [(Requirement(text), "") for text in PROJECT["dependencies"]]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        for wanted in ("", *requirement.extras):
            key = (normal(requirement.name), wanted)
            if key not in found:
                found[key] = distribution(requirement.name)
                needs = found[key].requires or []
                waiting += [(Requirement(text), wanted) for text in needs]
    return {name: package for (name, _), package in found.items()}


def text_of(package: Distribution) -> str:
    """Return the licence that lies in the package, for those whose metadata say nothing."""
    texts = [path for path in package.files or [] if path.name.upper().startswith("LICEN")]
    return texts[0].read_text() if texts else ""


def licences(package: Distribution) -> set[str]:
    """Return the SPDX names of a package's licences, or what it says instead."""
    metadata = package.metadata
    if expression := metadata.get("License-Expression"):
        return set(re.split(r" (?:AND|OR) |[()]", expression)) - {""}
    classifiers = [
        text.split(" :: ")[-1]
        for text in metadata.get_all("Classifier") or []
        if text.startswith("License :: ")
    ]
    said = classifiers or (metadata.get("License") or text_of(package)).strip().splitlines()[:1]
    return {SPELLED.get(name.strip().lower(), name.strip()) for name in said}


PACKAGES = run_time()


def test_the_list_is_whole():
    assert {normal(Requirement(text).name) for text in PROJECT["dependencies"]} <= set(PACKAGES)
    assert {"llvmlite", "pydantic-core", "smmap"} < set(PACKAGES)  # of dependencies of ours
    assert not {"pytest", "healpy", "hpgeom", "tensorflow"} & set(PACKAGES)


@pytest.mark.parametrize("name", sorted(PACKAGES))
def test_licence(name):
    found = licences(PACKAGES[name])
    if name in EXCEPTIONS:
        assert not found or not found <= PERMISSIVE, f"{name} needs no exception any more"
    else:
        assert found, f"{name} does not say its licence: find out, and add it to EXCEPTIONS"
        assert found <= PERMISSIVE, f"{name} is under {', '.join(sorted(found - PERMISSIVE))}"


def test_exceptions_are_there():
    assert set(EXCEPTIONS) <= set(PACKAGES)


def test_a_copyleft_licence_is_told():
    assert not licences(distribution("healpy")) <= PERMISSIVE
