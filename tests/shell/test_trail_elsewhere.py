"""The heads of the trail that stand outside its database: with entries in the ledger, and beside signed packs."""

from __future__ import annotations

import datetime as dt
from contextlib import closing

import pytest
from bench.tampering import lay_bare
from desk_rig import Closed, Desk, Typed, closed_month
from sqlalchemy import text

from recon.state.audit import audit
from recon.state.links import append
from recon.state.place import RECORDS
from recon.state.store import StateStore, open_state
from recon.trail import Told, read_event

# So that Bob may force what is open; with 0.00, as the template has it, nothing is ever forced.
MATERIAL = {'overall = "0.00"': 'overall = "9999999.00"'}
FORCE = ("signoff", "payroll", "--force", "--note", "agreed with the auditor")


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Closed:
    return closed_month(tmp_path_factory.mktemp("month"), MATERIAL)


def posted(typed: Typed, desk: Desk) -> str:
    """The key of the smallest entry, marked by Bob, approved by Carla, posted by Ann."""
    typed("bob", "review", "--short")
    with closing(open_state(desk.closed.workspace)) as store:
        key = min(store.all(), key=lambda one: (one.content.gross, one.key)).key
    typed("bob", "review", "--mark", key)
    typed("carla", "approve", key)
    assert typed("ann", "post").code == 0
    return key


def written_anew(store: StateStore) -> None:
    """Every row of the trail an hour later, each following the one before: whole in itself, and of another history."""
    events = [read_event(link) for link in store.links()]
    lay_bare(store)

    def again(connection: object) -> None:
        connection.execute(text("DELETE FROM trail"))  # type: ignore[attr-defined]
        for one in events:
            at = one.at - dt.timedelta(hours=1)
            append(connection, at, Told(one.actor, one.act, one.subject, one.details))  # type: ignore[arg-type]

    store.database.write(again)


@pytest.mark.parametrize("service", ["intacct_xml", "intacct_rest"])
def test_a_trail_that_was_written_anew_shows_by_one_entry_in_the_ledger(service: str, typed: Typed, desk: Desk) -> None:
    path = desk.closed.workspace / "sources.toml"
    path.write_text(path.read_text().replace('service = "intacct_xml"', f'service = "{service}"'))
    key = posted(typed, desk)
    sound = typed("dave", "audit", "verify", "--ledger", "--json")
    settled = typed("ann", "settle", "--json")
    assert (sound.code, settled.code) == (0, 0), sound.err + settled.err
    assert sound.facts["in_ledger"] == {"service": service, "entries": 1, "with_a_head": 1}
    assert (sound.facts["heads_elsewhere"], settled.facts["swept"]["with_a_head"]) == (1, 1)

    with closing(open_state(desk.closed.workspace)) as store:
        written_anew(store)
        assert audit(store) == ()  # whole in itself
    unseen = typed("dave", "audit", "verify")
    seen = typed("dave", "audit", "verify", "--ledger")
    refused = typed("ann", "settle")
    (desk.closed.workspace / RECORDS).unlink()  # whoever writes a trail anew thinks of what the workspace remembers
    settled = typed("ann", "settle", "--json")

    assert (unseen.code, seen.code, refused.code, settled.code) == (0, 7, 2, 7)
    assert "holds other records than this workspace has" in refused.err
    assert "is not the one whose hash stands in record" in seen.err
    assert "of the ledger: the trail was written anew up to it" in seen.err
    (told,) = settled.facts["swept"]["findings"]
    assert (told["kind"], told["key"]) == ("other_trail", key)
    assert "the trail was written anew up to it, or recon posted it from another database" in told["words"]


def test_a_trail_that_was_cut_back_before_what_stands_in_the_ledger_shows(typed: Typed, desk: Desk) -> None:
    yesterday = desk.closed.workspace / "state.sqlite"
    typed("bob", "review", "--short")
    kept = yesterday.read_bytes()
    posted(typed, desk)
    yesterday.write_bytes(kept)

    seen = typed("dave", "audit", "verify", "--ledger")

    assert seen.code == 7
    assert "but record" in seen.err
    assert "the rows after it are gone" in seen.err


def test_an_entry_whose_history_comment_is_gone_is_counted(typed: Typed, desk: Desk) -> None:
    posted(typed, desk)
    desk.world.write("UPDATE intacct_batch SET history_comment = 'tidied up' WHERE referenceno LIKE 'RCN%'")

    said = typed("dave", "audit", "verify", "--ledger")

    assert said.code == 0
    assert "1 entry of recon in the ledger behind Intacct's XML gateway: 0 with a head." in said.out
    assert "An entry shows none where somebody changed its history comment" in said.out


def test_a_sign_off_on_record_whose_file_is_gone_or_older_is_told(typed: Typed, desk: Desk) -> None:
    typed("bob", *FORCE)
    file = desk.closed.reports / "2026-09" / desk.closed.record.run_id / "signoff.json"
    first = file.read_bytes()
    typed("carla", "signoff", "sales", "--force", "--note", "agreed")
    assert typed("dave", "audit", "verify").code == 0

    file.write_bytes(first)
    older = typed("dave", "audit", "verify")
    file.unlink()
    gone = typed("dave", "audit", "verify", "--json")

    assert (older.code, gone.code) == (1, 1)
    assert "Row 3 of the trail tells of a signature (2026-09 payroll, 2026-09 sales); " in older.out
    assert "signoff.json, which should show it, is older than that." in older.out
    (words,) = gone.facts["missing"]
    assert words.endswith("signoff.json, which should show it, is not there.")
