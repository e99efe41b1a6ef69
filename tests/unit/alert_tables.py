"""Small tables of alerts in a working directory's layout, without packets behind them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.alerts.alerts_table import alerts_schema
from pipeline.alerts.surveys.registry import get_survey
from pipeline.contract import paths
from pipeline.io.tables import write_table


def write_alerts(directory, ra, dec, night="20180201", survey="ztf", shards=1, start=1000, **more):
    """Write n alerts, cut into shards; return the files.

    Candids count from `start`; `more` are further columns, all others are null.
    """
    ra, dec = np.atleast_1d(np.asarray(ra, float)), np.atleast_1d(np.asarray(dec, float))
    n = len(ra)
    schema = alerts_schema(get_survey(survey))
    given = {
        "survey": pa.array([survey] * n, pa.string()).dictionary_encode(),
        "candid": pa.array(np.arange(start, start + n)),
        "object_id": [f"ZTF18a{(start + i) // 2:06d}" for i in range(n)],
        "jd": 2458150.5 + np.arange(n) / 1000,
        "ra": ra,
        "dec": dec,
        **more,
    }
    columns = [pa.array(given.get(f.name, [None] * n)).cast(f.type) for f in schema]
    table = pa.table(columns, schema=schema)
    files = []
    for number, rows in enumerate(np.array_split(np.arange(n), shards)):
        of = {"survey": survey, "night": night, "shard": paths.part_name(number)}
        path = Path(directory, paths.table("alerts").format(**of))
        write_table(table.take(pa.array(rows, pa.int64())), path)
        files.append(path)
    return files


def read_alerts(directory):
    """Return all alerts of a directory, in the order of their files."""
    files = sorted(Path(directory).glob("results/alerts/*/*/*.parquet"))
    return pa.concat_tables(map(pq.read_table, files), promote_options="default")
