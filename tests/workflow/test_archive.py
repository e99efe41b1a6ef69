"""The rules of the archive: an index a night, one a month, both made anew with their tables."""

import shutil

import numpy as np
import pytest

from pipeline.archive.cones.index import open_index

pytestmark = pytest.mark.workflow


def test_indexes_follow_the_nights(ran):
    """Tables are not made again for the archive, and an index only where it must."""
    night = ("ztf", "20180201", "night", 1)
    ran.configure(archive={"columns": ["magpsf"]})
    assert ran.planned() == {"index_cones": 1}
    shutil.copytree(ran.path / "night", ran.path / "next")
    nights = [night, ("ztf", "20180202", "next", 2), ("ztf", "20180301", "next", 1)]
    ran.write_config({"archive": {"columns": ["magpsf"]}}, nights)
    ran.snakemake("--cores", "2")
    index = open_index(ran.path / "results/cones_by_month/ztf/201802")
    assert list(index.nights) == ["20180201", "20180202"]
    assert index.columns == ["candid", "object_id", "jd", "ra", "dec", "magpsf"]
    assert sorted(index.rows.take(np.arange(24))["candid"].to_pylist()) == sorted(
        [*range(1000, 1012)] * 2
    )
    assert not (ran.path / "results/cones_by_month/ztf/201803").exists()
    assert ran.planned() == {}
    ran.write_config({"archive": {"columns": ["fid"]}}, nights)
    assert ran.planned() == {"index_cones": 3, "merge_cones": 1}


def test_a_column_that_no_survey_has(ran):
    ran.configure(archive={"columns": ["magpfs"]})
    said = ran.snakemake("--dry-run", ok=False)
    assert "archive.columns: 'magpfs' is no column of alerts of ztf" in said
