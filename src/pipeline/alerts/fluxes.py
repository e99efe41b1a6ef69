"""Magnitudes ↔ differential fluxes of measurements.

Sources: Masci et al. 2023, "A New Forced Photometry Service for the ZTF", arXiv:2305.16279,
sections 6.2-6.5 (forced photometry); the conventions of SkyPortal and sncosmo for fluxes
with a zero point.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.alerts.casts import as_type

MISSING = -99999.0
"""What ZTF's forced photometry writes for a value that it has not."""
MAGERR = 2.5 / np.log(10.0)
"""1.0857: relative error of a flux → error of its magnitude."""
MIN_SNR = 3.0
"""At or below, a flux is no detection and has no magnitude (Masci et al., SNT)."""
LIMIT_SNR = 5.0
"""``diffmaglim`` is a 5 sigma limit."""
UJY_ZP = 23.9
"""AB magnitude of 1 µJy: 8.9 + 2.5 · 6 (Oke & Gunn 1983: 3631 Jy is magnitude 0)."""
NJY_ZP = 31.4
"""AB magnitude of 1 nJy: 8.9 + 2.5 · 9."""


def from_magnitudes(table: pa.Table) -> pa.Table:
    """Fill ``flux``, ``fluxerr`` and ``zp`` (23.9: µJy) from magnitudes and limits.

    A detection's flux has the sign of ``isdiffpos``; where that is null, flux and error are.
    Where there is no magnitude, the flux is null and its error that of the limit:
    10^(−0.4 (diffmaglim − 23.9)) / 5.

    Parameters
    ----------
    table : pyarrow.Table
        With ``mag``, ``magerr``, ``diffmaglim``, ``isdiffpos`` as in the history table.
    """
    mag, magerr, limit = (_numbers(table, name) for name in ("mag", "magerr", "diffmaglim"))
    limit = np.where(limit > 0, limit, np.nan)
    positive = table["isdiffpos"].cast(pa.float64()).to_numpy()  # 1, 0, NaN where null
    with np.errstate(over="ignore", invalid="ignore"):
        flux = (2.0 * positive - 1.0) * 10.0 ** (-0.4 * (mag - UJY_ZP))
        error = np.abs(flux) * magerr / MAGERR
        at_limit = 10.0 ** (-0.4 * (limit - UJY_ZP)) / LIMIT_SNR
    values = {
        "flux": flux,
        "fluxerr": np.where(np.isfinite(mag), error, at_limit),
        "zp": np.full(mag.size, UJY_ZP),
    }
    for i, column in enumerate(table.schema):
        if column.name not in values and pa.types.is_floating(column.type):
            table = table.set_column(i, column, known(table[column.name]))
    return _with(table, values)


def from_fluxes(table: pa.Table) -> pa.Table:
    """Fill magnitudes, ``snr`` and limits from ``flux``, ``fluxerr`` and ``zp``.

    ``mag``, ``magerr`` and ``isdiffpos`` are null where ``|flux| ≤ 3 fluxerr``, and so are
    values that ZTF writes as −99999.
    """
    numbers = [f.name for f in table.schema if pa.types.is_floating(f.type)]
    values = {name: _numbers(table, name) for name in numbers}
    flux, zp = values["flux"], values["zp"]
    error = np.where(values["fluxerr"] > 0, values["fluxerr"], np.nan)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        snr = flux / error
        detected = np.abs(snr) > MIN_SNR
        values |= {
            "fluxerr": error,
            "snr": snr,
            "mag": np.where(detected, zp - 2.5 * np.log10(np.abs(flux)), np.nan),
            "magerr": np.where(detected, MAGERR * error / np.abs(flux), np.nan),
            "limmag3sig": zp - 2.5 * np.log10(3.0 * error),
            "limmag5sig": zp - 2.5 * np.log10(5.0 * error),
        }
    at = table.schema.get_field_index("isdiffpos")
    table = table.set_column(at, "isdiffpos", pa.array(flux > 0, mask=~detected))
    return _with(table, values)


def _numbers(table: pa.Table, name: str) -> np.ndarray:
    values = table[name].to_numpy().astype(np.float64)
    return np.where((values == MISSING) | np.isinf(values), np.nan, values)


def known(values: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return floats with null for what is no value: NaN, infinities and ZTF's −99999.

    >>> known(pa.array([1.0, float("nan"), float("inf"), -99999.0])).to_pylist()
    [1.0, None, None, None]
    """
    if values.null_count == len(values):
        return values
    good = pc.and_(pc.is_finite(values), pc.not_equal(values, MISSING))
    return pc.if_else(good, values, None)


def _with(table: pa.Table, values: dict[str, np.ndarray]) -> pa.Table:
    for name, column in values.items():
        at = table.schema.get_field_index(name)
        array = pa.array(column, mask=~np.isfinite(column))
        type_ = table.schema.field(name).type
        table = table.set_column(at, name, as_type(array, type_, len(column)))
    return table
