"""Class and host of alerts by their matches, against the rules applied to each alone."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.alerts.shared_columns import HISTORY_SCHEMA
from pipeline.alerts.surveys.registry import get_survey
from pipeline.vra.configured import Context
from pipeline.vra.context.associate import context_rows, write_context
from pipeline.vra.context.rules import AT_IT_ARCSEC, RULES
from pipeline.vra.context.table import CONTEXT_SCHEMA
from pipeline.vra.features import features_of_shard

ROLES = {
    "galaxy": ["galaxies", "more"],
    "agn": ["quasars"],
    "variable": ["vsx"],
    "cataclysmic": ["cvs"],
    "star": ["gaia"],
    "bright_star": ["tycho"],
}
CATALOGS = [name for names in ROLES.values() for name in names]
NEAR = pa.schema(
    [
        *(("candid", pa.int64()), ("catalog", pa.string()), ("match_id", pa.string())),
        *(("distance_arcsec", pa.float64()), ("distance_kpc", pa.float64())),
    ]
)


def match(candid, catalog, arcsec, kpc=None, name="m"):
    values = (candid, catalog, name, arcsec, kpc)
    return dict(zip(NEAR.names, values, strict=True))


def rows(pool, matches):
    near = pa.Table.from_pylist(matches, NEAR)
    return context_rows(np.array(pool), near, ROLES, AT_IT_ARCSEC, "nothing").to_pylist()


@pytest.mark.parametrize(("matches", "expected"), [
    ([], "ORPHAN"),
    ([("galaxies", 1.5)], "NT"),
    ([("galaxies", 1.51)], "SN"),
    ([("galaxies", 1.0), ("gaia", 0.2)], "NT"),
    ([("galaxies", 9.0), ("gaia", 0.2)], "VS"),
    ([("galaxies", 0.1), ("quasars", 0.9)], "AGN"),
    ([("quasars", 2.0)], "ORPHAN"),  # not at it, and no rule takes an active nucleus nearby
    ([("quasars", 0.1), ("vsx", 0.1), ("cvs", 1.0)], "CV"),
    ([("vsx", 0.5), ("galaxies", 0.2)], "VS"),
    ([("tycho", 20.0), ("galaxies", 3.0)], "BS"),
    ([("gaia", 5.0)], "ORPHAN"),
    ([("asteroids", 0.1)], "ORPHAN"),
])  # fmt: skip
def test_classes(matches, expected):
    assert rows([7], [match(7, *one) for one in matches])[0]["classification"] == expected


def test_the_host():
    some = [
        match(2, "more", 3.0, 4.0, "far"), match(2, "galaxies", 2.0, -1.0, "near"),
        match(1, "more", 2.0, 5.0, "b"), match(1, "galaxies", 2.0, 6.0, "a"),
    ]  # fmt: skip
    first, second, third = rows([3, 1, 2], some)
    assert first == {
        **dict.fromkeys(first), "candid": 3, "classification": "ORPHAN", "reason": "nothing",
    }  # fmt: skip
    assert (second["catalogue_table_name"], second["catalogue_object_id"]) == ("galaxies", "a")
    assert (second["separationArcsec"], second["physical_separation_kpc"]) == (2.0, 6.0)
    # too near to tell is no distance of -1 kpc
    assert (third["catalogue_object_id"], third["physical_separation_kpc"]) == ("near", None)


def alone(candid, matches):
    """Return what the rules say of one alert, one after the other."""
    mine = [(n, one) for n, one in enumerate(matches) if one["candid"] == candid]
    for rule in RULES:
        held = []
        for n, one in mine:
            names = ROLES[rule.role]
            inside = not rule.at_it or one["distance_arcsec"] <= AT_IT_ARCSEC
            if one["catalog"] in names and inside:
                held.append((one["distance_arcsec"], names.index(one["catalog"]), n, one))
        if held:
            return rule.classification, min(held, key=lambda h: h[:3])[-1]["match_id"]
    return "ORPHAN", None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 4), st.sampled_from([*CATALOGS, "other"]),
            st.sampled_from([0.0, 1.0, 1.5, 1.6, 30.0]),
        ),
        max_size=25,
    ),
    st.permutations(range(1, 6)),
)  # fmt: skip
def test_against_the_rules_one_by_one(given_matches, pool):
    matches = [match(*one, name=f"m{n}") for n, one in enumerate(given_matches)]
    found = rows(pool, matches)
    said = [(row["classification"], row["catalogue_object_id"]) for row in found]
    assert said == [alone(candid, matches) for candid in pool]
    assert [row["candid"] for row in found] == list(pool)
    assert all((row["separationArcsec"] is None) == (row["reason"] is not None) for row in found)


def test_separations_and_dropped_classes_in_features(tmp_path):
    ids = list(range(1, 5))
    alerts = {
        "candid": ids, "object_id": [f"o{n}" for n in ids], "jd": [2460000.5] * 4, "ra": [10.0] * 4,
        "dec": [20.0] * 4, "fid": [1] * 4, "magpsf": [18.0] * 4, "sigmapsf": [0.1] * 4,
        "isdiffpos": [True] * 4, "distnr": [5.0] * 4, "magnr": [17.0] * 4, "sigmagnr": [0.1] * 4,
        "drb": [0.9] * 4, "diffmaglim": [20.0] * 4, "magzpsci": [26.0] * 4,
    }  # fmt: skip
    files = {n: tmp_path / f"{n}.parquet" for n in ("alerts", "history", "candidates", "matches")}
    pq.write_table(pa.table(alerts), files["alerts"])
    pq.write_table(HISTORY_SCHEMA.empty_table(), files["history"])
    pq.write_table(pa.table({"candid": ids[:3], "filter": ["f"] * 3}), files["candidates"])
    near = [match(1, "galaxies", 4.25), match(2, "quasars", 0.1), match(4, "galaxies", 1.0)]
    pq.write_table(pa.Table.from_pylist(near, NEAR), files["matches"])
    pool, out = np.array(ids[:3]), tmp_path / "context.parquet"
    assert write_context(pool, files["matches"], ROLES, 1.5, "nothing here", "ztf", out) == 3
    assert pq.read_schema(out).names == CONTEXT_SCHEMA.names

    features = tmp_path / "features.parquet"
    three = [files[n] for n in ("alerts", "history", "candidates")]
    how = {"context": out, "drop": ["AGN"]}
    assert features_of_shard(*three, "f", get_survey("ztf"), features, **how) == 2
    found = pq.read_table(features).to_pylist()
    assert [(row["candid"], row["sep_arcsec"]) for row in found] == [(1, 4.25), (3, None)]
    no_dust = "ebv: no dust map is configured"
    assert [row["reason"] for row in found] == [no_dust, f"sep_arcsec: nothing here; {no_dust}"]


def test_what_a_configuration_may_say():
    assert Context(roles={"agn": ["a"]}).at_it_arcsec == AT_IT_ARCSEC
    for wrong in (
        {"roles": {"host": ["a"]}},
        {"roles": {}},
        {"drop": ["QSO"]},
        {"at_it_arcsec": 0},
    ):
        with pytest.raises(ValueError, match="roles|drop|at_it_arcsec"):
            Context(**{"roles": {"galaxy": ["a"]}, **wrong})
