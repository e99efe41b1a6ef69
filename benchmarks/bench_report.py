"""The morning page of a night of 300,000 alerts: what it reads, and the page itself.

The tables are synthetic: six models' scores, three catalogues' matches, ten shards. The 100
objects of the page are simulated packets, whose stamps and light curves are read and drawn;
the index has a row for every alert. No peer makes such a page.
"""

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from measure import Figure, figure

from pipeline.alerts.alerts_table import alerts_schema
from pipeline.alerts.index import index_part
from pipeline.alerts.index_merge import merge_index
from pipeline.alerts.index_table import load_index, write_index
from pipeline.alerts.parts import Part as IndexPart
from pipeline.alerts.surveys.registry import get_survey
from pipeline.io.tables import write_table
from pipeline.simulate.alerts import simulate_alerts

SHARDS, OBJECTS, MODELS, CATALOGS = 10, 100, 6, 3
SURVEY = get_survey("ztf")


def run(quick: bool) -> list[Figure]:
    """Measure both jobs, each in a process of its own.

    Parameters
    ----------
    quick : bool
        3,000 alerts.
    """
    alerts = 3_000 if quick else 300_000
    with tempfile.TemporaryDirectory() as folder:
        asked = _night(Path(folder), alerts)
        told = [_measured(folder, kind, asked) for kind in ("gather", "page")]
        size = (Path(folder) / "page.html").stat().st_size / 1e6
    note = f"{OBJECTS} objects, {MODELS} models, {CATALOGS} catalogues"
    seconds, memory = zip(*told, strict=True)
    return [
        figure(f"a night of {alerts:,} read", seconds[0], "CPU s", note=note),
        figure("its page", seconds[1], "CPU s", goal=2, note="with start and imports"),
        figure("both", sum(seconds), "CPU s", goal=60),
        figure("memory", max(memory), "GB", goal=1),
        figure("size of the page", size, "MB", goal=5),
    ]


def _measured(folder: str, kind: str, asked: dict) -> tuple[float, float]:
    """Return CPU seconds and peak memory [GB] of a job, in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, kind, json.dumps(asked)],
        check=True, stdout=subprocess.PIPE, text=True, cwd=folder,
    )  # fmt: skip
    seconds, memory = json.loads(done.stdout.splitlines()[-1])
    return seconds, memory


def _night(folder: Path, alerts: int) -> dict:
    """Write the tables, the packets and the index; return what the jobs are asked."""
    random = np.random.default_rng(3)
    dump = simulate_alerts(folder / "packets", OBJECTS, 1, "20180201", format_="tarball")
    index_part(dump, SURVEY, IndexPart(0, 1), folder / "0.parquet", folder / "spool", None)
    merge_index([folder / "0.parquet"], dump, folder / "index.parquet")
    rows, schemas = load_index(folder / "index.parquet", 0, 1)
    real = rows["candid"].to_numpy()[:OBJECTS]
    candid = np.concatenate([real, np.arange(1, alerts - real.size + 1)])
    more = rows.take(pa.array(np.zeros(alerts - rows.num_rows, int)))
    at = more.schema.get_field_index("candid")
    more = more.set_column(at, "candid", pa.array(candid[rows.num_rows :]))
    write_index(pa.concat_tables([rows, more]).sort_by("key"), schemas, folder / "index.parquet")
    files: dict[str, list[str]] = {"alerts": [], "scores": [], "matches": []}
    for number, part in enumerate(np.array_split(np.arange(alerts), SHARDS)):
        for name, make in (("alerts", _alerts), ("scores", _scores), ("matches", _matches)):
            path = folder / f"{name}{number}.parquet"
            write_table(make(candid[part], part, random), path)
            files[name].append(str(path))
    counts = {"read": alerts, "alerts": alerts, "rejected": 0, "duplicates": 0, "history": 0}
    (folder / "summary.json").write_text(json.dumps({**counts, "unlisted_fields": []}))
    return {"folder": str(folder), "files": files}


def _alerts(candid: np.ndarray, part: np.ndarray, random: np.random.Generator) -> pa.Table:
    n = candid.size
    given = {
        "survey": pa.array(["ztf"] * n).dictionary_encode(),
        "candid": candid,
        "object_id": [f"ZTF18{i:07d}" for i in part],
        "jd": 2458150.5 + part / 1e6,
        "ra": random.uniform(0, 360, n),
        "dec": np.degrees(np.arcsin(random.uniform(-0.5, 1, n))),
        "fid": random.choice([1, 2, 3], n),
        "magpsf": np.where(part < OBJECTS, 15.0, random.normal(18.5, 1, n)),
        "sigmapsf": np.full(n, 0.1),
        "diffmaglim": random.normal(20.3, 0.4, n),
        "isdiffpos": (random.random(n) < 0.7) | (part < OBJECTS),
        "jdstarthist": np.full(n, 2458140.5),
    }
    schema = alerts_schema(SURVEY)
    random_ = pa.array(random.random(n))  # as full as a survey's: what is not read costs nothing
    columns = [
        pa.array(given[f.name]).cast(f.type)
        if f.name in given
        else random_.cast(f.type)
        if pa.types.is_floating(f.type)
        else pa.nulls(n, f.type)
        for f in schema
    ]
    return pa.table(columns, schema=schema)


def _scores(candid: np.ndarray, part: np.ndarray, random: np.random.Generator) -> pa.Table:
    n = candid.size
    columns: dict = {"candid": candid}
    for model in range(MODELS):
        score = np.where(part < OBJECTS, 1.0, random.random(n) * 0.99).astype(np.float32)
        columns |= {f"m{model}": score, f"m{model}_version": ["1"] * n}
        columns[f"m{model}_reason"] = pa.nulls(n, pa.string())
    return pa.table(columns)


def _matches(candid: np.ndarray, part: np.ndarray, random: np.random.Generator) -> pa.Table:
    n = candid.size
    return pa.table(
        {
            "survey": pa.array(["ztf"] * n).dictionary_encode(),
            "candid": candid,
            "catalog": pa.array([f"c{i % CATALOGS}" for i in part]).dictionary_encode(),
            "match_id": [str(i) for i in part],
            "distance_arcsec": random.random(n),
            "distance_kpc": pa.nulls(n, pa.float64()),
            "rank": pa.array(np.ones(n, np.int32)),
        }
    )


def _job(kind: str, folder: str, files: dict[str, list[str]]) -> None:
    """Do what one of the two rules does."""
    from pipeline.report.jobs import gather_night, report_night

    where = Path(folder)
    models = {f"m{i}": ["1", "no file"] for i in range(MODELS)}
    catalogs = {"catalogs": [f"c{i}" for i in range(CATALOGS)]}
    inputs = {
        "alerts__alerts": files["alerts"],
        "alerts__summary": [str(where / "summary.json")],
        "scores__scores": files["scores"],
        "crossmatch__matches": files["matches"],
    }
    page = "pipeline.{}.page:{}".format
    night, data = ("ztf", "20180201"), [str(where / "facts.json"), str(where / "objects.json")]
    if kind == "gather":
        of = "pipeline.alerts.page_facts:{}".format
        parts = [
            {"name": "alerts", "makers": {k: of(k) for k in ("facts", "ranking")}},
            {
                "name": "scores",
                "makers": {k: page("scores", k) for k in ("facts", "ranking", "about")},
                "settings": {"models": models},
            },
            {
                "name": "crossmatch",
                "makers": {k: page("crossmatch", k) for k in ("facts", "about")},
                "settings": catalogs,
            },
        ]
        index = str(where / "index.parquet")
        found = gather_night(night, index, files["alerts"], inputs, parts, OBJECTS, data)
        assert found == OBJECTS
        return
    parts = [
        {"name": name, "title": name, "makers": {"section": page(name, "section")},
         "settings": {"models": models, **catalogs}}
        for name in ("alerts", "scores", "crossmatch")
    ]  # fmt: skip
    outputs = [str(where / "page.html"), str(where / "page.json")]
    report_night(night, data, data[:1] * 30, {}, parts, {}, outputs)


if __name__ == "__main__":
    _job(sys.argv[1], **json.loads(sys.argv[2]))
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6]))
