"""What a light curve shows, in a line; and what is said where there are no results."""

import pytest

from pipeline.notebook import Results
from pipeline.plan.found import found_lines
from pipeline.report.cards import DETECTION, LIMIT
from pipeline.report.light_curve import curve_words

FADED = (58349.2, "ztfg", DETECTION, 13.41, 0.04, False)
RISEN = (58341.3, "ztfr", DETECTION, 15.14, 0.23, True)
FAINT = (58340.3, "ztfr", LIMIT, 19.5, None, None)


def test_brightest_is_of_what_has_risen():
    words = curve_words([FAINT, RISEN, FADED])
    assert words.endswith("brightest 15.14 mag in ztfr at MJD 58341.30")
    assert words.startswith("Light curve: 2 detections, 1 limits, 0 forced in 9 d")


def test_of_what_has_only_faded_that_is_said():
    assert "largest fading 13.41 mag in ztfg" in curve_words([FAINT, FADED])


def test_a_detection_without_a_sign_counts_as_risen():
    assert "brightest 15.14" in curve_words([(*RISEN[:5], None), FADED])


def test_below_a_run_another_directory_is_asked_for(tmp_path):
    for look in (found_lines, Results):
        with pytest.raises(FileNotFoundError, match="run the workflow first or name another"):
            look(tmp_path)
