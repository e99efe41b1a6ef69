"""A look into a file by a library that damage may crash or hang: in a process of its own."""

import multiprocessing
from collections.abc import Callable
from typing import Any


class ChildError(RuntimeError):
    """The child crashed, or was not done in time."""


def in_child(function: Callable[..., Any], *arguments: object, seconds: float) -> Any:
    """Return what a function returns, called in a child process; raise what it raises.

    Raises
    ------
    ChildError
        If the process dies, or takes longer than `seconds`.
    """
    # A fork inherits what is loaded; a fresh interpreter would run the calling script again.
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_call, args=(sender, function, arguments), daemon=True)
    process.start()
    sender.close()
    try:
        if not receiver.poll(seconds):
            raise ChildError(f"not done after {seconds} s")
        value, error = receiver.recv()
    except EOFError:
        raise ChildError("it crashed") from None
    finally:
        process.kill()
        process.join()
        receiver.close()
    if error is not None:
        raise error
    return value


def _call(sender: Any, function: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    try:
        sender.send((function(*arguments), None))
    except Exception as error:  # for the parent to raise
        sender.send((None, error))
