"""What the morning page reads of all alerts of a night, once: counts, distributions, the sky."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.alerts.photometry import own_measurements, positive
from pipeline.alerts.surveys.registry import get_survey
from pipeline.alerts.surveys.survey import Survey
from pipeline.contract.blocks import Ranking, Reads
from pipeline.sky.healpix import lonlat_to_pixel

MAGNITUDES = tuple(np.arange(8.0, 28.01, 0.25).tolist())
"""Edges of the bins of magnitudes and limits: those of all surveys of the field."""
SKY_ORDER = 5
"""Pixels of 1.8 degrees."""
MOST_REASONS = 20
FIRST_SEEN = "jdstarthist"
NEW_D = 30.0
"""For which an object counts as new after it was first seen [d]."""
MOST_RANKED = 2000
_ALWAYS = ("candid", "object_id", "jd", "ra", "dec")
_WORDS = (
    "detections brighter than the template; objects first seen at most "
    f"{NEW_D:.0f} days before come first, the brightest of them at the top"
)
_ANY = "detections brighter than the template, the brightest at the top"


def facts(reads: Reads) -> dict[str, Any]:
    """Return what there is of a night; see `pipeline.contract.page.Page.facts`."""
    survey = get_survey(reads.survey)
    found = _Found()
    for path in reads.files["alerts"]:
        found.add(*_shard(path, survey))
    counts = [json.loads(_text(path)) for path in reads.files["summary"]]
    told: dict[str, Any] = counts[0] if counts else {}
    return {
        "counts": {k: v for k, v in told.items() if isinstance(v, int)},
        "unlisted_fields": told.get("unlisted_fields", []),
        "objects": found.objects,
        "span": found.span,
        "bands": found.bands(),
        "sky": {"order": SKY_ORDER, **_sparse(found.sky)},
        "rejected": rejected_reasons(reads.files["rejected"]),
    }


def ranking(reads: Reads) -> list[Ranking]:
    """Return the brightest alerts of a night, those of new objects first."""
    survey = get_survey(reads.survey)
    tables = [_bright(*_shard(path, survey)) for path in reads.files["alerts"]]
    if not tables:
        return []
    table = pa.concat_tables(tables)
    if pc.all(pc.is_null(table["new"])).as_py() is not False:
        order, words = [("mag", "ascending"), ("candid", "ascending")], _ANY
    else:
        table = table.set_column(2, "new", pc.fill_null(table["new"], False))
        order = [("new", "descending"), ("mag", "ascending"), ("candid", "ascending")]
        words = _WORDS
    best = table.sort_by(order).slice(0, MOST_RANKED)
    values = [float(bool(new)) for new in best["new"].to_pylist()]
    name = "Brightest new light"
    return [Ranking(name, words, best["candid"].to_pylist(), values, general=True)]


def rejected_reasons(paths: Iterable[str]) -> list[dict[str, Any]]:
    """Return the most frequent reasons for which packets were rejected, each with an example."""
    number: Counter[str] = Counter()
    example: dict[str, tuple[str, int]] = {}
    for path in paths:
        table = pq.read_table(path, columns=["reason", "source", "position"])
        for row in table.to_pylist():
            number[row["reason"]] += 1
            place = row["source"], row["position"]
            example[row["reason"]] = min(place, example.get(row["reason"], place))
    ranked = sorted(number.items(), key=lambda item: (-item[1], item[0]))
    told = [
        {"reason": reason, "number": n, "source": example[reason][0],
         "position": example[reason][1]}
        for reason, n in ranked[:MOST_REASONS]
    ]  # fmt: skip
    rest = sum(n for _, n in ranked[MOST_REASONS:])
    if rest:
        told.append({"reason": "others", "number": rest, "source": None, "position": None})
    return told


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as stream:
        return stream.read()


def _shard(path: str, survey: Survey) -> tuple[pa.Table, pa.Table]:
    """Return a shard's alerts, and their own measurements as rows of the history table."""
    own = survey.measurement.columns.values()
    wanted = {*_ALWAYS, *survey.light_curve_columns, *own, FIRST_SEEN, "fid", "diffmaglim"}
    there = set(pq.read_schema(path).names)
    alerts = pq.read_table(path, columns=sorted((wanted | {"isdiffpos"}) & there))
    return alerts, own_measurements(alerts, survey)


def _bright(alerts: pa.Table, own: pa.Table) -> pa.Table:
    """Return a shard's brightest positive detections: candid, mag, and whether they are new."""
    seen = alerts[FIRST_SEEN] if FIRST_SEEN in alerts.schema.names else None
    nulls = pa.nulls(alerts.num_rows, pa.bool_())
    new = nulls if seen is None else pc.less_equal(pc.subtract(alerts["jd"], seen), NEW_D)
    table = pa.table([alerts["candid"], own["mag"], new], names=["candid", "mag", "new"])
    bright = pc.and_(positive(own), pc.is_finite(own["mag"]))
    keys = [("new", "descending"), ("mag", "ascending"), ("candid", "ascending")]
    return table.filter(pc.fill_null(bright, False)).sort_by(keys).slice(0, MOST_RANKED)


class _Found:
    """Sums over the shards of a night."""

    def __init__(self) -> None:
        self.objects = 0
        self.span: tuple[float, float] | None = None
        self.sky = np.zeros(12 * 4**SKY_ORDER, dtype=np.int64)
        self._bands: dict[str, dict[str, Any]] = {}

    def add(self, alerts: pa.Table, own: pa.Table) -> None:
        """Count a shard; an object's alerts are all in one."""
        if not alerts.num_rows:
            return
        self.objects += pc.count_distinct(alerts["object_id"], mode="only_valid").as_py()
        times = [pc.min(alerts["jd"]).as_py(), pc.max(alerts["jd"]).as_py()]
        times += self.span or ()
        self.span = min(times), max(times)
        pixels = lonlat_to_pixel(
            1 << SKY_ORDER, alerts["ra"].to_numpy(), alerts["dec"].to_numpy(), nest=True
        )
        self.sky += np.bincount(pixels, minlength=self.sky.size)
        bands = pc.fill_null(own["filter"].cast(pa.string()), "unknown")
        for band in sorted(set(bands.to_pylist())):
            self._count(band, own.filter(pc.equal(bands, band)))

    def _count(self, band: str, own: pa.Table) -> None:
        sign = positive(own)
        new = {
            "alerts": own.num_rows,
            "positive": pc.sum(sign).as_py() or 0,
            "negative": pc.sum(pc.invert(sign)).as_py() or 0,
            "magnitudes": _binned(own["mag"]),
            "limits": _binned(own["diffmaglim"]),
        }
        old = self._bands.get(band)
        if old is not None:
            new = {k: _plus(old[k], v) for k, v in new.items()}
        self._bands[band] = new

    def bands(self) -> dict[str, dict[str, Any]]:
        """Return the counts by band, plain."""
        return dict(sorted(self._bands.items()))


def _plus(a: Any, b: Any) -> Any:
    return [x + y for x, y in zip(a, b, strict=True)] if isinstance(a, list) else a + b


def _binned(column: pa.ChunkedArray) -> list[int]:
    """Return the counts of `MAGNITUDES`, and behind them how many are outside of all bins."""
    values = column.drop_null().to_numpy()
    values = values[np.isfinite(values)]
    counts: list[int] = np.histogram(values, MAGNITUDES)[0].tolist()
    return [*counts, values.size - sum(counts)]


def _sparse(counts: np.ndarray) -> Mapping[str, list[int]]:
    pixels = np.flatnonzero(counts)
    return {"pixels": pixels.tolist(), "counts": counts[pixels].tolist()}
