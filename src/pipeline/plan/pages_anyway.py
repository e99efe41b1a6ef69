"""Pages of what there is, after a run in which something failed: a broken scan hides no night."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.alerts.domain import nights
from pipeline.contract.request import Request
from pipeline.plan import pages
from pipeline.report import domain as report
from pipeline.report.jobs import report_index, report_night

LONG_AGO = 1.0
"""Of such a page [s since 1970]: its inputs are newer, so that the next run makes it anew."""
CODE = "made of what there was after a run in which something failed"


def make_missing(request: Request, logs: str) -> Iterator[Path]:
    """Make the pages that a run left undone and whose nights were read; yield them.

    Parameters
    ----------
    request : Request
        Paths begin in the working directory.
    logs : str
        Folder of the jobs' logs.
    """
    if report.section_of(request) is None:
        return
    for night in nights(request):
        of = {"survey": night.survey, "night": night.night}
        page, numbers = (Path(p.format(**of)) for p in (report.PAGE, report.NUMBERS))
        gathered = [p.format(**of) for p in (report.FACTS, report.OBJECTS)]
        if page.exists() or not all(map(os.path.exists, gathered)):
            continue
        report_night(
            (night.survey, night.night),
            gathered,
            report.earlier(request, night.survey, night.night),
            _there(pages.files_of_page(request, night.survey, night.night)),
            pages.parts_to_show(request, night.survey),
            {"configuration": pages.configuration(request), "code": CODE},
            [str(page), str(numbers)],
        )
        yield _aged(page, numbers)
    index = Path(report.INDEX)
    if not index.exists():
        report_index(
            report.of_nights(request, report.NUMBERS),
            _there(pages.files_of_index(request)),
            pages.parts_of_index(request),
            logs,
            str(index),
        )
        yield _aged(index)


def _there(inputs: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {name: [f for f in files if os.path.exists(f)] for name, files in inputs.items()}


def _aged(*files: Path) -> Path:
    for file in files:
        os.utime(file, (LONG_AGO, LONG_AGO))
    return files[0]
