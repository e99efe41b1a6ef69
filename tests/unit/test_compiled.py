"""What compiled functions hold: numba's cache sees changes of a function's own module only."""

import ast
from pathlib import Path

import pytest

from pipeline.events import optics
from pipeline.io import avro_kernel, avro_program
from pipeline.sky import constants
from pipeline.skymaps.recos import track

SOURCE = Path(__file__).parents[2] / "src"
COMPILED = [p for p in sorted(SOURCE.rglob("*.py")) if "njit(cache=True" in p.read_text()]


def test_there_are_compiled_modules():
    assert {path.name for path in COMPILED} >= {"avro_kernel.py", "track.py"}


@pytest.mark.parametrize("path", COMPILED, ids=lambda path: path.stem)
def test_a_compiled_module_takes_nothing_from_another(path):
    """A constant that changes there would be the old one in functions compiled before."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    assert not [name for name in found if name.startswith(("pipeline", "."))]


@pytest.mark.parametrize("name", ["COS_C", "SIN_C", "GROUP_INDEX"])
def test_light_in_ice_is_the_same(name):
    assert getattr(track, name) == getattr(optics, name)


def test_light_is_as_fast():
    assert track.SPEED_OF_LIGHT_M_NS == constants.SPEED_OF_LIGHT_M_NS


def test_operations_of_packets_are_the_same():
    names = [name for name in vars(avro_program) if f"_{name}" in vars(avro_kernel)]
    assert len(names) == 12
    for name in names:
        assert getattr(avro_kernel, f"_{name}") == getattr(avro_program, name), name
