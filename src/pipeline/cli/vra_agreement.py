"""Say how far labellers agree: Cohen's kappa of each two, and where they do not."""

import argparse

from pipeline.contract.arguments import add_configuration

COMMAND = "vra agreement"
EXAMPLES = ("nightmill vra agreement",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_configuration(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print lines and a table."""
    from pipeline.plan.assistant import read_assistant  # noqa: PLC0415 - heavy
    from pipeline.show.safe import safe  # noqa: PLC0415
    from pipeline.vra.labels.agreement import agreements, disagreements  # noqa: PLC0415
    from pipeline.vra.labels.store import read  # noqa: PLC0415

    folder = arguments.directory / read_assistant(arguments.directory, arguments.configfile).labels
    labels = read(folder)
    for problem in labels.problems:
        if "contradicting" not in problem:  # those are in the table
            print(safe(problem))
    both = agreements(labels)
    if not both:
        print(f"{folder}: fewer than two people have labelled")
    for one in both:
        told = f"kappa – ({one.reason})" if one.kappa is None else f"kappa {one.kappa:.3f}"
        agree = "" if one.observed is None else f", {100 * one.observed:.1f} % alike"
        print(f"{one.first} and {one.second}: {told}; {one.shared} by both{agree}")
    for candid, name, said in disagreements(labels):
        words = "  ".join(f"{who} {label}" for who, label in sorted(said.items()))
        print(f"{candid:<20} {safe(name, 20):<13} {words}")
