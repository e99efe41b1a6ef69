"""An environment of requirements-light.lock: no TensorFlow, and all but conversions works."""

import re
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import distributions
from pathlib import Path

import pytest
from workdir import LONGEST_S, ROOT, Workdir

from pipeline.simulate.alerts import simulate_alerts

pytestmark = [pytest.mark.workflow, pytest.mark.documents]
NIGHT = "20260101"
CONVERTED = "results/models/realbogus.onnx"


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(lock: str) -> dict[str, str]:
    """Return the version of each distribution in a lock, without those of other systems."""
    lines = re.findall(r"^(\S+)==([^\s;]+)", (ROOT / lock).read_text(), flags=re.MULTILINE)
    return {canonical(name): version for name, version in lines}


@pytest.fixture(scope="module")
def light(tmp_path_factory) -> Path:
    """Return a Python whose packages are links to those of the light lock, and no others."""
    folder = tmp_path_factory.mktemp("light") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    ours, names = Path(sysconfig.get_path("purelib")), pinned("requirements-light.lock")
    for distribution in distributions(path=[str(ours)]):
        if canonical(distribution.name) in names:
            tops = {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}
            for top in tops:
                if not (packages / top).exists():
                    (packages / top).symlink_to(ours / top)
    return folder / "bin/python"


def run(light: Path, workdir: Workdir, *arguments: str) -> tuple[int, str]:
    ended = subprocess.run(
        [light, "-m", *arguments], cwd=workdir.path, capture_output=True, text=True,
        env=workdir.environment(PYTHONPATH=str(ROOT / "src")), timeout=LONGEST_S, check=False,
    )  # fmt: skip
    return ended.returncode, ended.stdout + ended.stderr


def snakemake(light: Path, workdir: Workdir, *arguments: str) -> tuple[int, str]:
    return run(light, workdir, *workdir.command("--cores", "2", *arguments)[2:])


def test_the_light_lock_pins_what_the_other_does():
    whole, less = pinned("requirements.lock"), pinned("requirements-light.lock")
    assert less.items() <= whole.items()
    assert not {"tensorflow-cpu", "tensorflow", "tf-keras", "keras", "h5py"} & less.keys()


def test_there_is_no_tensorflow(light, tmp_path):
    status, said = run(light, Workdir(tmp_path), "tensorflow")
    assert status == 1
    assert "No module named tensorflow" in said


def test_a_model_is_run_that_was_converted_elsewhere(light, tmp_path):
    workdir = Workdir(tmp_path)
    simulate_alerts(tmp_path / "data", 20, 4, NIGHT, format_="tarball")
    shutil.copy(ROOT / "demo/models/realbogus.h5", tmp_path)
    models = {"realbogus": {"version": "1", "path": "realbogus.h5"}}
    dump = f"data/ztf_public_{NIGHT}.tar.gz"
    workdir.write_config({"models": models}, [("ztf", NIGHT, dump, 1)])
    needs = "realbogus.h5: to convert it takes TensorFlow, which is not installed: pip install"

    status, said = run(light, workdir, "pipeline.cli.main", "check")
    assert status == 1
    assert f"WRONG  models.realbogus: {needs}" in said

    status, said = snakemake(light, workdir, CONVERTED)
    assert status == 1
    assert "Traceback" not in said
    assert said.count(needs) == 1

    workdir.snakemake("--cores", "1", CONVERTED)  # where TensorFlow is
    status, said = run(light, workdir, "pipeline.cli.main", "check")
    assert f"models.realbogus: realbogus.h5: converted already: {CONVERTED}" in said
    status, said = snakemake(light, workdir)
    assert status == 0, said
    assert "20 scored alerts" in said
