"""Which errors of a job may be gone when it is tried again."""

from collections.abc import Iterator

NO_USE = "to try it again would not help"
"""What a job says of an error that stays, in its log and on standard error."""

LASTING = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, ImportError)
"""What bad inputs, a wrong configuration and mistakes in code raise: on any machine, each time."""


def may_heal(error: BaseException) -> bool:
    """Return whether to try again may help: not with what a job was given.

    Errors of files and networks may be gone, want of memory is met by asking for more, and of
    those that are not known nothing is held against another try.

    >>> may_heal(ValueError("no model")), may_heal(ConnectionError("reset"))
    (False, True)
    """
    if not isinstance(error, LASTING):
        return True
    return any(isinstance(e, MemoryError) or _of_the_system(e) for e in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _of_the_system(error: BaseException) -> bool:
    """Return whether an error is the system's: HDF5 and others call damaged files OSErrors too."""
    return isinstance(error, OSError) and error.errno is not None
