"""A working directory's results, for notebooks."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from pipeline.alerts.surveys.registry import get_survey
from pipeline.contract import paths
from pipeline.io.stamps import read_stamp
from pipeline.io.stored_schema import schema_of
from pipeline.notebook.forms import Form, in_form, plain
from pipeline.notebook.light_curve import light_curve
from pipeline.notebook.packet import packet_stamps
from pipeline.notebook.shards import files_of_object, rows_with
from pipeline.plan.domains import TABLES
from pipeline.sky.maps.skymap import SkyMap

_FOUND = ("survey", "candid", "object_id", "jd")


class Results:
    """What a run of the workflow has left in a directory.

    Parameters
    ----------
    directory : str or Path
        The workflow's working directory, which has ``results``.
    form : {"pandas", "astropy", "polars", "arrow"}
        What tables are returned as; see `pipeline.notebook.forms.in_form`.

    Raises
    ------
    FileNotFoundError
        If it has no results.
    """

    def __init__(self, directory: str | Path = ".", form: Form = "pandas") -> None:
        self.directory = Path(directory)
        self.form: Form = form
        if not self._results.is_dir():
            raise FileNotFoundError(
                f"{self._results}: no results; run the workflow first or name another directory"
            )

    @property
    def _results(self) -> Path:
        return self.directory / paths.RESULTS

    def __repr__(self) -> str:
        """Tell the directory and its nights."""
        return f"Results({str(self.directory)!r}): {', '.join(self.nights()) or 'no nights'}"

    def nights(self, table: str = "alerts") -> list[str]:
        """Return the nights that a table has, as ``ztf/20180201``."""
        folders = sorted((self._results / table).glob("*/*"))
        return [f"{f.parent.name}/{f.name}" for f in folders if any(f.glob("*.parquet"))]

    def table(
        self,
        name: str,
        survey: str | None = None,
        night: str | None = None,
        columns: Sequence[str] | None = None,
        where: Any = None,
    ) -> Any:
        """Return a table of results: alerts, history, scores, matches, candidates and others.

        Parameters
        ----------
        name : str
            Its folder under ``results``.
        survey, night : str, optional
            All, if none is named. Of several surveys a column that one lacks is null there.
        columns : sequence of str, optional
        where : pyarrow.compute.Expression, optional
            Which rows, for example ``pc.field("magpsf") < 18``.

        Raises
        ------
        ValueError
            If there is no such table, night or column.
        """
        return in_form(self._read(name, survey, night, columns, where), self.form)

    def light_curve(self, object_id: str, survey: str | None = None) -> Any:
        """Return all measurements of an object; see `pipeline.notebook.light_curve.light_curve`.

        Raises
        ------
        ValueError
            If no night has an alert of it.
        """
        files = files_of_object(self.directory, self._files("alerts", survey, None), object_id)
        of_file = dict(rows_with(files, "object_id", object_id))
        surveys = {file.parts[-3] for file in of_file}
        if not surveys:
            raise ValueError(f"no alert of an object {object_id!r}")
        if len(surveys) > 1:
            raise ValueError(f"{object_id!r} is an object of several surveys: say which")
        # its history is in the same shards
        shards = [self._results.joinpath("history", *file.parts[-3:]) for file in of_file]
        history = [rows for _, rows in rows_with(shards, "object_id", object_id)]
        none = pq.read_schema(shards[0]).empty_table()
        curve = light_curve(
            _together(of_file.values()), _together(history or [none]), get_survey(*surveys)
        )
        return in_form(curve, self.form)

    def find(self, name: str | int, survey: str | None = None) -> Any:
        """Return the alerts of an object, or those that have a candid, the newest first.

        Parameters
        ----------
        name : str or int
            An object, or a candid: a number may be both.
        survey : str, optional
            Of all, if it is not given.

        Returns
        -------
        table
            ``survey``, ``night``, ``candid``, ``object_id``, ``jd`` (UTC).
        """
        name, files = str(name), self._files("alerts", survey, None)
        of_object = files_of_object(self.directory, files, name)
        found = list(rows_with(of_object, "object_id", name, _FOUND))
        candid = _candid(name)
        if candid is not None:
            of_candid = rows_with(files, "candid", candid, _FOUND)
            found += [(file, _without(rows, name)) for file, rows in of_candid]
        none = pq.read_schema(files[0]).empty_table().select(_FOUND)
        rows = plain(_together([none, *(rows for _, rows in found)]))
        nights = [file.parts[-2] for file, rows in found for _ in range(rows.num_rows)]
        rows = rows.append_column("night", pa.array(nights, pa.string()))
        rows = rows.sort_by(
            [("jd", "descending"), ("survey", "ascending"), ("night", "descending")]
        )
        return in_form(rows.select(["survey", "night", *_FOUND[1:]]), self.form)

    def stamps(
        self, candid: int, survey: str | None = None, night: str | None = None
    ) -> dict[str, np.ndarray]:
        """Return an alert's science, template and difference images, from its packet.

        Returns
        -------
        dict of str to ndarray of float32
            As in the packet: what is no data is NaN. Empty where the packets come without.

        Raises
        ------
        ValueError
            If no indexed night has it, or a stamp cannot be read.
        OSError
            If the packet is no longer where it was.
        """
        found = packet_stamps(self.directory, candid, survey, night)
        return {name: read_stamp(data) for name, data in found.items() if data is not None}

    def skymap(self, event: str) -> SkyMap:
        """Return the map of an event: of its own scan, or of a file.

        Raises
        ------
        ValueError
            If there is none; the message names it.
        """
        from pipeline.sky.maps.read import read_map  # noqa: PLC0415 - reads FITS

        own = self.directory / paths.MULTIORDER.format(event=event)
        path = own if own.exists() else Path(event)
        if not path.is_file():
            there = sorted(
                p.parent.name for p in self.directory.glob(paths.MULTIORDER.format(event="*"))
            )
            raise ValueError(
                f"no map of an event {event!r}; there are {', '.join(there) or 'none'}"
            )
        return read_map(path)

    def cone(self, ra: Any, dec: Any, radius_arcsec: float = 2.0, columns: Any = None) -> Any:
        """Return the alerts of all nights near a position, nearest first.

        Parameters
        ----------
        ra, dec : float or str
            ICRS: degrees, or ``h:m:s`` and ``d:m:s``.
        radius_arcsec : float
        columns : sequence of str or "all", optional
            What is told of each; if absent what the cone indexes have.
        """
        from pipeline.archive.query.files import FilesHome  # noqa: PLC0415 - heavy
        from pipeline.archive.query.positions import read_angle, read_positions  # noqa: PLC0415

        positions = read_positions([ra, dec])
        found = FilesHome(self.directory).cones(positions, read_angle(radius_arcsec), columns)
        return in_form(found.drop_columns(["position"]), self.form)

    def _read(
        self, name: str, survey: str | None, night: str | None, columns: Any, where: Any
    ) -> pa.Table:
        files = self._files(name, survey, night)
        schema = schema_of(files)
        if missing := [column for column in columns or () if column not in schema.names]:
            raise ValueError(f"{name} has no column {', '.join(map(repr, missing))}")
        dataset = ds.dataset([str(file) for file in files], schema=schema)
        return dataset.to_table(columns=None if columns is None else list(columns), filter=where)

    def _files(self, name: str, survey: str | None, night: str | None) -> list[Path]:
        known = [table.name for table in TABLES]
        if name not in known:
            raise ValueError(f"table {name!r}: expected one of {', '.join(known)}")
        files = sorted((self._results / name).glob(f"{survey or '*'}/{night or '*'}/*.parquet"))
        if not files:
            of = " ".join(word for word in (survey, night) if word)
            raise ValueError(f"no {name} of {of or 'any night'} in {self._results}")
        return files


def _together(tables: Iterable[pa.Table]) -> pa.Table:
    return pa.concat_tables(map(plain, tables), promote_options="permissive")


def _without(rows: pa.Table, name: str) -> pa.Table:
    """Return the rows that are not of an object."""
    return rows.filter(pc.invert(pc.fill_null(pc.equal(rows["object_id"], name), False)))


def _candid(name: str) -> int | None:
    """Return a name as a candid, if it can be one."""
    if not re.fullmatch(r"-?[0-9]{1,19}", name) or not -(2**63) <= int(name) < 2**63:
        return None
    return int(name)
