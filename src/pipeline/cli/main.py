"""The command ``nightmill``: what a person runs by hand, beside the workflow.

A command is a module in `pipeline.cli` with

- ``COMMAND``: its words, for example ``"simulate alerts"``;
- ``EXAMPLES``: one or two command lines that end its help, ``"nightmill simulate alerts …"``;
- a docstring, whose first line is its help;
- ``add_arguments(parser)``, which declares its options;
- ``run(arguments)``, which does the work. Heavy imports belong in there: every command
  pays for those at the top of every module.

What is wrong with the arguments or the files is a `ValueError` or an `OSError`; it ends
the program with one line on standard error and status 1.
"""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence
from types import ModuleType

from pipeline import __version__, cli
from pipeline.io.messages import one_line

DESCRIPTION = "What a person runs by hand, beside the workflow."
_EXAMPLES = "examples:"


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status."""
    arguments, unknown = build_parser().parse_known_args(argv)
    if unknown:  # argparse itself would answer with the usage of all commands
        arguments.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        arguments.run(arguments)
    except KeyboardInterrupt:
        print("nightmill: interrupted", file=sys.stderr)
        return 130
    except (ValueError, OSError) as error:
        print(f"nightmill: {one_line(error)}", file=sys.stderr)
        return 1
    return 0


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands in `pipeline.cli`."""
    parser = argparse.ArgumentParser(prog="nightmill", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    groups = {(): parser.add_subparsers(required=True, metavar="COMMAND")}
    modules = find_commands()
    for module in modules:
        words = tuple(module.COMMAND.split())
        for depth in range(1, len(words)):  # "simulate" of "simulate alerts"
            if words[:depth] not in groups:
                start = " ".join(words[:depth]) + " "
                under = [m.COMMAND for m in modules if m.COMMAND.startswith(start)]
                summary = ", ".join(command.removeprefix(start) for command in under)
                group = groups[words[: depth - 1]].add_parser(words[depth - 1], help=summary)
                groups[words[:depth]] = group.add_subparsers(required=True, metavar="COMMAND")
        summary = (module.__doc__ or "").strip().splitlines()[0]
        command = groups[words[:-1]].add_parser(
            words[-1],
            help=summary,
            description=summary,
            epilog="\n  ".join([_EXAMPLES, *module.EXAMPLES]),
            formatter_class=_Help,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run, parser=command)
    return parser


class _Help(argparse.HelpFormatter):
    """Help whose examples stay as they are: argparse would fill them as one paragraph."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith(_EXAMPLES) else super()._fill_text(text, width, indent)


def find_commands() -> list[ModuleType]:
    """Return the modules of all commands, in the order of their names."""
    names = sorted(module.name for module in pkgutil.iter_modules(cli.__path__))
    return [importlib.import_module(f"{cli.__name__}.{n}") for n in names if n != "main"]


if __name__ == "__main__":
    sys.exit(main())
