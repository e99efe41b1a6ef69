"""Labels from finkvra and to it, and how far labellers agree."""

import csv
import pickle

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cli.main import main
from pipeline.vra.labels.agreement import agreements, cohen_kappa, disagreements
from pipeline.vra.labels.importing import read_files
from pipeline.vra.labels.store import append, read

HEADER = "candid,objectId,label,timestamp\n"


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/alerts.tsv").write_text("survey\tnight\tpath\n")
    text = "alerts: config/alerts.tsv\nvra: {filter: fink_vra}\n"
    (tmp_path / "config/config.yaml").write_text(text)
    return tmp_path


def vra(directory, capsys, *words):
    status = main(["vra", *map(str, words), "--directory", str(directory)])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_what_finkvra_has_and_back(directory, capsys):
    labels, ids, poll = (directory / n for n in ("l.csv", "training_ids.csv", "1_alerts.parquet"))
    labels.write_bytes(
        (HEADER + "1,ZTF18a,real,2025-06-01T10:00:00.5\n2,ZTF18b,varstar,proxy\n" + HEADER
         + "3,ZTF18c,star,x\n4.0,ZTF18d,gal,x\n5,ZTF18e\n6,ZTF18f,agn,\n").replace("\n", "\r\n")
        .encode()
    )  # fmt: skip
    ids.write_text("candid,round\n1,0\n2,1\n9,1\nx,1\n")
    pq.write_table(pa.table({"candid": [1, 50], "objectId": ["a", "b"]}), poll)
    status, out, err = vra(directory, capsys, "import", labels, ids, poll)
    assert status == 0
    assert out.splitlines() == [
        f"labels: 3 new of 3 in {directory}/labels/finkvra.csv",
        "trained on: 3 in rounds up to 1; 1 unlabelled",
        "polls: 2 alerts, 1 labelled",
    ]
    assert err.count("left out") == 4 and f"{labels}, line 5" in err
    assert "0 new of 3" in vra(directory, capsys, "import", labels)[1]
    found = read(directory / "labels")
    assert not found.problems
    assert found.by_candid()[1].timestamp == "2025-06-01T10:00:00.500000+00:00"
    out = directory / "out.csv"
    assert vra(directory, capsys, "export", out)[0] == 0
    assert vra(directory, capsys, "export", out)[0] == 1
    rows = list(csv.DictReader(out.open()))
    assert [(row["candid"], row["objectId"], row["label"]) for row in rows] == [
        ("1", "ZTF18a", "real"), ("2", "ZTF18b", "varstar"), ("6", "ZTF18f", "agn"),
    ]  # fmt: skip
    vra(directory, capsys, "import", out, "--who", "ann")
    again = read(directory / "labels").given
    assert {o.candid: o.label for o in again if o.who == "ann"} == {
        o.candid: o.label for o in again if o.who == "finkvra"
    }


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("model.pkl", pickle.dumps({"candid": 1}), ".csv (labels"),
        ("a.parquet", pickle.dumps({"candid": 1}), "a parquet file"),
        ("a.csv", b"a,b\n1,2\n", "columns candid and label"),
        ("a.csv", b"", "columns candid and label"),
        ("../who", b"", "no regular file"),
    ],
)
def test_other_files_are_refused(directory, capsys, name, content, told):
    path = directory / name
    path.mkdir() if name == "../who" else path.write_bytes(content)
    status, _, err = vra(directory, capsys, "import", path)
    assert status == 1 and told in err and err.count("\n") == 1
    assert not (directory / "labels").exists()


def test_a_labeller_that_is_a_path(directory, capsys):
    (directory / "a.csv").write_text(HEADER)
    assert vra(directory, capsys, "import", directory / "a.csv", "--who", "../x")[0] == 1


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=120))
def test_any_csv_is_taken_or_told(tmp_path_factory, junk):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(HEADER.encode() + b"1,ZTF18a,real,x\n" + junk)
    try:
        assert read_files([path], "ann").labels[0].candid == 1
    except ValueError as error:
        assert str(path) in str(error)


def test_kappa():
    assert cohen_kappa([]) is None
    assert cohen_kappa([("a", "a")] * 3) is None
    assert cohen_kappa([("a", "a"), ("b", "b")]) == 1
    assert cohen_kappa([("a", "b"), ("b", "a")]) == -1
    assert cohen_kappa([("a", "b")] * 3) == 0


@settings(deadline=None)  # the first imports scikit-learn
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2))
def test_kappa_is_scikit_learns(pairs):
    metrics = pytest.importorskip("sklearn.metrics")
    kappa = cohen_kappa(pairs)
    if kappa is not None:
        assert kappa == pytest.approx(metrics.cohen_kappa_score(*zip(*pairs, strict=True)))


def test_agreement(directory, capsys):
    assert "fewer than two" in vra(directory, capsys, "agreement")[1]
    folder = directory / "labels"
    for candid, ann, bob in ((1, "real", "real"), (2, "gal", "agn"), (3, "skip", "real")):
        append(folder, "ann", candid, "ZTF18a", ann)
        append(folder, "bob", candid, "ZTF18a", bob)
    append(folder, "cyd", 9, "ZTF18b", "real")
    first, second, _ = agreements(read(folder))
    assert (first.shared, first.observed, first.kappa) == (2, 0.5, pytest.approx(1 / 3))
    assert second.kappa is None and second.reason
    assert disagreements(read(folder)) == [(2, "ZTF18a", {"ann": "gal", "bob": "agn"})]
    out = vra(directory, capsys, "agreement")[1].splitlines()
    assert out[0] == "ann and bob: kappa 0.333; 2 by both, 50.0 % alike"
    assert out[1] == "ann and cyd: kappa – (nothing was labelled by both); 0 by both"
    assert out[3].split() == ["2", "ZTF18a", "ann", "gal", "bob", "agn"]
