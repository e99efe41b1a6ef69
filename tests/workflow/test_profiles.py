"""Each profile plans the same jobs; by name after the one step of docs/clusters.md."""

import pytest
from workdir import ROOT

pytestmark = pytest.mark.workflow
RULES = ("convert_model", "decode", "index", "match", "score", "sort_catalog")


@pytest.mark.parametrize("profile", ["slurm", "htcondor", "htcondor-transfer"])
def test_a_profile_by_its_name(workdir, profile):
    """``mkdir -p ~/.config/snakemake && ln -s "$PWD"/profiles/* ~/.config/snakemake/``"""
    folder = workdir.path / "home/snakemake"
    folder.mkdir(parents=True)
    for source in (ROOT / "profiles").iterdir():
        (folder / source.name).symlink_to(source)
    workdir.profile = profile
    output = workdir.snakemake("--dry-run", XDG_CONFIG_HOME=str(workdir.path / "home"))
    assert f"Using profile {profile}" in output
    for rule in RULES:
        assert f"rule {rule}:" in output
    assert "mem_mb" in output
    assert not (workdir.path / "results").exists()
