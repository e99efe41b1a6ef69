"""What `nightmill check` looks at for the assistant: its dust map, its bench's oracle."""

from functools import partial
from pathlib import Path

from pipeline.contract.request import Request
from pipeline.contract.trial import Trials, tried


def trials(request: Request) -> Trials:
    """Yield what is found of each file that the section ``vra`` names."""
    section = request.config.vra
    if section is None:
        return
    if section.dust_map is not None:
        from pipeline.vra.domain import dust_files  # noqa: PLC0415 - which names this

        north, south = map(Path, dust_files(section))
        yield tried(f"vra.dust_map: {section.dust_map}", partial(_dust, north, south))
    if section.bench is not None:
        oracle = section.bench.oracle
        yield tried(f"vra.bench.oracle: {oracle}", partial(_oracle, Path(oracle)))


def _dust(north: Path, south: Path) -> str:
    import numpy as np  # noqa: PLC0415

    from pipeline.vra.dust import DustMap  # noqa: PLC0415 - opens FITS

    at = DustMap((north, south)).ebv(np.array([192.86]), np.array([27.13]))[0]
    return f"E(B-V) at the northern galactic pole {at:.4f} mag"


def _oracle(path: Path) -> str:
    from pipeline.vra.bench.oracle import read_oracle  # noqa: PLC0415

    return f"labels of {len(read_oracle(path))} alerts"
