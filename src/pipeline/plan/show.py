"""A forecast for a person: a table of 80 columns, and a few lines."""

from rich.console import Console
from rich.table import Table

from pipeline.io.console import console
from pipeline.plan.forecast import Forecast, RuleForecast

_BYTES = ((1e6, "TB"), (1e3, "GB"), (1.0, "MB"), (1e-3, "kB"), (1e-6, "B"))
_SECONDS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


def show(found: Forecast, screen: Console | None = None) -> None:
    """Print a forecast."""
    screen = screen or console()
    screen.print(_table(found))
    lines = [
        f"At least {duration(found.wall_s)} with {_count(found.cores, 'core')}; the longest chain "
        f"of jobs takes {duration(found.chain_s)}: {' → '.join(found.chain)}.",
        f"Snakemake plans {_count(found.jobs, 'job')} in {duration(found.planning.cpu_s)} with "
        f"{size(found.planning.memory_mb)}; a job's scratch is at most {size(found.scratch_mb)}.",
        f"On one machine they take up to {size(found.together_mb)} of memory at once; fewer "
        "--cores take less.",
        "As if nothing were done yet, on cores like those that were measured. Memory and time "
        "are what a job asks a cluster for.",
    ]
    if any(rule.once for rule in found.rules):
        lines.append("* once: later nights find it done.")
    lines += [f"Note: {note}." for note in found.notes]
    for line in lines:
        screen.print(line, markup=False)


def _table(found: Forecast) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", show_footer=True)
    spool, output = (
        sum(getattr(rule, name) for rule in found.rules) for name in ("spool_mb", "output_mb")
    )
    for name, footer in (
        ("rule", "all"),
        ("jobs", f"{found.jobs:,}"),
        ("CPU", duration(found.cpu_s)),
        ("memory", ""),
        ("time", ""),
        ("results", size(output)),
        ("spool", size(spool)),
        ("inodes", f"{found.files:,}"),
    ):
        justify = "left" if name == "rule" else "right"
        table.add_column(name, justify=justify, footer=footer, footer_style="bold")  # type: ignore[arg-type]
    for rule in found.rules:
        table.add_row(*_cells(rule))
    return table


def _cells(rule: RuleForecast) -> list[str]:
    return [
        rule.rule + "*" * rule.once,
        f"{rule.jobs:,}",
        duration(rule.cpu_s),
        size(rule.mem_mb),
        duration(rule.minutes * 60),
        size(rule.output_mb),
        size(rule.spool_mb) if rule.spool_mb else "",
        f"{rule.files:,}",
    ]


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" + "s" * (number != 1)


def size(mb: float) -> str:
    """Return a size in the unit that suits it.

    >>> size(2160), size(0), size(3.3e6)
    ('2.2 GB', '0', '3.3 TB')
    """
    return _in_units(mb, _BYTES)


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it.

    >>> duration(12_600), duration(90), duration(0.3)
    ('3.5 h', '90 s', '0.3 s')
    """
    # "90 s" says more than "1.5 min"
    return _in_units(seconds, _SECONDS, least=2)


def _in_units(value: float, units: tuple[tuple[float, str], ...], least: float = 1) -> str:
    """Return a value in the largest unit of which it has at least some."""
    if not value:
        return "0"
    unit, name = next((u for u in units if value >= least * u[0]), units[-1])
    number = value / unit
    return f"{number:.1f} {name}" if number < 10 else f"{number:,.0f} {name}"
