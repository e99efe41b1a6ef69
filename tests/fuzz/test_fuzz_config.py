"""Configurations and tables of inputs: they load, or a ConfigError says what is wrong where."""

import copy
import datetime
import random

import pytest
import yaml
from limits import bounded
from plans import check_config, load_events, load_nights

from pipeline.contract.section import ConfigError
from pipeline.plan.export import default_yaml
from pipeline.plan.load import load_config
from pipeline.plan.twice import check_keys

ODD = [
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        10**9,
        10**400,
        10**5000,
        0.5,
        1e308,
        float("nan"),
        float("inf"),
    ),
    *(
        "",
        " ",
        "x",
        "~/x",
        "a{b}",
        "a\nb",
        "a\x00b",
        "*",
        "../x",
        "x" * 5000,
        "\ud800",
        "größe",
        "8:0",
    ),
    *([], {}, [[]], ["ztf"], ["ztf", "ztf"], {"ztf": 2}, {1: 2}, {None: None}, b"\xff"),
    *(datetime.date(2018, 2, 1), datetime.datetime(2018, 2, 1, 12), "default", "no", "1_0", "1e5"),
]
TABLES = {
    "alerts": b"survey\tnight\tpath\tshards\tsha256\tschemas\n# last week\n"
    b"ztf\t1\tnight.tar.gz\t4\t\t\nlsst\t2\thttps://host/x.parquet\t1\t" + b"a" * 64 + b"\t\n"
    b"pgir\t3\tnight\t9999\t\tschemas\n",
    "events": b"event\tpath\treco\tnsides\tchunks\na\tx.json\t\t8:0 64:12\t3\n"
    b"b\ty.json\ttable\t\t\n",
}


def seed_values() -> dict:
    lines = [line for line in default_yaml().splitlines() if not line.startswith("##")]
    values = yaml.safe_load("\n".join(line.removeprefix("# ") for line in lines))
    values["models"]["braai"] |= {
        "inputs": ["features"],
        "features": ["a"],
        "feature_norms": {"a": 2},
    }
    return values


def places(value: object) -> list[tuple]:
    """Return the containers in a value, each with its keys."""
    keys = value if isinstance(value, dict) else range(len(value))
    items = value.items() if isinstance(value, dict) else enumerate(value)
    inner = [v for _, v in items if isinstance(v, dict | list)]
    return [(value, key) for key in keys] + [place for v in inner for place in places(v)]


def mutated(rng: random.Random) -> dict:
    values = seed_values()
    for _ in range(rng.choice((1, 1, 2, 4))):
        container, key = rng.choice(places(values) or [(values, "alerts")])
        odd = copy.deepcopy(rng.choice(ODD))
        action = rng.randrange(4)
        if action == 0 and isinstance(container, dict):
            del container[key]
        elif action == 1 and isinstance(container, dict):
            container[odd if isinstance(odd, str | int | float) else "odd"] = container[key]
        elif action == 2:
            for _ in range(rng.choice((3, 30))):  # as YAML's aliases make it
                odd = [odd] * 9
            container[key] = odd
            return values  # to look for places in it would take for ever
        else:
            container[key] = odd
    return values


def refused(error: ConfigError, name: str) -> None:
    text = str(error)
    assert text and len(text) < 20_000, name
    assert text.isprintable() or all(line.isprintable() for line in text.split("\n")), name


def test_fuzz_config(request):
    cases, seed = (request.config.getoption(f"--fuzz-{key}") for key in ("cases", "seed"))
    accepted = 0
    for case in range(cases):
        name = f"config --fuzz-seed {seed}, case {case}"
        values = mutated(random.Random(f"config:{seed}:{case}"))
        with bounded(name):
            try:
                config = load_config(values)
                check_config(config, [])
                accepted += 1
            except ConfigError as error:
                refused(error, name)
    assert 0 < accepted < cases


@pytest.mark.parametrize("table", TABLES)
def test_fuzz_config_tables(mutants, tmp_path, table):
    path = tmp_path / f"{table}.tsv"
    for mutant in mutants(f"config/{table}", [TABLES[table]], 0.5):
        path.write_bytes(mutant.data)
        with bounded(mutant.name):
            try:
                if table == "alerts":
                    check_config(load_config({"alerts": str(path)}), load_nights(str(path)))
                else:
                    load_events(str(path))
            except ConfigError as error:
                assert str(path) in str(error), mutant.name
                refused(error, mutant.name)


def test_fuzz_config_yaml(mutants, tmp_path):
    path = tmp_path / "config.yaml"
    seeds = [default_yaml().encode(), yaml.safe_dump(seed_values()).encode()]
    seeds.append(b"a: &a [x]\nb: &b [*a, *a, *a]\nc: {<<: {d: 1}, d: 2, ? [x] : y}\n")
    for mutant in mutants("config/yaml", seeds, 0.3):
        path.write_bytes(mutant.data)
        with bounded(mutant.name):
            try:
                check_keys([path])
            except ConfigError as error:
                assert str(path) in str(error), mutant.name
