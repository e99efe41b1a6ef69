"""The public packets beside the checkout, as fastavro, tarfile and pyarrow read them."""

import io
import tarfile
from pathlib import Path

import fastavro
import pyarrow.parquet as pq

UNKNOWN = 12345
"""Pitt-Google's number of a schema in some of its samples; the file's name has the version."""
# Nothing of these can be read, or not by the survey's description: the reason that is given.
REJECTED = {
    "11290844.avro": ["the schema has no field diaSource.midpointMjdTai"],  # ELAsTiCC's 0.9
    "roman__alert.avro": ["the schema has no field diaSource.midpointMjdTai"],
    "rapid.v01_00.avro": ["schema 100.avsc is not in the schemas folder"],
    "askap__alert.avro": ["the schema has no field candidate.fid"],  # of BOOM: radio fluxes
    "decam__alert.avro": ["the schema has no field candidate.jd"],
    "ztf_public_20240312.tar.gz": ["Not a gzipped file"],  # a pointer of git's large files
    "121540793515135009.avro": ["truncated: block at byte 14440 needs 1 bytes more"],
    "121540793515135010.avro": ["truncated: block at byte 14440 needs 1 bytes more"],
    "Hsiao_v2_51.avro": ["truncated: block at byte 14077 needs 8 bytes more"],
    "Hsiao_v2_52.avro": ["truncated: block at byte 14077 needs 11 bytes more"],
    "Hsiao_v2_53.avro": ["does not end with the file's sync", "81387 needs 1 bytes more"],
    "Hsiao_v2_54.avro": ["truncated: block at byte 14077 needs 11 bytes more"],
    "Hsiao_v2_55.avro": ["truncated: block at byte 14077 needs 13 bytes more"],
    # Rubin's fake alerts up to 7.4: midpointMjdTai is 1480360995 there.
    **{f"lsst.v7_{minor}.avro": ["its time is null or not finite"] for minor in range(5)},
    "f7e7692__tests__test-data__schema_4.02.avro": [
        "damaged block at byte 84476: impossible counts (276 records"
    ],
    **{
        f"20180601__{number}.avro": ["truncated: block at byte 18549 needs 1 bytes more"]
        for number in (
            516401801315010009, 516434762915010006, 516442330015015017, 516442805615015004,
            516476004815015005,
        )
    },
}  # fmt: skip
_RUBIN = ("lsst", "rubin", "roman", "rapid", "faint_trails", "Ampel-LSST")


def files(shared: Path) -> list[Path]:
    """Return all files of packets."""
    folder = shared / "data/alerts_public"
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "LICENSE.txt")


def survey_of(path: Path) -> str:
    return "lsst" if any(word in f"{path.parent.name}/{path.name}" for word in _RUBIN) else "ztf"


def has_alerts(path: Path) -> bool:
    """Return whether there is a packet that counts.

    fastavro yields the record of a block that a lost byte has shifted; its bytes are not
    those that were written.
    """
    return all(why.startswith("damaged block") for why in reasons_of(path))


def reasons_of(path: Path) -> list[str]:
    return next((why for end, why in REJECTED.items() if path.name.endswith(end)), [])


def packets_of(path: Path, schemas: Path) -> list[dict]:
    """Return what an independent reader finds, up to damage."""
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".gz":
        try:
            with tarfile.open(path) as archive:
                members = [m for m in archive.getmembers() if m.name.endswith(".avro")]
                return [p for m in members for p in _records(archive.extractfile(m).read())]
        except tarfile.ReadError:
            return []
    content = path.read_bytes()
    if content[0] != 0:
        return list(_records(content))
    number = int.from_bytes(content[1:5], "big")
    file = schemas / f"{number}.avsc"
    if not file.is_file():
        return []
    schema = fastavro.schema.load_schema(str(file))
    return [fastavro.schemaless_reader(io.BytesIO(content[5:]), schema, None)]


def _records(content: bytes):
    try:
        yield from fastavro.reader(io.BytesIO(content))
    except Exception:  # damage: whatever fastavro's code met
        return


def rubin_schemas(folder: Path) -> Path:
    """Write Rubin's published schemas as a schemas folder; each number is 100 major + minor."""
    import lsst.alert.packet as package

    folder.mkdir()
    for version in Path(package.get_schema_root()).glob("[0-9]*/[0-9]*"):
        major, minor = version.parent.name, version.name
        for file in version.glob("*.avsc"):
            (folder / file.name).write_bytes(file.read_bytes())
        alert = folder / f"lsst.v{major}_{minor}.alert.avsc"
        if alert.is_file():
            (folder / f"{100 * int(major) + int(minor)}.avsc").write_bytes(alert.read_bytes())
    return folder


def unknown_schema(path: Path, schemas: Path) -> None:
    """Give the schema numbered `UNKNOWN` the content of the version in the file's name."""
    if path.suffix == ".avro" and path.read_bytes()[:5] == b"\0" + UNKNOWN.to_bytes(4, "big"):
        version = path.stem.rpartition(".")[2]
        alert = schemas / f"lsst.{version}.alert.avsc"
        (schemas / f"{UNKNOWN}.avsc").write_bytes(alert.read_bytes())
