"""The reference of the command `nightmill`, from its own help."""

import argparse
import importlib
import os
import tomllib
from collections.abc import Iterator

from pages import ROOT


def commands_page() -> str:
    """Return a page with the help of every command."""
    os.environ["COLUMNS"] = "90"
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    ((_, entry),) = scripts.items()
    parser = importlib.import_module(entry.partition(":")[0]).build_parser()
    out = ["# Commands", "", parser.description or "", ""]
    for command in _leaves(parser):
        out += [f"## {command.prog}", "", "```text", command.format_help().rstrip(), "```", ""]
    return "\n".join(out)


def _leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not groups:
        yield parser
    for group in groups:
        for child in group.choices.values():
            yield from _leaves(child)
