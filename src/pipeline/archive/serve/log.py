"""The server's log: a line of time and words on standard error."""

import logging
import sys


def log_to_stderr() -> None:
    """Log there, in this process."""
    logging.basicConfig(format="%(asctime)s %(message)s", stream=sys.stderr, level=logging.INFO)
