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


def without_entry(detail: Path, named: str) -> None:
    """Somebody deletes in Intacct the entry at whose lines this stands."""
    lines = detail.read_text(encoding="utf-8").splitlines(keepends=True)
    left = [line for line in lines if named not in line]
    assert left != lines
    detail.write_text("".join(left), encoding="utf-8")


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

    # A file that says the same is no change; a payroll entry that is gone from the ledger is one, of payroll alone.
    register = next(path for path in sorted(sources.iterdir()) if "payroll" in path.name)
    register.write_bytes(register.read_bytes() + b"\n")
    unchanged = close(request, reports)
    assert unchanged.record.found.frames["variances"].filter(pl.col("cause") == "source_changed").is_empty()
    detail = next(path for path in sorted(sources.iterdir()) if "gl_detail" in path.name)
    without_entry(detail, ",107,FOH,PR-RUN2-20260923,")
    again = close(request, reports)

    rows = again.record.found.frames["variances"]
    assert again.fresh
    assert again.record.found.frames["adjustments"].is_empty()
    changed = rows.filter(pl.col("cause") == "source_changed")
    assert changed.select("reconciliation", "document").rows() == [("payroll", "payroll")]
    assert rows.filter(pl.col("cause") == "prior_period").height == proposed + 1
    page = (again.folder / "index.html").read_text(encoding="utf-8")
    assert "No check failed" not in page
    assert "payroll was signed by bob" in page
    assert "recon reopen payroll" in page
    # Opened again, the month is closed like any other.
    reopen(desk, "2026-09", PAYROLL, people.acting("carla"), note="the register changed")
    fresh = close(request, reports)
    assert fresh.record.found.frames["adjustments"].height == proposed + 1
    manifest = json.loads((fresh.folder / "manifest.json").read_text(encoding="utf-8"))
    assert not [one for one in manifest["outputs"] if one["name"].startswith("signoff")]
    # Each manifest keeps the head of the trail of its time: no row, a signature and a close more, a reopening.
    heads = anchors_in(one.folder / "manifest.json" for one in (first, again, fresh))
    assert [one.head.sequence for one in heads] == [0, 3, 5]
    assert audit(store, heads) == ()
    store.close()
