"""Which reconstructions there are: those that ship and those that other packages bring."""

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from pipeline.contract.provenance import source_hash
from pipeline.skymaps.recos.base import Reconstruction

GROUP = "nightmill.recos"
"""Entry-point group; its entries name subclasses of `Reconstruction`."""

BUILT_IN = {
    "pandel_spe1st": "pipeline.skymaps.recos.pandel:PandelSpe1st",
    "pandel_mpe": "pipeline.skymaps.recos.pandel:PandelMpe",
    "planewave": "pipeline.skymaps.recos.planewave:PlaneWave",
    "dummy": "pipeline.skymaps.recos.dummy:Dummy",
    "crash_dummy": "pipeline.skymaps.recos.dummy:CrashDummy",
}


def names() -> list[str]:
    """Return the names of all reconstructions, sorted."""
    return sorted({*BUILT_IN, *_installed()})


def get(name: str) -> Reconstruction:
    """Return the reconstruction of that name; only its own module is imported.

    Raises
    ------
    ValueError
        If there is none; the message lists those there are. Or if an installed one is not a
        `Reconstruction`.
    """
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        kind = getattr(import_module(module), attribute)
    elif name in (installed := _installed()):
        kind = installed[name].load()
    else:
        raise ValueError(f"no reconstruction {name!r}; there are {', '.join(names())}")
    if not (isinstance(kind, type) and issubclass(kind, Reconstruction)):
        raise ValueError(f"reconstruction {name!r}: {kind!r} is no subclass of Reconstruction")
    return kind()


def code(name: str) -> str:
    """Return what identifies the code of a reconstruction, without importing it.

    Raises
    ------
    ValueError
        If there is none of that name; the message lists those there are.
    """
    if name in BUILT_IN:
        return source_hash(BUILT_IN[name].partition(":")[0])
    entry = _installed().get(name)
    if entry is None:
        raise ValueError(f"no reconstruction {name!r}; there are {', '.join(names())}")
    return f"{entry.value} {entry.dist.version if entry.dist else ''}"


def _installed() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}
