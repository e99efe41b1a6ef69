"""The wheel: installed into an environment of its own, it runs the demonstration."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile

import pytest
from workdir import LONGEST_S, ROOT

pytestmark = [pytest.mark.workflow, pytest.mark.documents]
README = (ROOT / "README.md").read_text()
CARRIED = ("workflow", "profiles", "config", "demo")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build from a copy of what git has, so that nothing that only lies about gets in."""
    tree = tmp_path_factory.mktemp("tree")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    command = [sys.executable, "-m", "hatchling", "build", "-d", "dist"]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    return tree / "dist"


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """Install the wheel alone; its dependencies are those of the tests' own environment."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    (wheel,) = built.glob("*.whl")
    install = ["pip", "install", "--quiet", "--offline", "--no-deps", "--python", folder, wheel]
    subprocess.run([*uv, *install], check=True, env=environment)
    (packages,) = folder.glob("lib/python*/site-packages")
    # Not its .pth files: the checkout, installed there to be edited, stays out.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (folder / "bin/snakemake").write_text(
        f"#!{folder}/bin/python\nimport sys\nfrom snakemake.cli import main\nsys.exit(main())\n"
    )
    (folder / "bin/snakemake").chmod(0o755)
    environment["PATH"] = f"{folder / 'bin'}:{environment['PATH']}"
    return folder, environment


def shell(command, folder, environment):
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command], cwd=folder, env=environment,
        capture_output=True, text=True, check=False, timeout=LONGEST_S,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def test_the_wheel_has_the_package_and_what_it_carries(built):
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    tree = built.parent
    expected = {
        f"pipeline/shipped/{path.relative_to(tree)}"
        for folder in CARRIED
        for path in (tree / folder).rglob("*")
        if path.is_file()
    }
    code = {str(p.relative_to(ROOT / "src")) for p in (ROOT / "src/pipeline").rglob("*.py")}
    assert expected | code | {"pipeline/py.typed"} <= names
    assert not [name for name in names if name.startswith(("tests/", "workflow/", "src/"))]
    # Apache-2.0 asks for both wherever the table goes
    assert "pipeline/events/data/ic86.csv" in names
    licences = {name.partition(".dist-info/licenses/")[2] for name in names} - {""}
    assert licences == {"LICENSE", "NOTICE", "LICENSES/Apache-2.0.txt"}


def test_the_sdist_makes_the_same_wheel(built, tmp_path):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (tree,) = tmp_path.iterdir()
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    (ours,), (theirs,) = built.glob("*.whl"), (tree / "dist").glob("*.whl")
    contents = [
        {info.filename: info.CRC for info in zipfile.ZipFile(wheel).infolist()}
        for wheel in (ours, theirs)
    ]
    assert contents[0] == contents[1]


def test_the_command_knows_where_things_are(installed, tmp_path):
    folder, environment = installed
    assert "where" in shell("nightmill --help", tmp_path, environment)
    snakefile = shell("nightmill where", tmp_path, environment).strip()
    assert snakefile.startswith(str(folder))
    for name in CARRIED:
        found = shell(f"nightmill where {name}", tmp_path, environment).strip()
        assert found.startswith(str(folder)) and os.path.isdir(found)
    version = shell(
        "python -c 'import pipeline; print(pipeline.__version__)'", tmp_path, environment
    )
    assert f"## {version.strip()}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_readme_runs_the_demonstration_from_it(installed, tmp_path):
    """As the README says it, but for the size of the night; then some of its jobs."""
    _, environment = installed
    (block,) = re.findall(r"^```bash\n([^`]*nightmill where[^`]*)^```", README, flags=re.M)
    commands = [line for line in block.replace("\\\n", " ").splitlines() if "pip " not in line]
    simulate = [c.replace("--number 600", "--number 30") for c in commands if "simulate" in c]
    (run,) = (line for line in commands if line.startswith("snakemake"))
    copy = [line for line in commands if line.startswith("cp ")]
    shell("\n".join([*copy, *simulate]), tmp_path, environment)
    planned = shell(f"{run} --dry-run", tmp_path, environment)
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", planned, flags=re.MULTILINE))
    assert {"index", "decode", "score", "match", "scan", "convert_model"} <= set(jobs)
    target = "results/summary/ztf/20260101.json"
    done = shell(run.replace("snakemake", f"snakemake {target}", 1), tmp_path, environment)
    assert (tmp_path / ".demo" / target).is_file(), done
