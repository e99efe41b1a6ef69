"""A round to label, for tests: alerts with stamps, their worklist and a configuration."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from nights import write_results
from packets import packet
from test_show import with_stamps

from pipeline.vra.features_table import FEATURES
from pipeline.vra.places import WORKLIST, round_name

FIRST = 1_000_000_000_000_000_000


def write_round(directory, number=3, alerts=6, stamps=True):
    """Write the open round of a working directory; return the candids of its worklist."""
    candids = [FIRST + k for k in range(alerts)]
    packets = []
    for k, candid in enumerate(candids):
        one = packet(candid, f"ZTF18aaaaaa{chr(97 + k % 26)}", history=6, magpsf=18.0 + k / 10)
        for n, earlier in enumerate(one["prv_candidates"]):
            earlier["magpsf"] = 19 - 0.2 * n if n else None
            earlier["diffmaglim"] = 20.4
        packets.append(with_stamps(one) if stamps else one)
    write_results(directory, packets)
    write_worklist(
        directory, [(c, one["objectId"]) for c, one in zip(candids, packets, strict=True)], number
    )
    (directory / "config").mkdir()
    (directory / "config/alerts.tsv").write_text("survey\tnight\tpath\n")
    config = {"alerts": "config/alerts.tsv", "vra": {"filter": "fink_vra", "overlap": 0.0}}
    (directory / "config/config.yaml").write_text(yaml.safe_dump(config))
    return candids


def write_worklist(directory, alerts, number=3):
    """Write a round's worklist of candids and objects."""
    path = directory / WORKLIST.format(experiment="nightmill", round=round_name(number))
    path.parent.mkdir(parents=True)
    count = len(alerts)
    columns = {
        "rank": np.arange(count, dtype=np.int32)[::-1],
        "survey": ["ztf"] * count,
        "candid": [candid for candid, _ in alerts][::-1],
        "object_id": [name for _, name in alerts][::-1],
        "score": np.linspace(0.4, 0.6, count),
        "value": np.linspace(0.4, 0.5, count),
        **{name: np.full(count, 0.1234, np.float32) for name in FEATURES},
    }
    pq.write_table(pa.table(columns), path)
