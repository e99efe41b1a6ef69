"""The filter laboratory's command on documents: hostile files, and what it says of filters."""

import gzip
import json

import pytest

from pipeline.cli.main import main

DOCUMENT = {
    "_id": 1,
    "candid": 1,
    "objectId": "ZTF18aaaaaaa",
    "candidate": {"programid": 1, "jd": 2458000.5, "magpsf": 17.5},
    "prv_candidates": [],
    "fp_hists": [],
}
BRIGHT = [{"$match": {"candidate.magpsf": {"$lt": 18}}}]


@pytest.fixture
def run(tmp_path, capsys):
    """Return a function that runs the command: status, what is said, and what is complained of."""

    def run(*filters, documents=None, name="docs.jsonl"):
        path = tmp_path / name
        path.write_bytes(json.dumps(DOCUMENT).encode() if documents is None else documents)
        files = []
        for number, one in enumerate(filters or [{"name": "bright", "pipeline": BRIGHT}]):
            files.append(tmp_path / f"{number}.json")
            files[-1].write_text(json.dumps(one))
        output = tmp_path / "out.csv"
        command = ["filter", "test", *files, "--documents", path, "--output", output]
        status = main([str(word) for word in command])
        return (status, *capsys.readouterr())

    return run


def test_what_passes_is_said(run):
    status, said, complaints = run()
    assert (status, complaints) == (0, "")
    assert said.startswith("bright: 1 of 1 documents\n1 rows in ")


@pytest.mark.parametrize(
    ("documents", "name", "complaint"),
    [
        (b"", "docs.jsonl", "docs.jsonl: has no documents"),
        (b"\n \n", "docs.jsonl", "docs.jsonl: has no documents"),
        (gzip.compress(b"{}\n" * 5000)[:-20], "docs.jsonl.gz", "expected a whole gzip file"),
        (b"no gzip", "docs.jsonl.gz", "expected a whole gzip file"),
        (gzip.compress(b"{}")[:5] + b"\xff" * 40, "docs.jsonl.gz", "expected a whole gzip file"),
        (b"{}\n\xff\xfe", "docs.jsonl", "expected text in UTF-8"),
        (b'{"a": 1, "a": 2}', "docs.jsonl", "'a' stands twice in one object"),
    ],
    ids=["empty", "blank", "cut", "no gzip", "damaged", "no text", "twice"],  # gzip has the time
)
def test_documents_that_cannot_be_read(run, documents, name, complaint):
    status, _, complaints = run(documents=documents, name=name)
    assert status == 1
    assert complaint in complaints
    assert len(complaints.splitlines()) == 1


def test_stages_are_counted_from_the_filters_first(run):
    odd = {"name": "odd", "pipeline": [*BRIGHT, {"$match": {"objectId": {"$regex": "(?<=Z)TF"}}}]}
    typo = {"name": "typo", "pipeline": [{"$match": {"jd": {"$gtt": 17}}}]}
    bright = {"name": "bright", "pipeline": BRIGHT}
    status, _, complaints = run(odd, typo, bright)
    assert status == 0
    assert "odd: refused: stage 2 ($match)" in complaints
    assert "typo: refused: stage 1 ($match): $gtt: unknown; $gt is meant?" in complaints
    status, _, complaints = run(odd, typo)
    assert status == 1
    assert complaints.endswith("no filter could be run\n")


def test_names_stand_once_and_surveys_are_known(run):
    one = {"name": "bright", "pipeline": BRIGHT}
    status, _, complaints = run(one, one)
    assert status == 1
    assert "has a filter bright too" in complaints
    status, _, complaints = run({**one, "catalog": "ZTF_sources"})
    assert status == 1
    assert "unknown survey 'ZTF_sources'; there are" in complaints


def test_permissions_left_out_are_those_of_the_public(run):
    secret = {**DOCUMENT, "candidate": {**DOCUMENT["candidate"], "programid": 2}}
    bright = {"name": "bright", "pipeline": BRIGHT}
    all_ = {**bright, "name": "all", "permissions": [1, 2]}
    _, said, _ = run(bright, all_, documents=json.dumps(secret).encode())
    assert said.splitlines()[:2] == ["bright: 0 of 1 documents", "all: 1 of 1 documents"]


def test_explain_takes_candids_only(run, tmp_path, capsys):
    run()
    command = ["filter", "explain", tmp_path / "0.json"]
    documents = ["--documents", tmp_path / "docs.jsonl"]
    for wrong in ("99999999999999999999", "1.5", "x"):
        with pytest.raises(SystemExit):
            main([str(word) for word in (*command, wrong, *documents)])
        assert "a candid is an integer of 64 bits" in capsys.readouterr().err
    (tmp_path / "docs.jsonl").write_text('{"_id": 1}')
    assert main([str(word) for word in (*command, 1, *documents)]) == 1
    assert "its documents have no candid" in capsys.readouterr().err


def test_a_look_behind_is_called_a_group_of_its_kind(run):
    pipeline = [{"$match": {"objectId": {"$regex": "(?<=Z)TF"}}}]
    _, _, complaints = run({"name": "behind", "pipeline": pipeline})
    assert "a group of the kind '(?<='" in complaints
