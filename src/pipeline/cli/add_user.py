"""Add a user of `nightmill serve`, or change a password."""

import argparse
from pathlib import Path

COMMAND = "add-user"
EXAMPLES = ("nightmill add-user someone --users users",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", help="letters, digits and _ . @ -")
    parser.add_argument(
        "--users",
        type=Path,
        required=True,
        metavar="FILE",
        help="made if it is not there; mode 600, passwords as salted hashes",
    )


def run(arguments: argparse.Namespace) -> None:
    """Ask for the password, or read it from standard input, and write the file."""
    import getpass  # noqa: PLC0415 - for this command alone
    import sys  # noqa: PLC0415

    from pipeline.archive.serve.users import add_user  # noqa: PLC0415

    if sys.stdin.isatty():
        password = getpass.getpass()
        if getpass.getpass("Again: ") != password:
            raise ValueError("two different passwords; nothing is written")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    add_user(arguments.users, arguments.name, password)
    print(f"{arguments.name} may ask, by {arguments.users}")
