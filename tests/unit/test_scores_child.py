"""A look in a child process: its answer, its error, or that it crashed or hung."""

import os
import time

import pytest

from pipeline.scores.child import ChildError, in_child


def test_the_answer_and_the_error_of_a_child():
    assert in_child(sum, [1, 2], seconds=10) == 3
    with pytest.raises(ZeroDivisionError, match="division"):
        in_child(divmod, 1, 0, seconds=10)


def test_a_crash_and_a_hang_are_told_and_leave_nothing_behind():
    with pytest.raises(ChildError, match="it crashed"):
        in_child(os.abort, seconds=10)
    start = time.monotonic()
    with pytest.raises(ChildError, match=r"not done after 0.2 s"):
        in_child(time.sleep, 60, seconds=0.2)
    assert time.monotonic() - start < 10
