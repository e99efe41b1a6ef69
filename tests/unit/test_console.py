"""What a person reads, on a terminal that knows few letters or says that it has no width."""

import io
import sys

import pytest

from pipeline.io.console import console


@pytest.mark.parametrize("width", ["0", "80", "many"])
def test_letters_that_are_not_there_are_others(monkeypatch, width):
    """Without a width nothing at all would be printed."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("COLUMNS", width)
    console().print("index → decode: 2 deg² ☃")
    stream.flush()
    assert stream.buffer.getvalue() == b"index > decode: 2 deg2 ?\n"
