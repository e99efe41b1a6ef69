"""Nights of small packets that share objects."""

import io
import random
import struct

import fastavro
import packets
from nights import ZTF, build_index, write_folder


def float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def make_packets(number, objects, night, seed):
    """Return packets of a night: what they carry of one object overlaps, and contradicts."""
    rng = random.Random(f"{seed} {night}")
    made = []
    for i in range(number):
        name = f"ZTF18aaaaa{rng.randrange(objects):02d}"
        jd = 2458000.5 + 10 * night + 0.001 * i
        packet = packets.packet(
            1000 * night + i, name, history=0, jd=jd, ra=rng.uniform(0, 360),
            dec=rng.uniform(-90, 90), magpsf=float32(rng.choice([17.5, 18.25, 19.125])),
            diffmaglim=rng.choice([None, 20.5]), sigmapsf=0.125,
        )  # fmt: skip
        packet["prv_candidates"] = rng.choice([None, [earlier(rng, name) for _ in range(6)]])
        packet["fp_hists"] = rng.choice([None, forced(rng), forced(rng)])
        made.append(packet)
    return made


def earlier(rng, name):
    jd = 2457990.5 + rng.randrange(12)
    base = packets.packet(1, name, history=0, jd=jd, fid=rng.choice([1, 1, 2]), sigmapsf=0.125)
    item = base["candidate"] | {"candid": None}
    if rng.random() < 0.3:  # a limit
        item |= {"magpsf": None, "sigmapsf": None, "isdiffpos": None, "ra": None, "dec": None}
    return item


def forced(rng):
    """Return forced photometry, in no order, some epochs twice."""
    return [
        {
            "jd": 2457980.5 + rng.randrange(9), "fid": 1, "magzpsci": 26.25,
            "forcediffimflux": rng.choice([None, -99999.0, 12.5, 800.0]),
            "forcediffimfluxunc": 10.0, "procstatus": rng.choice(["0", "61", None]),
        }
        for _ in range(7)
    ]  # fmt: skip


def in_schema(made):
    """Return packets as their schema has them: floats rounded, fields that it lacks left out."""
    read = fastavro.reader(io.BytesIO(packets.container(made)))
    return [{k: v for k, v in p.items() if not k.startswith("cutout")} for p in read]


def write_night(folder, made):
    """Write packets as a night with an index; return the index."""
    dump = write_folder(folder / "dump", {"night.avro": packets.container(made)})
    build_index(dump, ZTF, folder / "index.parquet", folder / "spool.bin")
    return folder / "index.parquet"
