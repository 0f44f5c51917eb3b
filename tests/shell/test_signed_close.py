"""A close of a month that was signed: the same inputs are answered from the signed run, others are findings."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
from test_close import WORKSPACE, small_notebooks

from recon.close import close
from recon.compute import CloseRequest
from recon.decisions import person
from recon.lifecycle import Control
from recon.signoff.gate import Subject
from recon.signoff.signing import Books, reopen, sign
from recon.state.audit import anchors_in, audit
from recon.state.store import open_state
from recon.workspace import load_people, load_workspace

PAYROLL = Subject("reconciliation", "payroll")


def test_a_signed_month_is_closed_again(rehearsal: Callable[[str], Path], tmp_path: Path) -> None:
    workspace, sources, reports = tmp_path / "company", tmp_path / "sources", tmp_path / "reports"
    shutil.copytree(WORKSPACE, workspace)
    shutil.copytree(rehearsal("rehearsal-2026-09"), sources)
    policy = workspace / "policy.toml"
    text = policy.read_text(encoding="utf-8").replace("[company]", '[company]\npreparer = "ann"', 1)
    policy.write_text(f'{text}\n[materiality]\noverall = "9999999.00"\n', encoding="utf-8")
    request = CloseRequest(
        "2026-09", workspace, sources, only=("payroll",), notebooks=small_notebooks(tmp_path / "notebooks")
    )
    # Ann prints her name, and runs the close as whoever runs this test.
    users = f"person,roles,aliases\nann,preparer,{person()}\nbob,reviewer|approver,\ncarla,controller,\n"
    (workspace / "users.csv").write_text(users, encoding="utf-8")
    store, people = open_state(workspace), load_people(workspace)
    first = close(request, reports)
    assert "not signed: payroll" in (first.folder / "signoff.svg").read_text(encoding="utf-8")
    desk = Books(store, Control.of(load_workspace(workspace).policy, people), reports)

    found = first.record.found.frames["variances"]
    proposed = found.filter(pl.col("status") == "book").height
    assert proposed
    sign(desk, "2026-09", PAYROLL, people.acting("bob"), force=True, note="waived until October")

    same = close(request, reports)
    assert (same.record.run_id, same.fresh) == (first.record.run_id, False)

    register = next(path for path in sorted(sources.iterdir()) if "payroll" in path.name)
    register.write_bytes(register.read_bytes() + b"\n")
    again = close(request, reports)

    rows = again.record.found.frames["variances"]
    assert again.fresh
    assert again.record.found.frames["adjustments"].is_empty()
    assert rows.filter(pl.col("cause") == "source_changed")["document"].to_list() == [register.name]
    assert rows.filter(pl.col("cause") == "prior_period").height == proposed
    # Opened again, the month is closed like any other.
    reopen(desk, "2026-09", PAYROLL, people.acting("carla"), note="the register changed")
    fresh = close(request, reports)
    assert fresh.record.found.frames["adjustments"].height == proposed
    manifest = json.loads((fresh.folder / "manifest.json").read_text(encoding="utf-8"))
    assert not [one for one in manifest["outputs"] if one["name"].startswith("signoff")]
    # Each manifest keeps the head of the trail of its time: no row, a close and its signature, then one more of each.
    heads = anchors_in(one.folder / "manifest.json" for one in (first, again, fresh))
    assert [one.head.sequence for one in heads] == [0, 2, 4]
    assert audit(store, heads) == ()
    store.close()
