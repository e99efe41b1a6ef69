"""What is wrong with a survey's module and its CSV, told before any job.

A survey of another package is seen here for the first time: its own tests may not know what
the tables of all surveys ask of it.
"""

from collections.abc import Iterator

from pipeline.alerts.shared_columns import CORE, HISTORY_SCHEMA
from pipeline.alerts.surveys.registry import columns_of_package, get_survey, survey_files
from pipeline.alerts.surveys.survey import HEADER, TYPES, Survey

HISTORY_KEYS = (*HISTORY_SCHEMA.names, "band")
"""What the mappings of a `History` and a `Measurement` may name."""


def wrong_with(name: str) -> Iterator[str]:
    """Yield a line for each thing that is wrong with a survey: the file and what is expected.

    Parameters
    ----------
    name : str
        One of `pipeline.alerts.surveys.registry.names`.
    """
    try:
        module, columns = survey_files(name)
    except ValueError as error:
        yield str(error)
        return
    if not columns.is_file():
        yield f"{columns} is not there: expected {','.join(HEADER)} and a line for each column"
        return
    try:
        survey = get_survey(name)
        lines = list(_other_columns(survey))
    except Exception as error:  # whatever happens while another's module is imported
        text = " ".join(str(error).split())
        # ours name the CSV, or the module, themselves
        told = isinstance(error, ValueError) and name in text
        yield text if told else f"{module}: {type(error).__name__}: {text}"
        return
    if survey.columns_csv.resolve() != columns.resolve():
        yield f"{module}: columns_csv is {survey.columns_csv}: expected {columns}"
    yield from (f"{module}: {line}" for line in _unknown_keys(survey))
    yield from (f"{columns}: {line}" for line in lines)


def _unknown_keys(survey: Survey) -> Iterator[str]:
    """Tell of keys of mappings that name no column: their values would be left out."""
    mappings = [(f"History {h.path!r}", h.columns) for h in survey.histories]
    for what, mapping in (*mappings, ("Measurement", survey.measurement.columns)):
        for key in mapping:
            if key not in HISTORY_KEYS:
                expected = ", ".join(HISTORY_KEYS)
                yield f"{what}: {key!r} is no column of history: expected of {expected}"


def _other_columns(survey: Survey) -> Iterator[str]:
    """Tell of columns that cannot stand in one table with those of the other surveys."""
    core = {column.name for column in CORE}
    words = {type_: word for word, type_ in TYPES.items()}
    shipped = columns_of_package()
    others = {c.name: (c.type, name) for name, c in shipped if name != survey.name}
    for column in survey.columns:
        if column.name in core:
            yield f"{column.name!r} is a column of all surveys: take its line out"
        elif column.name in others:
            type_, name = others[column.name]
            if column.type != type_:
                found, expected = words[column.type], words[type_]
                yield f"{column.name!r} is {found}: expected {expected}, as in {name}"
