"""`recon post` with a folder for attachments: the pack of the run stands in the ledger, and its entries name it."""

from __future__ import annotations

import json
from contextlib import closing

import pytest
from desk_rig import Closed, Desk, Typed, change_policy, closed_month, on_record, posts_to

from recon.reporting.manifest import write_manifest
from recon.state.store import open_state

FILES = {"workpaper.xlsx": b"the workpaper", "pack.pdf": b"the pages to sign"}


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Closed:
    found = closed_month(tmp_path_factory.mktemp("month"))
    folder = found.reports / "2026-09" / found.record.run_id
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    write_manifest(found.record, folder)
    on_record(found.workspace, found.reports, found.record)
    return found


@pytest.mark.parametrize("service", ["intacct_xml", "intacct_rest"])
def test_post_attaches_the_pack_of_the_run_to_every_entry_and_says_so_before(
    typed: Typed, desk: Desk, service: str
) -> None:
    workspace, number = desk.closed.workspace, f"RECON-{desk.closed.record.run_id}"
    posts_to(workspace, desk.url, service)
    typed("bob", "review", "--short")
    with closing(open_state(workspace)) as store:
        keys = [one.key for one in sorted(store.all(), key=lambda one: (one.content.gross, one.key))[:2]]
    for key in keys:
        typed("bob", "review", "--mark", key)
        typed("bob", "approve", key)
    change_policy(workspace, {"[posting]": '[posting]\nattachment_folder = "Nowhere"'})
    homeless = typed("ann", "post", "--json").facts["entries"]
    change_policy(workspace, {'"Nowhere"': '"Reconciliations"'})

    shown = typed("ann", "post", "--dry-run", "--json").facts["entries"]
    before = desk.world.query("SELECT supdocid FROM intacct_attachment")
    posted = typed("ann", "post", "--json").facts["entries"]

    assert {one["what"] for one in homeless} == {"blocked"}
    assert "Intacct has no folder Nowhere for attachments" in homeless[0]["words"]
    assert {one["would"] for one in shown} == {
        f"attachment {number} is made in folder Reconciliations of workpaper.xlsx and pack.pdf, then the entry is "
        "created as a draft, then that record is posted"
    }
    assert before == []
    assert {one["what"] for one in posted} == {"confirmed"}, posted
    (kept,) = desk.world.query("SELECT supdocid, folder, files FROM intacct_attachment")
    assert (kept[0], kept[1]) == (number, "Reconciliations")
    assert json.loads(kept[2]) == {name: len(data) for name, data in FILES.items()}
    numbers = ", ".join(one["record_no"] for one in posted)
    named = desk.world.query(f"SELECT DISTINCT supdocid FROM intacct_batch WHERE recordno IN ({numbers})")
    assert named == [(number,)]
