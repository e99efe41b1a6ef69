"""The surveys whose nights can be simulated."""

from pipeline.simulate.dump import Simulation

SURVEYS = ("ztf", "lsst")
CONTAINER_BYTES = 1_000_000_000
"""Of Rubin's: what a listener to the stream would write into one file."""


def simulation(
    survey: str,
    seed: int,
    night: str,
    *,
    stamps: bool = True,
    defects: float = 0.0,
    schema_version: str | None = None,
    history: int | None = None,
) -> Simulation:
    """Return a survey's night; see `pipeline.simulate.alerts.simulate_alerts`.

    Raises
    ------
    ValueError
        If there is no such survey, or an argument is not one of its.
    """
    if survey == "lsst":
        version = "10.0" if schema_version is None else schema_version
        return _lsst(seed, night, stamps, defects, version, history)
    if survey != "ztf":
        raise ValueError(f"survey {survey!r}: expected one of {', '.join(SURVEYS)}")
    if schema_version is not None or history is not None:
        raise ValueError("schema version and history are options of the survey lsst")
    return _ztf(seed, night, stamps, defects)


def _ztf(seed: int, night: str, stamps: bool, defects: float) -> Simulation:
    from pipeline.simulate.stream import packet_stream  # noqa: PLC0415 - only what is asked for
    from pipeline.simulate.truth import open_tables  # noqa: PLC0415
    from pipeline.simulate.ztf.packets import container_header  # noqa: PLC0415

    return Simulation(
        packet_stream(seed, night, stamps=stamps, defects=defects),
        open_tables,
        container_header(defects > 0),
        nullable_candid=defects > 0,
        container=f"ztf_{night}",
        container_bytes=None,
        tarball=f"ztf_public_{night}",
    )


def _lsst(
    seed: int, night: str, stamps: bool, defects: float, version: str, history: int | None
) -> Simulation:
    from pipeline.simulate.lsst.stream import header, packet_stream  # noqa: PLC0415
    from pipeline.simulate.lsst.survey import MOST_VISITS  # noqa: PLC0415
    from pipeline.simulate.lsst.truth import open_truth  # noqa: PLC0415

    visits = MOST_VISITS if history is None else history
    return Simulation(
        packet_stream(seed, night, version=version, history=visits, stamps=stamps, defects=defects),
        open_truth,
        header(version),
        nullable_candid=False,
        container=f"lsst_{night}",
        container_bytes=CONTAINER_BYTES,
        tarball=None,
    )
