"""docs/tables.md says what is so: its code runs, its columns are those of the files."""

import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.units import Unit
from workdir import OBJECTS, ROOT

from pipeline.plan.domains import TABLES

pytestmark = pytest.mark.workflow
DOCUMENT = (ROOT / "docs/tables.md").read_text()
NOTEBOOK = (ROOT / "docs/notebook.md").read_text()
BLOCK = re.compile(r"^```python\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
CODE = BLOCK.findall(DOCUMENT)


def run(code, folder, monkeypatch):
    """Run one of the document's blocks in a finished directory; return its variables."""
    monkeypatch.chdir(folder)
    variables = {}
    exec(compile(code, "tables.md", "exec"), variables)
    return variables


def block(with_text):
    (code,) = (code for code in CODE if with_text in code)
    return code


@pytest.mark.parametrize("code", [*CODE, *BLOCK.findall(NOTEBOOK)])
def test_every_block_runs(two_surveys, monkeypatch, capsys, code):
    run(code, two_surveys.path, monkeypatch)
    assert capsys.readouterr().out.strip()


def test_units(two_surveys, monkeypatch, capsys):
    code = block('read_schema("results/alerts/ztf/20180201/0000.parquet")')
    run(code, two_surveys.path, monkeypatch)
    assert capsys.readouterr().out.strip() == code.split("# ")[1].strip()


def test_one_survey(two_surveys, monkeypatch):
    found = run(block("night.merge"), two_surveys.path, monkeypatch)
    assert (len(found["night"]), len(found["survey"])) == (OBJECTS, OBJECTS)
    found = run(block("bright ="), two_surveys.path, monkeypatch)
    assert sorted(found["bright"]["candid"].to_pylist()) == [1000, 1001, 1002]
    found = run(block('pl.col("rank") == 1'), two_surveys.path, monkeypatch)
    joined = found["alerts"].join(found["matches"], on=["survey", "candid"]).collect()
    assert joined["catalog"].to_list() == ["stars"] * OBJECTS


@pytest.mark.parametrize("with_text", ["unify_schemas", 'how="diagonal"'])
def test_everything(two_surveys, monkeypatch, with_text):
    everything = run(block(with_text), two_surveys.path, monkeypatch)["everything"]
    read = everything.collect if "diagonal" in with_text else everything.to_table
    rows = read().to_pandas()
    assert rows.candid.dtype == "int64"
    assert rows.magpsf.notna().all()
    assert rows.groupby("survey", observed=True).size().to_dict() == {"skyeye": 6, "ztf": OBJECTS}
    assert {"band", "fid", "rbversion"} <= set(rows.columns)


def test_everything_by_duckdb(two_surveys, monkeypatch):
    everything = run(block("avg(drb)"), two_surveys.path, monkeypatch)["everything"]
    drb = pytest.approx(0.9)
    assert everything.fetchall() == [
        ("skyeye", "stars", 6, drb), ("skyeye", "ztf_alerts", 6, drb), ("ztf", "stars", 12, None)
    ]  # fmt: skip


def test_light_curves(two_surveys, monkeypatch):
    found = run(block("distinct on"), two_surveys.path, monkeypatch)["light_curve"].fetchall()
    assert [row[0] for row in found] == [2458148.5, 2458149.5]
    assert {row[1:3] for row in found} == {("ztfg", 18.0)}
    found = run(block("photometry("), two_surveys.path, monkeypatch)["light_curve"]
    assert set(found.object_id) == {"ZTF18aaaaa03"}
    assert sorted(found.mjd) == [58148.0, 58149.0, 58150.0]
    said = DOCUMENT.split("Its columns: ")[1].split("`origin` is null")[0]
    assert set(re.findall(r"`(\w+)`", said)) - {"ab"} == set(found.columns)


def test_astropy_reads_it(two_surveys, monkeypatch):
    """Values, masks and units, of every table: what Table.read cannot do (test_opened.py)."""
    code = block("from pipeline.notebook")
    for name in ("alerts", "history", "scores", "matches"):
        code_of = code.replace("history", name).split("print(")[0]
        found = run(code_of, two_surveys.path, monkeypatch)["table"]
        read = pq.read_table(two_surveys.path / f"results/{name}/ztf/20180201")
        assert found.colnames == read.column_names
        for column in read.schema:
            masked = found[column.name]
            expected = read[column.name].to_pylist()
            assert list(masked.mask) == [value is None for value in expected]
            kept = [value for value in expected if value is not None]
            assert masked.compressed().tolist() == pytest.approx(kept, nan_ok=True)
            unit = (column.metadata or {}).get(b"unit", b"").decode()
            assert masked.unit == (Unit(unit) if unit else None)
        assert found["candid"].dtype == "int64"


def test_the_surveys_are_named():
    """Those of the package, in the README and here."""
    own = {path.stem for path in (ROOT / "src/pipeline/alerts/surveys").glob("*.csv")}
    for page in (DOCUMENT, (ROOT / "README.md").read_text()):
        (said,) = re.findall(r"survey>?` is (.+?)or \[one", page, flags=re.DOTALL)
        assert set(re.findall(r"`(\w+)`", said)) == own


def documented(table):
    """Return the document's rows about a table's columns: name, type, unit, null."""
    heading = table.replace("_", " ").capitalize()
    section = DOCUMENT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = []
    for line in re.findall(r"^\| (`.*) \|$", section.replace(r"\|", "/"), flags=re.MULTILINE):
        names, type_, unit, null, *_ = (cell.strip() for cell in line.split("|"))
        rows += [(name.strip("`"), type_, unit, null) for name in names.split(", ")]
    return rows


def plain(type_):
    value = type_.value_type if pa.types.is_dictionary(type_) else type_
    return {"double": "float64", "float": "float32"}.get(str(value), str(value))


def files_of(workdir, table):
    return sorted((workdir.path / "results" / table).glob("*/*/*.parquet"))


@pytest.mark.parametrize("table", [table.name for table in TABLES if not table.fixed])
def test_columns(two_surveys, table):
    rows = documented(table)
    for path in files_of(two_surveys, table):
        schema = pq.read_schema(path)
        columns = [
            (f.name, plain(f.type), (f.metadata or {}).get(b"unit", b"").decode()) for f in schema
        ]
        assert columns[: len(rows)] == [row[:3] for row in rows]
        assert table == "alerts" or len(columns) == len(rows)


CHOSEN = {
    "matches": {
        "stars_type": "string", "ztf_alerts_object_id": "string", "ztf_alerts_jd": "float64"
    }
}  # fmt: skip


@pytest.mark.parametrize("table", [table.name for table in TABLES if table.fixed])
def test_columns_that_the_configuration_names(two_surveys, table):
    rows = [row for row in documented(table) if "<catalog>" not in row[0]]
    # no model here takes triplets
    rows = [row for row in rows if not row[0].endswith("_nodata")]
    expected = {name.replace("<model>", "bright"): type_ for name, type_, *_ in rows}
    expected |= CHOSEN.get(table, {})
    schema = pq.read_schema(files_of(two_surveys, table)[0])
    assert {f.name: plain(f.type) for f in schema} == expected


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_its_key_names_a_row(two_surveys, table):
    for path in files_of(two_surveys, table.name):
        rows = pq.read_table(path, columns=list(table.keys)).to_pandas()
        assert not table.keys or not rows.duplicated().any()


@pytest.mark.parametrize("table", [table.name for table in TABLES])
def test_what_is_never_null(two_surveys, table):
    never = [name for name, _, _, null in documented(table) if null == "never"]
    assert {"survey"} < set(never)
    for path in files_of(two_surveys, table):
        found = pq.read_table(path)
        for name in never:
            assert found[name.replace("<model>", "bright")].null_count == 0


@pytest.mark.parametrize("survey", ["skyeye", "ztf"])
def test_scores_are_in_the_order_of_the_alerts(two_surveys, survey):
    tables = [two_surveys.path / "results" / name / survey for name in ("alerts", "scores")]
    alerts, scores = (pq.read_table(next(t.glob("*/*.parquet")))["candid"] for t in tables)
    assert alerts.equals(scores)
