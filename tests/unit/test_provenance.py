"""A change of code that can change a result changes the hash of what depends on it only."""

import ast
import os
import shutil
from pathlib import Path

import pytest

from pipeline.contract import provenance
from pipeline.plan.fingerprint import fingerprint

TOOL = """import numpy
from pipeline.part import deep
def use():
    return deep.A
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    files = {
        "__init__.py": "",
        "job.py": "from pipeline.part.tool import use\nuse()\n",
        "other.py": "X = 1\n",
        "part/__init__.py": '"""Docs."""\n',
        "part/tool.py": TOOL,
        "part/deep.py": "A = 1\n",
    }
    root = tmp_path / "pipeline"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    monkeypatch.setattr(provenance, "ROOT", root)

    def changed(name, text):
        provenance._read.cache_clear()
        before = provenance.source_hash("pipeline.job")
        (root / name).write_text(text)
        provenance._read.cache_clear()
        return provenance.source_hash("pipeline.job") != before

    yield changed
    provenance._read.cache_clear()


def test_what_counts(package):
    assert package("part/deep.py", "A = 2\n")
    assert package(
        "part/tool.py", "from pipeline.part import deep\ndef use():\n    return -deep.A\n"
    )
    assert package("job.py", "from pipeline.part.tool import use\nuse(), 1\n")


def test_what_does_not(package):
    assert not package("other.py", "X = 2\n")
    assert not package("part/deep.py", "# why\nA  =  1\n")
    documented = TOOL.replace("def use():", 'def use():\n    """Docs."""')
    assert not package("part/tool.py", documented)


def test_unknown_module():
    with pytest.raises(ModuleNotFoundError, match=r"pipeline\.nothing"):
        provenance.source_hash("pipeline.nothing")


def test_real_modules_differ():
    assert provenance.source_hash("pipeline.contract.paths") != provenance.source_hash(
        "pipeline.sky.healpix"
    )


def test_fingerprint(tmp_path):
    file = tmp_path / "a" / "x.avro"
    file.parent.mkdir()
    file.write_bytes(b"1")
    of_both = [fingerprint(path) for path in (tmp_path, file)]
    assert [fingerprint(path) for path in (tmp_path, file)] == of_both
    file.write_bytes(b"22")
    longer = [fingerprint(path) for path in (tmp_path, file)]
    os.utime(file, ns=(0, file.stat().st_mtime_ns - 1))
    older = [fingerprint(path) for path in (tmp_path, file)]
    for first, second, third in zip(of_both, longer, older, strict=True):
        assert len({first, second, third}) == 3
    assert fingerprint(tmp_path / "missing") == ""


def test_no_fingerprint_of_what_the_workflow_makes(tmp_path, monkeypatch):
    """It is missing when the first run is planned, and would be new to the second."""
    monkeypatch.chdir(tmp_path)
    model = Path("results/models/trained/realbogus.h5")
    model.parent.mkdir(parents=True)
    model.write_bytes(b"1")
    assert fingerprint(model) == fingerprint(str(model)) == fingerprint("results") == ""


def test_comments_and_wording_in_files_do_not_count(tmp_path):
    """Scripts and the modules of surveys, which the configuration names."""
    script, table = tmp_path / "job.py", tmp_path / "columns.csv"

    def written(path, text):
        path.write_text(text)
        return provenance.source_hash(files=[path])

    before = written(script, "A = 1\n")
    assert written(script, '"""Docs."""\nA  =  1  # why\n') == before
    assert written(script, "A = 2\n") != before
    assert written(table, "a\n") != written(table, "a \n")
    assert written(script, "no python") != written(script, "no python # at all")


ALIKE = [
    ("def f(*, a, b=1): pass", "def f(*, a=1, b): pass"),
    ("a = b - c", "a = b + c"),
    ("a = [b, [c]]", "a = [[b], c]"),
    ("a = 1", "a = '1'"),
    ("a < b > c", "a > b < c"),
    ("if a:\n b\n c", "if a:\n b\nc"),
    ("{**a, b: c}", "{b: c, **a}"),
    ("a.b.c", "a.c.b"),
    ("f'{a!r}'", "f'{a!s}'"),
    ("def f(): global a", "def f(): nonlocal a"),
]


@pytest.mark.parametrize(("first", "second"), ALIKE)
def test_code_that_looks_alike_differs(tmp_path, first, second):
    hashes = []
    for text in (first, second):
        (tmp_path / "x.py").write_text(text)
        hashes.append(provenance.source_hash(files=[tmp_path / "x.py"]))
    assert hashes[0] != hashes[1]


WORDS_IN_RESULTS = [
    ("io/codecs.py", "wrong check sum", "pipeline.alerts.jobs:index_part"),
    ("io/codecs.py", "it ends too early", "pipeline.alerts.jobs:index_part"),
    ("io/schema_folder.py", "is no type", "pipeline.alerts.jobs:index_part"),
    ("io/schema_folder.py", "its fields are no list", "pipeline.alerts.jobs:index_part"),
    ("io/schema_folder.py", "is not in the schemas folder", "pipeline.alerts.jobs:index_part"),
    ("io/avro.py", "not an AVRO container", "pipeline.alerts.jobs:index_part"),
    ("io/tarball.py", "no end marker", "pipeline.alerts.jobs:index_part"),
    ("io/tarball.py", "bytes behind its end", "pipeline.alerts.jobs:index_part"),
    ("io/tarball.py", "impossible header of", "pipeline.alerts.jobs:index_part"),
    ("alerts/read_parquet.py", "rows in {size}", "pipeline.alerts.jobs:index_part"),
    ("io/avro_kernel.py", "truncated record", "pipeline.alerts.jobs:decode"),
    ("io/stamps.py", "is truncated gzip data", "pipeline.scores.jobs:score"),
    ("skymaps/scan/fitter.py", "fit returned", "pipeline.skymaps.jobs:scan"),
    ("skymaps/scan/fitter.py", "cannot load the event", "pipeline.skymaps.jobs:scan_tracks"),
    ("skymaps/scan/rounds.py", "no pixel has a result", "pipeline.skymaps.jobs:scan_tracks"),
    ("skymaps/recos/dummy.py", "was told to fail", "pipeline.skymaps.recos.dummy"),
    ("skymaps/recos/pandel.py", "DOMs with hard local", "pipeline.skymaps.recos.pandel"),
    (
        "skymaps/calibration/measured_tracks.py",
        "no finite llh",
        "pipeline.skymaps.jobs:scan_tracks",
    ),
]


@pytest.mark.parametrize(("module", "words", "root"), WORDS_IN_RESULTS)
def test_wording_that_becomes_a_reason_counts(tmp_path, monkeypatch, module, words, root):
    """With other words the results would be others."""
    package = tmp_path / "pipeline"
    shutil.copytree(provenance.ROOT, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(provenance, "ROOT", package)
    path = package / module
    text = path.read_text()
    assert words in text
    hashes = set()
    for wording in (words, f"x {words}"):
        path.write_text(text.replace(words, wording))
        provenance._read.cache_clear()
        hashes.add(provenance.source_hash(root))
    provenance._read.cache_clear()
    assert len(hashes) == 2


PASSED_ON = {
    # what stops a plan or a job: for a person, and no result
    "cli/main.py:main", "alerts/surveys/check.py:wrong_with", "archive/cones/choice.py:_usable",
    "archive/matchfiles/read.py:read_matchfile",
    "archive/readable.py:_check",
    "archive/serve/apart.py:_found",
    "archive/serve/bodies.py:parse_object", "archive/serve/run.py:listen",
    "archive/serve/users.py:entry",
    "crossmatch/checks.py:_columns_there",
    "show/alert.py:_stamps",
    "contract/job.py:job", "contract/trial.py:tried",
    "crossmatch/rows.py:readable",
    "io/fetch.py:fetch", "io/fetch.py:_complete", "io/fetch.py:size_at",
    "documents/extended_json.py:parse", "documents/extended_json.py:_decoded",
    "documents/regex.py:checked",
    "events/detector_check.py:geometry_problems",
    "filters/apart.py:_answer",
    "filters/filter_file.py:read_file", "filters/filter_file.py:_json_entries",
    "filters/filter_file.py:_yaml_entry", "filters/filter_file.py:_stored",
    "filters/filter_file.py:_pipeline", "filters/post.py:read_token", "filters/post.py:_tried",
    "documents/sandbox.py:parsed_select", "documents/sandbox.py:query",
    "vra/labels/store.py:read", "vra/labels/store.py:_labels", "vra/labels/store.py:append_lines",
    "vra/labels/importing.py:_csv", "show/alert.py:card_or_reason",
    "services/credentials.py:_of_file", "services/mongodb.py:connected",
    "scores/child.py:_call", "scores/convert.py:_to_onnx", "scores/originals.py:_load_keras",
    # reasons; what the package itself raises there has a class of its own, or no words
    "alerts/read_parquet.py:read_parquet", "alerts/read_parquet.py:_read_group",
    "alerts/sources.py:_read_folder", "io/avro.py:_read_block", "io/avro.py:parse_schema",
    "io/schema_folder.py:_load", "io/tarball.py:fromtarfile", "io/tarball.py:read_members",
    "sky/maps/notices.py:read_notice", "sky/maps/notices.py:_decoded", "sky/maps/read.py:read_map",
    "sky/maps/unpack.py:unpacked", "skymaps/calibration/measured_tracks.py:measure_tracks",
    "skymaps/calibration/measured_tracks.py:measure", "skymaps/scan/fitter.py:__init__",
    "skymaps/scan/fitter.py:attempt",
    "skymaps/scanner/result.py:read_result",
    "maps/page.py:_map",
    "vra/dust.py:_read",  # an error of a job, no result
    "vra/checks.py:_known", "vra/checks.py:_further",  # no job: the configuration's check
    "vra/rounds/model_files.py:score",  # an error of a job, no result
    "show/web/server.py:_answer",  # on a page, for a person
    "vra/context/lasair.py:_asked",  # an error of a job, no result
    # what the receipt tells of a store that does not answer
    "vra/mirror/store.py:__init__", "vra/mirror/sync.py:sync", "vra/mirror/earlier.py:read_runs",
}  # fmt: skip
"""Where the words of errors of any class are taken up, each looked at by a person."""


def test_nothing_else_takes_up_the_words_of_errors_that_do_not_count():
    """An error of Python's own classes hides its words from the hash (`WORDS_ONLY`).

    Who adds a place here makes sure that what the package raises there is of a class of its
    own, if the words become part of a result.
    """
    found = set()
    for path in sorted(provenance.ROOT.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                place = f"{path.relative_to(provenance.ROOT)}:{function.name}"
                handlers = [n for n in ast.walk(function) if isinstance(n, ast.ExceptHandler)]
                found |= {place for handler in handlers if takes_up_words(handler)}
    assert found == PASSED_ON


def takes_up_words(handler: ast.ExceptHandler) -> bool:
    """Return whether a handler of Python's own errors uses one, other than in such an error."""
    if handler.type is None or handler.name is None:
        return False
    kinds = {n.id for n in ast.walk(handler.type) if isinstance(n, ast.Name)}
    # modules, and tuples of classes, may stand for anything
    if not any(k in provenance.WORDS_ONLY or k.islower() or k.isupper() for k in kinds):
        return False
    masked = {
        id(inner)
        for node in ast.walk(handler)
        if isinstance(node, ast.Raise)
        for inner in ast.walk(node)
        if is_cause(node, inner)
        or getattr(getattr(node.exc, "func", None), "id", None) in provenance.WORDS_ONLY
    }
    uses = (n for n in ast.walk(handler) if isinstance(n, ast.Name) and n.id == handler.name)
    return any(id(use) not in masked for use in uses)


def is_cause(node: ast.Raise, inner: ast.AST) -> bool:
    return inner is node.cause or inner is node.exc
