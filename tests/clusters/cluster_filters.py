"""Filters in both languages for the clusters' night, which tell nothing of a score's last bit."""

from pathlib import Path

FILTERS = {
    "near_star": """\
permissions: [1, 2, 3]
group: Near
autosave: true
pipeline:
  - $match: {cross_matches.stars.0: {$exists: true}, classifications.realbogus: {$gte: 0}}
  - $project:
      annotations:
        type: {$arrayElemAt: [$cross_matches.stars.type, 0]}
        version: $classifications.realbogus_version
        seen: {$size: $prv_candidates}
""",
    "fainter_before": """\
permissions: [1, 2]
sql: |
  select max(h.mag) - any_value(a.magpsf) as rise, any_value(s.realbogus) >= 0 as scored
  from alerts as a join history as h on h.fid = a.fid join scores as s on s.candid = a.candid
""",
    "not_run": "active: false\nsql: select 1 from alerts\n",
}


def write_filters(folder: Path) -> None:
    """Write the files of a folder of filters, two of which run."""
    folder.mkdir()
    for name, text in FILTERS.items():
        (folder / f"{name}.yaml").write_text(f"name: {name}\n{text}")
