"""Each profile plans the same jobs: by name after the one step of docs, with a site's lines."""

import re

import pytest
from workdir import ROOT

pytestmark = pytest.mark.workflow
PROFILES = ("slurm", "htcondor", "htcondor-transfer")
RULES = ("convert_model", "decode", "index_part", "index", "match", "score", "sort_catalog")


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_by_its_name(workdir, profile):
    """``mkdir -p ~/.config/snakemake && ln -s "$PWD"/profiles/*/ ~/.config/snakemake/``"""
    folder = workdir.path / "home/snakemake"
    folder.mkdir(parents=True)
    for source in (ROOT / "profiles").glob("*/"):
        (folder / source.name).symlink_to(source)
    workdir.profile = profile
    output = workdir.snakemake("--dry-run", XDG_CONFIG_HOME=str(workdir.path / "home"))
    assert f"Using profile {profile}" in output
    for rule in RULES:
        assert f"rule {rule}:" in output
    assert "mem_mb" in output
    assert not (workdir.path / "results").exists()


@pytest.mark.parametrize("profile", PROFILES)
def test_the_lines_of_a_site(workdir, profile):
    """Account, partition, container and the like are asked for once their lines are no comments."""
    text = (ROOT / "profiles" / profile / "profile.yaml").read_text()
    lines = re.findall(r"^  # (\w+): (.+)$", text, flags=re.MULTILINE)
    assert {"slurm_account", "classad_SingularityImage"} & {name for name, _ in lines}
    (workdir.path / "site").mkdir()
    (workdir.path / "site/profile.yaml").write_text(
        re.sub(r"^  # (\w+: .+)$", r"  \1", text, flags=re.MULTILINE)
    )
    workdir.profile = "site"
    output = workdir.snakemake("--dry-run")
    for name, value in lines:
        plain = value.strip("'\"")  # what Snakemake would calculate is quoted twice
        assert f"{name}={plain}" in output
