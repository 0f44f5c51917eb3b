"""`manifest.json`: what went in, what came out, and under which versions, as digests."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

from recon.digests import digest_file
from recon.reporting.model import RunRecord

MANIFEST = "manifest.json"
SIGNOFF_JSON, SIGNOFF_PAGE, SIGNOFF_MARK = "signoff.json", "signoff.html", "signoff.svg"
_NOT_OUTPUTS = (MANIFEST, SIGNOFF_JSON, SIGNOFF_PAGE, SIGNOFF_MARK)  # signatures come after the manifest
# What decides the figures: arithmetic and joins, schemas, matching, bank holidays, time zones.
_DECIDING = ("recon", "polars", "dataframely", "scipy", "rapidfuzz", "holidays", "tzdata")


def versions() -> dict[str, str]:
    """The version of Python and of every library that decides what a run finds, by name."""
    return {"python": platform.python_version()} | {name: version(name) for name in _DECIDING}


def build_manifest(record: RunRecord, folder: Path, trail_head: str | None = None) -> dict[str, Any]:
    """The manifest of a pack: inputs, outputs of the folder, parameters, versions and page one.

    `trail_head` is the head of the company's audit trail when the run was made, kept here outside its database.
    """
    found = record.found
    outputs = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in _NOT_OUTPUTS)
    return {
        "run_id": record.run_id,
        "period": {"name": found.period.name, "start": str(found.period.start), "end": str(found.period.end)},
        "company": record.policy.company.name,
        "prepared_by": record.prepared_by,
        "prepared_at": record.prepared_at.isoformat(),
        "closed_by": record.closed_by,
        "parameters": dict(sorted(record.parameters.items())),
        "policy_digest": record.policy_digest,
        "trail_head": trail_head,
        "versions": versions(),
        "inputs": [asdict(file) for file in record.files],
        "outputs": [
            {"name": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size, "sha256": digest_file(path)}
            for path in outputs
        ],
        "rows": {name: frame.height for name, frame in sorted(found.frames.items())},
        "statuses": [_plain(asdict(status)) for status in found.statuses],
        "checks": [_plain(asdict(check)) for check in found.checks],
        "headlines": [_plain(asdict(headline)) for headline in found.headlines],
        "entries": {"count": found.entries_count, "debits": str(found.entries_debits)},
        "pretax_effect": str(found.pretax_effect),
        "asked": str(found.asked),
        "unexplained": str(found.unexplained),
    }


def write_manifest(record: RunRecord, folder: Path, trail_head: str | None = None) -> Path:
    """The manifest's path, after everything else of the pack stands in the folder; as `build_manifest` says."""
    path = folder / MANIFEST
    text = json.dumps(build_manifest(record, folder, trail_head), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with amounts as text: money never passes through a float."""
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in fields.items()}
