"""The tables: their stated error, their gradients, files."""

import numpy as np
import pytest

from pipeline.skymaps.recos import pandel_table as module
from pipeline.skymaps.recos.convolved import log_pdf, log_sf
from pipeline.skymaps.recos.pandel_table import default_path, load_table
from pipeline.skymaps.recos.track import D_MAX, FLOOR, T_MAX, T_MIN, spline

D_MIN = 2.25  # the least effective distance, m


@pytest.fixture(scope="module")
def table(pandel_table):
    return load_table(pandel_table)


@pytest.fixture(scope="module")
def points():
    rng = np.random.default_rng(7)
    n = 6000
    d_eff = rng.uniform(np.sqrt(D_MIN), np.sqrt(D_MAX), n) ** 2
    late = np.exp(rng.uniform(np.log(100), np.log(T_MAX), n))
    return d_eff, np.where(rng.random(n) < 0.7, rng.uniform(T_MIN, 300, n), late)


def evaluate(coefficients, d_eff, t):
    return np.array([spline(coefficients, d, s) for d, s in zip(d_eff, t, strict=True)]).T


def test_error_of_the_pdf(table, points):
    exact = log_pdf(*points)
    for coefficients, expected in [
        (table.log_pdf, exact),
        (table.floored, np.log(np.exp(exact) + FLOOR)),
    ]:
        error = np.abs(evaluate(coefficients, *points)[0] - expected)[exact > np.log(1e-13)]
        assert error.max() < 1e-4
        assert np.sqrt(np.mean(error**2)) < 2e-6


def test_error_of_the_survival(table, points):
    d_eff, t = points[0][:2000], points[1][:2000]
    error = np.abs(evaluate(table.log_sf, d_eff, t)[0] - log_sf(d_eff, t))
    error = error[log_pdf(d_eff, t) > np.log(1e-13)]
    assert error.max() < 1e-4
    assert np.sqrt(np.mean(error**2)) < 2e-6


def test_derivatives_are_those_of_the_spline(table, points):
    d_eff, t = points[0][:500], points[1][:500]
    _, by_d, by_t = evaluate(table.floored, d_eff, t)
    h = 1e-4
    up, down = evaluate(table.floored, d_eff + h, t)[0], evaluate(table.floored, d_eff - h, t)[0]
    np.testing.assert_allclose(by_d, (up - down) / (2 * h), atol=1e-7)
    up, down = evaluate(table.floored, d_eff, t + h)[0], evaluate(table.floored, d_eff, t - h)[0]
    np.testing.assert_allclose(by_t, (up - down) / (2 * h), atol=1e-7)


def test_the_cache_is_filled_once(monkeypatch, tmp_path, table):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    calls = []
    # the calculation itself is tested above; here it is when it is done and what is kept
    monkeypatch.setattr(module, "calculate", lambda: calls.append(1) or table)
    first, second = load_table(), load_table()
    assert len(calls) == 1
    assert first is table
    np.testing.assert_array_equal(second.log_sf, table.log_sf)
    assert [path.name for path in default_path().parent.iterdir()] == [default_path().name]


def test_a_cache_that_cannot_be_written_costs_time_only(monkeypatch, tmp_path, table):
    (tmp_path / "nightmill").write_text("a file where the folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(module, "calculate", lambda: table)
    assert load_table() is table


def test_files_that_are_no_table(tmp_path):
    with pytest.raises(OSError, match=r"missing\.npz"):
        load_table(tmp_path / "missing.npz")
    path = tmp_path / "other.npz"
    np.savez(path, code=module._code())
    with pytest.raises(ValueError, match=r"other\.npz: not a table"):
        load_table(path)
    small = np.zeros((2, 2))
    np.savez(path, code=module._code(), floored=small, log_pdf=small, log_sf=small)
    with pytest.raises(ValueError, match=r"other\.npz"):
        load_table(path)
    path.write_bytes(b"no archive")
    with pytest.raises(ValueError, match=r"other\.npz"):
        load_table(path)
