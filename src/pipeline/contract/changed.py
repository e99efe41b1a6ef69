"""Inputs that are no longer what a run began with."""


class ChangedInputError(OSError):
    """An input that changed under a run; its message says all that there is to say.

    A job's log has no traceback of it (`pipeline.contract.job`).
    """
