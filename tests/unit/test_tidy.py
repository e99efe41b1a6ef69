"""Results that the configuration makes no more are removed, and nothing else."""

from pathlib import Path

from pipeline.alerts.domain import Night
from pipeline.contract.request import Request
from pipeline.plan.load import load_config
from pipeline.plan.tidy import remove, stale_files

MODEL = {"version": "1", "path": "m.h5", "surveys": ["ztf"]}
NIGHT = Night(survey="ztf", night="1", path="night", shards=2)


def asked(*nights, **config):
    return Request(load_config(config), {"alerts": nights})


def remove_stale(request, directory: Path) -> list[Path]:
    return list(remove(stale_files(request, directory)))


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


def test_files_that_the_workflow_does_not_name_stay(tmp_path):
    """Notes and merged tables of users; names that only resemble those of shards."""
    nights = ("alerts/ztf/1", "scores/ztf/1", "counts/ztf/1")
    packets = "packets/ztf/1"
    folders = (*nights, packets, f"{packets}/parts", f"{packets}/spool")
    names = ("NOTES.txt", "merged.parquet", "0007.csv", "0007.parquet.bak", "00007.parquet", ".x")
    others = write(tmp_path, *(f"{folder}/{name}" for folder in folders for name in names))
    others |= write(tmp_path, "counts/ztf/1/0007.parquet", f"{packets}/0007.parquet")
    (tmp_path / "results/alerts/ztf/1/0008.parquet").mkdir()  # as dask writes tables
    kept = write(tmp_path, f"{packets}/index.parquet", f"{packets}/parts/0000.parquet")
    stale = write(
        tmp_path, "scores/ztf/1/0000.parquet", "counts/ztf/1/0002.json", f"{packets}/spool.bin",
        f"{packets}/parts/0001.parquet", f"{packets}/spool/.0003.bin.part",
    )  # fmt: skip
    assert set(remove_stale(asked(NIGHT), tmp_path)) == stale
    assert all(path.exists() for path in others | kept)
    assert (tmp_path / "results/alerts/ztf/1/0008.parquet").is_dir()
    assert list(stale_files(asked(NIGHT), tmp_path)) == []


def test_nothing_is_removed_through_a_link(tmp_path):
    """Where it leads, the files may be anybody's."""
    work = tmp_path / "work"
    elsewhere = write(tmp_path, "night/0007.parquet", "tables/ztf/1/0007.parquet")
    links = {"alerts/ztf/1": "night", "scores": "tables", "history/ztf": "tables/ztf"}
    for link, target in links.items():
        path = work / "results" / link
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(tmp_path / "results" / target)
    assert remove_stale(asked(NIGHT), work) == []
    assert all(path.exists() for path in elsewhere)
    assert all((work / "results" / link).is_symlink() for link in links)


def test_a_link_in_the_place_of_a_stale_shard_goes_alone(tmp_path):
    (target,) = write(tmp_path, "mine.parquet")
    (kept,) = write(tmp_path, "alerts/ztf/1/0000.parquet")
    link, broken = kept.with_name("0004.parquet"), kept.with_name("0005.parquet")
    link.symlink_to(target)
    broken.symlink_to(tmp_path / "nowhere")
    assert set(remove_stale(asked(NIGHT), tmp_path)) == {link, broken}
    assert target.exists() and kept.exists() and not link.is_symlink()


def test_results_may_lie_on_another_disk(tmp_path):
    work = tmp_path / "work"
    (stale,) = write(tmp_path, "alerts/ztf/1/0002.parquet")
    work.mkdir()
    (work / "results").symlink_to(tmp_path / "results")
    assert len(remove_stale(asked(NIGHT), work)) == 1 and not stale.exists()


def test_each_file_is_told_when_it_goes(tmp_path):
    """What a failure cuts short is in the log as far as it came."""
    stale = write(tmp_path, "alerts/ztf/1/0002.parquet", "alerts/ztf/1/0003.parquet")
    first = next(remove(stale_files(asked(NIGHT), tmp_path)))
    assert not first.exists() and sum(path.exists() for path in stale) == 1
