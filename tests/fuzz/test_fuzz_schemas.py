"""Writers' schemas: refused in words, or compiled to what reads what fastavro writes."""

import copy
import io
import json
import random
from pathlib import Path

import fastavro
import fastavro.utils
import numpy as np
from limits import bounded
from packets import SCHEMA

from pipeline.alerts.index_rows import IndexRows
from pipeline.alerts.index_table import IndexPart
from pipeline.io.avro import AvroError, parse_schema
from pipeline.io.avro_program import compile_schema
from pipeline.io.records import decode

ODD = [
    None, True, 0, -1, 1.5, 1 << 70, "", "a", "\ud800", "null", "long", "candid", "alert", [], {},
    ["null", "int"], {"type": "int"}, {"type": "array", "items": "null"}, ["x"],
    {"type": "map", "values": "string"}, {"type": "fixed", "name": "f", "size": 3},
    {"type": "enum", "name": "e", "symbols": ["A", "B"]}, {"type": "record", "name": "r"},
    {"type": "record", "name": "alert", "fields": [{"name": "next", "type": "alert"}]},
    {"type": "bytes", "logicalType": "decimal", "precision": 4},
]  # fmt: skip
SCALARS = ("boolean", "int", "long", "float", "double", "string")


def places(node: object, path: tuple = ()) -> list[tuple]:
    """Return the path of every node below."""
    children = node.items() if isinstance(node, dict) else enumerate(node)
    found = []
    for key, child in children:
        found.append((*path, key))
        if isinstance(child, dict | list):
            found += places(child, (*path, key))
    return found


def mutated(rng: random.Random) -> object:
    """Return the schema with some nodes replaced, moved, removed or given twice."""
    schema = copy.deepcopy(SCHEMA)
    for _ in range(rng.choice((1, 1, 2, 4))):
        all_places = places(schema)
        if not all_places:
            break
        *way, last = rng.choice(all_places)
        node = schema
        for key in way:
            node = node[key]
        change = rng.randrange(4)
        if change == 0:
            del node[last]
        elif change == 1 and isinstance(node, list):
            node.append(copy.deepcopy(node[last]))
        elif change == 2:
            other = schema
            for key in rng.choice(all_places):
                other = other[key] if not isinstance(other, str) else other
            node[last] = copy.deepcopy(other)
        else:
            node[last] = copy.deepcopy(rng.choice(ODD))
    return schema


def test_fuzz_schemas(mutants, tmp_path):
    compiled = 0
    for mutant in mutants("schemas", [json.dumps(SCHEMA).encode()], share=5):
        rng = random.Random(mutant.name)
        text = mutant.data
        if "case" in mutant.name and rng.random() < 0.8:
            text = json.dumps(mutated(rng)).encode()
        with bounded(mutant.name):
            try:
                schema = parse_schema(text)
                program = compile_schema(schema)
            except AvroError as error:
                assert str(error), mutant.name
                json.dumps(str(error)).encode("utf-8")
                continue
            check_tables(program, text, tmp_path / "part.parquet")
        compiled += 1
        check_record(schema, program, mutant.name)
    assert compiled > 0


def check_tables(program, text: bytes, path: Path) -> None:
    """Whatever is called something can stand in a table, and the schema in an index."""
    for table in program.tables:
        for name in (*table.columns, *table.children):
            name.encode("utf-8")
    schemas = [text.decode("utf-8", "replace")]
    IndexPart(IndexRows().table(), schemas, {}, "").write(path)
    assert IndexPart.read(path).schemas == schemas


def check_record(schema: dict, program, case: str) -> None:
    """Let fastavro invent a record, write and read it, and compare."""
    random.seed(case)  # fastavro's own generator
    try:
        record = next(iter(fastavro.utils.generate_many(schema, 1)))
        stream = io.BytesIO()
        fastavro.schemaless_writer(stream, schema, record)
        written = stream.getvalue()
        record = fastavro.schemaless_reader(io.BytesIO(written), schema, None)
    except Exception:  # a schema that it takes, and then cannot write
        return
    data = np.frombuffer(written, dtype=np.uint8)
    with bounded(case):
        found, status = decode(program, data, [0], [data.size])
    if data.size and status[0]:
        assert "more values" in str(status[0]) or status[0] in (5, 6), case
        return
    names = [f["name"] for f in schema["fields"]]
    for field in schema["fields"]:
        name, type_ = field["name"], field["type"]
        if type_ in SCALARS and names.count(name) == 1 and "." not in name and name:
            assert found.column(name).to_pylist() == [record[name]], (case, name)
