"""Campaigns with an oracle: what they say, that nothing but the seed decides, bad oracles."""

import json

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("sklearn", reason="the extra vra")

from pipeline.vra.bench.campaign import Campaign, run_campaign
from pipeline.vra.bench.curves import (
    bench_lines,
    curves,
    labels_needed,
    read_curves,
    words,
    write_curves,
)
from pipeline.vra.bench.oracle import read_oracle
from pipeline.vra.bench.picture import write_picture
from pipeline.vra.features_table import FEATURES
from pipeline.vra.rounds.allowed import BOOSTED
from pipeline.vra.rounds.seeded import is_held_out

NUMBER = 400


@pytest.fixture(scope="module")
def pool() -> pa.Table:
    random = np.random.default_rng(1)
    features = {name: random.normal(size=NUMBER).astype(np.float32) for name in FEATURES}
    objects = [f"ZTF{n // 2}" for n in range(NUMBER)]
    of = {"survey": ["ztf"] * NUMBER, "candid": np.arange(NUMBER) + 9, "object_id": objects}
    return pa.table(of | features)


@pytest.fixture(scope="module")
def oracle(pool) -> dict[int, str]:
    """Return labels that two features decide; every tenth alert has none of a class."""
    rows = pool.to_pylist()
    good = {r["candid"]: "real" if r["drb"] + r["amplitude"] > 1 else "bogus" for r in rows}
    return {c: "skip" if c % 10 == 0 else label for c, label in good.items()}


def campaign(**changes) -> Campaign:
    plain = {"strategy": "uncertainty", "first": 20, "size": 10, "rounds": 3, "per_object": 1}
    how = {"held_out": 0.3, "classes": {"real": 1, "bogus": 0}, "classifier": BOOSTED}
    return Campaign(**(plain | how | {"parameters": {}, "seed": 1} | changes))


def test_a_campaign_learns(pool, oracle):
    found = run_campaign(pool, oracle, campaign())
    assert [one["labels"] for one in found] == [20, 30, 40]
    assert [one["round"] for one in found] == list(range(3))
    assert found[-1]["recall"] > found[0]["recall"] - 0.1
    assert found[-1]["area"] > 0.7
    assert json.dumps(found, allow_nan=False)


def test_nothing_but_the_seed_decides(pool, oracle):
    order = np.random.default_rng(3).permutation(NUMBER)
    shuffled = pool.take(pa.array(order))
    mixed = dict(sorted(oracle.items(), key=lambda one: hash(one[1]) ^ one[0]))
    one = run_campaign(pool, oracle, campaign())
    assert one == run_campaign(pool, oracle, campaign())
    assert one != run_campaign(pool, oracle, campaign(seed=2))
    other = run_campaign(shuffled, mixed, campaign())
    assert [a["labels"] for a in one] == [b["labels"] for b in other]
    # the trees sum in another order
    for name in ("recall", "area", "f1"):
        assert [a[name] for a in one] == pytest.approx([b[name] for b in other], abs=0.05)


def test_it_ends_where_nobody_is_left(pool, oracle):
    found = run_campaign(pool.slice(0, 60), oracle, campaign(rounds=100, size=20))
    held = is_held_out(pool.slice(0, 60)["object_id"].to_pylist(), 0.3, 1)
    classed = [oracle[c] != "skip" for c in pool.slice(0, 60)["candid"].to_pylist()]
    assert found[-1]["labels"] == int((~held & classed).sum())


def test_without_a_model_or_anything_to_try_it_on(pool, oracle):
    one_class = dict.fromkeys(oracle, "real")
    found = run_campaign(pool, one_class, campaign(rounds=2))
    assert [one["recall"] for one in found] == [None, None]
    found = run_campaign(pool, oracle, campaign(rounds=2, held_out=0.0))
    assert [one["area"] for one in found] == [None, None]
    assert run_campaign(pool, {1: "real"}, campaign()) == []


def test_curves(tmp_path):
    def one(strategy, seed, recall):
        rounds = [
            {
                "round": n,
                "labels": 10 * (n + 1),
                "recall": r,
                "held_out_recall": r,
                "area": r,
                "f1": r,
            }
            for n, r in enumerate(recall)
        ]
        return {"strategy": strategy, "size": 10, "seed": seed, "rounds": rounds}

    campaigns = [
        one("random", 0, [None, 0.5]),
        one("random", 1, [0.2, 0.7]),
        one("margin", 0, [0.5, 0.95]),
        one("margin", 1, [0.7, 0.95]),
    ]
    rows = curves(campaigns)
    assert rows == curves(campaigns[::-1])
    assert [row["labels"] for row in rows] == [10, 20, 10, 20]
    assert rows[0]["recall_50"] == pytest.approx(0.6)
    assert rows[2]["recall_50"] == pytest.approx(0.2)
    assert labels_needed(rows, 0.9) == {("margin", 10): 20, ("random", 10): None}
    assert labels_needed(rows, 0.6)["random", 10] == 20
    said = list(words(rows, 0.9))
    assert said[0].startswith(
        "margin, 10 a round: recall 0.95 (0.95 to 0.95) with 20 labels, recall"
    )
    # 0.95 - 0.5 and 0.95 - 0.7, by seed
    assert said[1].endswith("+0.350 ± 0.100 against random with the same seeds")
    assert "recall 0.9 not reached" in said[2] and len(said) == 3
    assert (rows[0]["gain"], rows[0]["gain_sigma"]) == (None, None)  # one pair has no error
    assert (rows[3]["gain"], rows[3]["gain_sigma"]) == (0.0, 0.0)

    path = tmp_path / "results/vra/e/bench/curves.csv"
    write_curves(rows, path)
    assert read_curves(path) == rows
    line = "assistant e, bench: recall margin 0.95, random 0.60 with 20 labels, 2 seeds"
    assert list(bench_lines(tmp_path)) == [line]
    write_picture(rows, 0.9, "e", tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes()[:4] == b"\x89PNG"
    write_picture([], 0.9, "e", tmp_path / "curves.png")
    write_curves([], path)
    assert list(bench_lines(tmp_path)) == ["assistant e, bench: recall – nothing"]
    path.write_text("strategy,size\nrandom,x\n")
    with pytest.raises(ValueError, match=r"curves.csv: strategy,size,labels"):
        list(bench_lines(tmp_path))


def test_oracles(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(
        "candid,objectId,label,timestamp\n1,a,real,proxy\n2,b,wrong,t\n1,a,bogus,x\n3,c"
    )
    assert read_oracle(path) == {1: "bogus"}
    path.write_text("candid,objectId,label,timestamp\n")
    with pytest.raises(ValueError, match=r"labels.csv: no label in it; candid,objectId"):
        read_oracle(path)
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    with pytest.raises(ValueError, match="no label in it"):
        read_oracle(path)
    with pytest.raises(OSError, match="fifo"):
        import os

        os.mkfifo(tmp_path / "fifo")
        read_oracle(tmp_path / "fifo")
