"""Whom a round asks about: the same in any order, by no chance but the seed's."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.vra.features_table import FEATURES
from pipeline.vra.rounds.diverse import spread_out
from pipeline.vra.rounds.seeded import chance, is_held_out
from pipeline.vra.rounds.strategies import Pool, choose, entropy, margin, uncertainty
from pipeline.vra.rounds.worklist import Asking, worklist

STRATEGIES = ("uncertainty", "entropy", "margin", "random", "diverse")


def pool_of(number: int, per_object: int = 2, seed: int = 0) -> Pool:
    random = np.random.default_rng(seed)
    features = random.normal(size=(number, 5)).astype(np.float32)
    features[random.random(features.shape) < 0.1] = np.nan
    return Pool(np.arange(number) * 7 + 3, np.arange(number) // per_object, features)


def table_of(number: int) -> pa.Table:
    random = np.random.default_rng(1)
    columns = {
        "survey": ["ztf"] * number,
        "candid": np.arange(number) + 1000,
        "object_id": [f"ZTF{n // 2}" for n in range(number)],
        **{name: random.normal(size=number) for name in FEATURES},
    }
    return pa.table(columns)


def test_what_is_worth_most_is_what_a_model_is_unsure_of():
    p = np.array([0.0, 0.2, 0.5, 0.9, 1.0])
    for value in (uncertainty(p), entropy(p), margin(p)):
        assert np.argsort(-value)[:2].tolist() == [2, 1]
        assert value[0] == value[-1] == 0
    assert entropy(p)[2] == pytest.approx(np.log(2))


@pytest.mark.parametrize("strategy", STRATEGIES)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), ties=st.booleans())
def test_the_same_in_any_order(strategy, seed, ties):
    pool = pool_of(60)
    p = np.full(60, 0.7) if ties else np.random.default_rng(seed).random(60)
    order = np.random.default_rng(seed).permutation(60)
    shuffled = Pool(*(column[order] for column in pool))
    one, _ = choose(strategy, pool, p, 12, 1, seed)
    other, _ = choose(strategy, shuffled, p[order], 12, 1, seed)
    assert pool.candid[one].tolist() == shuffled.candid[other].tolist()
    assert len(set(pool.object_number[one])) == 12


def test_a_constant_model_decides_nothing():
    """All ties: neither the order of rows nor the age of candids chooses."""
    pool = pool_of(1000, per_object=1)
    rows, _ = choose("uncertainty", pool, np.full(1000, 0.7), 100, 1, 1)
    assert 300 < np.median(rows) < 700
    again, _ = choose("uncertainty", pool, np.full(1000, 0.7), 100, 1, 2)
    assert len(set(rows) & set(again)) < 30


def test_a_diverse_batch_is_spread_out():
    random = np.random.default_rng(3)
    crowd = random.normal(0, 0.01, (500, 2))
    corners = np.array([[5, 5], [-5, 5], [5, -5], [-5, -5]])
    features = np.concatenate([crowd, corners]).astype(np.float32)
    rows = spread_out(features, np.arange(504), np.ones(504), 8)
    assert set(range(500, 504)) <= set(rows.tolist())
    worth = np.concatenate([np.ones(500), np.zeros(4)])
    assert not set(range(500, 504)) & set(spread_out(features, np.arange(504), worth, 3).tolist())


def test_chance_is_uniform_and_of_its_use():
    one, other = (chance(np.arange(10_000), 42, what) for what in ("a", "b"))
    assert one.min() >= 0
    assert one.max() < 1
    assert np.histogram(one, 10, (0, 1))[0] == pytest.approx(1000, abs=150)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.05
    assert abs(np.corrcoef(one, np.arange(10_000))[0, 1]) < 0.05


def test_objects_are_held_out_whole_and_for_ever():
    names = [f"ZTF{n}" for n in range(5000)]
    held = is_held_out(names * 2, 0.2, 42)
    assert held[:5000].tolist() == held[5000:].tolist()
    assert held.mean() == pytest.approx(0.2, abs=0.02)
    assert not is_held_out(names, 0.0, 42).any()


def test_a_worklist_has_its_share_of_objects_held_out():
    asking = Asking("uncertainty", 50, 1, 0.2, 42, 1)
    pool = table_of(400)
    p = np.random.default_rng(2).random(400)
    found = worklist(pool, p, {1000, 1001}, asking).to_pydict()
    assert found["rank"] == list(range(50))
    assert sum(found["held_out"]) == 10
    assert len(set(found["object_id"])) == 50
    assert not {1000, 1001} & set(found["candid"])
    assert all((v is None) == h for v, h in zip(found["value"], found["held_out"], strict=True))
    learned = [s for s, h in zip(found["score"], found["held_out"], strict=True) if not h]
    values = [0.5 - abs(s - 0.5) for s in learned]
    assert values == sorted(values, reverse=True)
    held = is_held_out(found["object_id"], 0.2, 42)
    assert held.tolist() == found["held_out"]
    shuffled = np.random.default_rng(5).permutation(400)
    again = worklist(pool.take(pa.array(shuffled)), p[shuffled], {1000, 1001}, asking)
    assert again["candid"].to_pylist() == found["candid"]


def test_a_pool_that_is_nearly_empty():
    asking = Asking("diverse", 50, 1, 0.2, 42, 1)
    assert worklist(table_of(3), np.full(3, 0.5), {1000}, asking).num_rows == 2
    done = set(range(1000, 1003))
    assert worklist(table_of(3), np.full(3, 0.5), done, asking).num_rows == 0
    assert worklist(table_of(0), None, set(), asking).num_rows == 0
