"""Label the open round's alerts, or those that passed a filter, by a key each."""

import argparse
import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.contract.arguments import add_configuration

if TYPE_CHECKING:
    from pipeline.vra.configured import Assistant
    from pipeline.vra.labels.session import Asked, Progress, Session

COMMAND = "label"
MOST_PORT = 65535
EXAMPLES = (
    "nightmill label --web",
    "nightmill label --filter fink_vra --night 20260101 --who ann",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--who", metavar="NAME", help="the labeller; by default the login name")
    parser.add_argument(
        "--filter", metavar="NAME", help="all alerts that passed it, not the round's worklist"
    )
    parser.add_argument("--night", help="with --filter: its alerts of this night alone")
    parser.add_argument(
        "--web", action="store_true", help="on a page in the browser, served on this machine alone"
    )
    parser.add_argument(
        "--port", type=port, default=0, help="with --web: the page's port; by default one is chosen"
    )
    add_configuration(parser)


def port(text: str) -> int:
    """Return a port, 0 for any that is free.

    >>> port("8765")
    8765
    """
    if not text.isdigit() or int(text) > MOST_PORT:
        raise argparse.ArgumentTypeError(f"a port is 0 to {MOST_PORT}, not {text!r}")
    return int(text)


def run(arguments: argparse.Namespace) -> None:
    """Ask until nothing is left, or the labeller quits."""
    from pipeline.plan.assistant import read_assistant  # noqa: PLC0415 - heavy, as all below
    from pipeline.vra.labels.claims import Claims  # noqa: PLC0415
    from pipeline.vra.labels.lines import check_who  # noqa: PLC0415
    from pipeline.vra.labels.loop import last_words  # noqa: PLC0415
    from pipeline.vra.labels.session import Session  # noqa: PLC0415

    who = check_who(arguments.who or getpass.getuser())
    section = read_assistant(arguments.directory, arguments.configfile)
    what, alerts, labels = _alerts(arguments, section)
    folder: Path = arguments.directory / labels
    with Claims(folder) as claims:
        session = Session(folder, who, alerts, section.experiment, section.overlap, claims)
        try:
            ask = _serve if arguments.web else _ask
            ask(session, arguments, what)
        finally:
            print(last_words(session, str(folder), what))


def _alerts(arguments: argparse.Namespace, section: "Assistant") -> "tuple[str, list[Asked], str]":
    """Return whose alerts they are, in words, the alerts, and the folder of their labels."""
    from pipeline.vra.labels.asked import of_filter, of_round  # noqa: PLC0415
    from pipeline.vra.places import EXPERIMENT, open_round  # noqa: PLC0415
    from pipeline.vra.rounds.began import labels_folder  # noqa: PLC0415

    directory, night = arguments.directory, arguments.night
    if arguments.filter is not None:
        alerts = of_filter(directory, section.survey, arguments.filter, night)
        return f"{arguments.filter}{f' {night}' if night else ''}", alerts, section.labels
    if night is not None:
        raise ValueError("--night goes with --filter: a round's worklist is of all nights")
    number = open_round(directory, section.experiment)
    if number is None:
        where = directory / EXPERIMENT.format(experiment=section.experiment)
        raise ValueError(
            f"{where}: no round is open; a run of the workflow opens the next (or label the "
            "alerts of a filter: --filter NAME)"
        )
    labels = labels_folder(directory, section.experiment, number, section.labels)
    return f"round {number}", of_round(directory, section.experiment, number), labels


def _serve(session: "Session", arguments: argparse.Namespace, what: str) -> None:
    """Ask on a page, until it says quit or the command is told to end."""
    from pipeline.io.ended import ended_by_signals  # noqa: PLC0415
    from pipeline.notebook import Results  # noqa: PLC0415
    from pipeline.show.web.desk import Desk  # noqa: PLC0415
    from pipeline.show.web.server import LabelServer  # noqa: PLC0415

    results = Results(arguments.directory, "arrow")
    desk = Desk(session, results, what, str(session.folder))
    with LabelServer(desk, arguments.port) as server:
        print(f"open {server.address} (control-C ends it)", flush=True)
        try:
            with ended_by_signals():
                server.serve_forever()
        finally:
            desk.close()


def _ask(session: "Session", arguments: argparse.Namespace, what: str) -> None:
    """Ask on the terminal, or by lines of standard input."""
    from pipeline.io.console import console  # noqa: PLC0415
    from pipeline.io.keys import forget_typed, key_of_line, keys_of_terminal  # noqa: PLC0415
    from pipeline.notebook import Results  # noqa: PLC0415
    from pipeline.show.to_label import Screen  # noqa: PLC0415
    from pipeline.vra.labels.loop import HELP, label_all  # noqa: PLC0415

    screen = Screen(Results(arguments.directory, "arrow"), console(), what)
    if not sys.stdin.isatty():
        print(f"standard input is no terminal: a line a key ({HELP})")
        label_all(session, screen.show, screen.say, key_of_line)
        return
    terminal = os.dup(sys.stdin.fileno())

    def show(asked: "Asked", progress: "Progress", everything: bool) -> None:
        screen.load(asked)
        forget_typed(terminal)
        screen.show(asked, progress, everything)

    with keys_of_terminal(terminal) as key:
        try:
            label_all(session, show, screen.say, key)
        finally:
            print()  # beneath the line of what was said
