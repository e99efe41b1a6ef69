"""Results that the configuration makes no more are removed, and nothing else."""

from pathlib import Path

from pipeline.alerts.domain import Night
from pipeline.contract.request import Request
from pipeline.plan.load import load_config
from pipeline.plan.tidy import remove_stale, stale_files

MODEL = {"version": "1", "path": "m.h5", "surveys": ["ztf"]}
NIGHT = Night(survey="ztf", night="1", path="night", shards=2)


def asked(*nights, **config):
    return Request(load_config(config), {"alerts": nights})


def write(folder: Path, *names: str) -> set[Path]:
    paths = {folder / "results" / name for name in names}
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return paths


def test_shards_that_a_night_no_longer_has(tmp_path):
    kept = write(tmp_path, "alerts/ztf/1/0000.parquet", "counts/ztf/1/0001.json")
    stale = write(tmp_path, "alerts/ztf/1/0002.parquet", "counts/ztf/1/.0003.json.part")
    assert set(stale_files(asked(NIGHT), tmp_path)) == stale
    assert set(remove_stale(asked(NIGHT), tmp_path)) == stale
    assert all(path.exists() for path in kept) and not any(path.exists() for path in stale)


def test_a_shard_that_is_being_written_is_not_stale(tmp_path):
    """Other jobs of the night may still run."""
    kept = write(tmp_path, "alerts/ztf/1/.0001.parquet.part")
    stale = write(tmp_path, "alerts/ztf/1/.0007.parquet.part")
    assert set(remove_stale(asked(NIGHT), tmp_path)) == stale
    assert all(path.exists() for path in kept)


def test_a_table_that_is_made_no_more(tmp_path):
    scores = write(tmp_path, "scores/ztf/1/0000.parquet", "scores/ztf/1/0001.parquet")
    assert remove_stale(asked(NIGHT, models={"m": MODEL}), tmp_path) == []
    other = {"m": {**MODEL, "surveys": ["pgir"]}}
    assert set(remove_stale(asked(NIGHT, models=other), tmp_path)) == scores
    assert not (tmp_path / "results/scores/ztf/1").exists()


def test_nights_and_files_of_others_are_left_alone(tmp_path):
    """A night that is not asked for is a result of its own, and so are other domains' files."""
    others = write(
        tmp_path, "scores/ztf/0/0000.parquet", "alerts/pgir/1/0009.parquet", "mine/ztf/1/x.parquet"
    )
    assert remove_stale(asked(NIGHT), tmp_path) == []
    assert all(path.exists() for path in others)
