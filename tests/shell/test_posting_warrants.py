"""An approval counts when an entry is sent as it did when it was given: on the trail, by people who still may, under
the policy and users of then, for the ledger of then, and not into what is signed."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from contextlib import closing
from dataclasses import asdict, replace

import msgspec
from desk_rig import USERS, Desk, Typed, change_policy

from recon.lifecycle import Approved, Correction, Intended, Reviewed
from recon.state.periods import SignOffRow, keep_sign_off
from recon.state.rows import stands
from recon.state.store import StateStore, open_state
from recon.trail import Head, Told, linked

PLAIN = USERS.format(ann="", bob="", carla="")


def kept(desk: Desk, key: str) -> Correction:
    with closing(open_state(desk.closed.workspace)) as store:
        one = store.by_key(key)
    assert one is not None
    return one


def reviewed(typed: Typed, desk: Desk) -> Correction:
    """The smallest entry, reviewed by Bob."""
    typed("bob", "review", "--short")
    with closing(open_state(desk.closed.workspace)) as store:
        one = min(store.all(), key=lambda one: (one.content.gross, one.key))
    assert typed("bob", "review", "--mark", one.key).code == 0
    return kept(desk, one.key)


def approved(typed: Typed, desk: Desk) -> Correction:
    """The smallest entry, approved by Bob."""
    one = reviewed(typed, desk)
    assert typed("bob", "approve", one.key).code == 0
    return kept(desk, one.key)


def forged(desk: Desk, one: Correction) -> Correction:
    """The entry with ten times its amounts, approved by Carla in every row of it: no event says so."""
    lines = tuple(replace(line, amount=line.amount * 10) for line in one.content.lines)
    changed = replace(one, content=replace(one.content, lines=lines), state="approved", approved_by="carla")
    changed = replace(changed, approved_digest=changed.digest, version=one.version + 1)
    with closing(sqlite3.connect(desk.closed.workspace / "state.sqlite")) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        content = msgspec.json.encode(changed.content).decode()
        database.execute(
            "UPDATE revision SET content = ?, digest = ? WHERE identity = ?", (content, changed.digest, one.identity)
        )
        database.execute(
            "UPDATE correction SET state = 'approved', approved_by = 'carla', approved_digest = ?, version = ? "
            "WHERE identity = ?",
            (changed.digest, changed.version, one.identity),
        )
    return changed


def test_an_entry_that_was_approved_by_sql_is_not_posted(typed: Typed, desk: Desk) -> None:
    one = forged(desk, reviewed(typed, desk))
    before = desk.batches()
    with closing(sqlite3.connect(desk.closed.workspace / "state.sqlite")) as database, database:
        asked = "SELECT sequence, details FROM trail WHERE subject = ? ORDER BY sequence DESC LIMIT 1"
        number, details = database.execute(asked, (one.identity,)).fetchone()
        said = json.dumps({**json.loads(details), "stands": stands(one)}, sort_keys=True, separators=(",", ":"))
        database.execute("UPDATE trail SET details = ? WHERE sequence = ?", (said, number))

    posted = typed("ann", "post")

    assert posted.code == 7
    assert f"the audit trail is broken at row {number}" in posted.err
    assert desk.batches() == before


def test_a_trail_that_is_whole_and_tells_of_no_approval_posts_nothing(typed: Typed, desk: Desk) -> None:
    one = forged(desk, reviewed(typed, desk))
    before = desk.batches()
    with closing(sqlite3.connect(desk.closed.workspace / "state.sqlite")) as database, database:
        head = Head(*database.execute("SELECT sequence, hash FROM trail ORDER BY sequence DESC LIMIT 1").fetchone())
        told = Told("ann", "reaffirmed", one.identity, {"stands": stands(one), "state": "approved"})
        link = asdict(linked(head, dt.datetime.now(dt.UTC), told))
        names = ", ".join(link)
        database.execute(f"INSERT INTO trail ({names}) VALUES ({', '.join('?' * len(link))})", tuple(link.values()))

    posted = typed("ann", "post")

    assert posted.code == 6  # what the desk asks first: by whom it was approved
    assert "no approval of what the entry says is on record" in posted.out
    assert (desk.batches(), kept(desk, one.key).state) == (before, "approved")


def test_what_was_approved_with_four_eyes_off_is_not_posted_with_them_on(typed: Typed, desk: Desk) -> None:
    on, off = "four_eyes = true", "four_eyes = false"
    users = desk.closed.workspace / "users.csv"
    users.write_text(PLAIN.replace("ann,preparer", "ann,preparer|approver"), encoding="utf-8")
    one = reviewed(typed, desk)
    change_policy(desk.closed.workspace, {on: off})
    assert typed("ann", "approve", one.key).code == 0
    change_policy(desk.closed.workspace, {off: on})

    own = typed("ann", "post")
    again = typed("ann", "approve", one.key)
    by_bob = typed("bob", "approve", one.key)
    posted = typed("ann", "post", "--json").facts

    assert (own.code, again.code, by_bob.code, posted["exit_code"]) == (6, 5, 0, 0)
    assert "ann prepared this entry: another person must approve it" in own.out
    assert [row["act"] for row in typed("bob", "audit", "show", one.key, "--json").facts["events"]][:5] == [
        "added", "reviewed", "approved", "reapproved", "intended",
    ]  # fmt: skip


def test_others_work_that_was_approved_with_four_eyes_off_is_approved_again(typed: Typed, desk: Desk) -> None:
    on, off = "four_eyes = true", "four_eyes = false"
    one = reviewed(typed, desk)
    change_policy(desk.closed.workspace, {on: off})
    assert typed("bob", "approve", one.key).code == 0
    change_policy(desk.closed.workspace, {off: on})

    said = typed("ann", "post", "--json").facts["entries"]

    assert [(row["what"], row["state"]) for row in said] == [("blocked", "approved")]
    assert (
        f"bob approved it while four_eyes was off: look at it and approve it again: recon approve {one.key}"
        in (said[0]["words"])
    )


def test_an_approver_who_is_gone_or_lost_the_role_approved_nothing(typed: Typed, desk: Desk) -> None:
    one, users = approved(typed, desk), desk.closed.workspace / "users.csv"
    before = desk.batches()
    others = "dave,reviewer|approver,\n"

    users.write_text(PLAIN.replace("bob,reviewer|approver,\n", others), encoding="utf-8")
    gone = typed("ann", "post", "--json").facts["entries"][0]
    users.write_text(PLAIN.replace("bob,reviewer|approver", "bob,reviewer"), encoding="utf-8")
    no_role = typed("ann", "post", "--json").facts["entries"][0]
    shown = typed("ann", "post", "--dry-run")

    assert (gone["what"], no_role["what"], kept(desk, one.key).state) == ("blocked", "blocked", "approved")
    assert "'bob'" in gone["words"]
    assert "stands in no row of users.csv" in gone["words"]
    assert "bob may not approve this" in no_role["words"]
    assert "nothing: bob may not approve this" in shown.out
    users.write_text(PLAIN, encoding="utf-8")
    assert (typed("ann", "post").code, desk.batches()) == (0, before + 1)


def test_a_limit_that_was_raised_for_one_approval_is_seen(typed: Typed, desk: Desk) -> None:
    typed("bob", "review", "--short")
    with closing(open_state(desk.closed.workspace)) as store:
        key = max(store.all(), key=lambda one: (one.content.gross, one.key)).key
    typed("bob", "review", "--mark", key)
    assert typed("bob", "approve", key).code == 5
    low, high = 'approver = "5000.00"', 'approver = "900000.00"'
    change_policy(desk.closed.workspace, {low: high})
    assert typed("bob", "approve", key).code == 0
    change_policy(desk.closed.workspace, {high: low})

    (said,) = typed("ann", "post", "--json").facts["entries"]

    assert said["what"] == "blocked"
    assert "bob may approve up to 5,000.00" in said["words"]


def test_an_approval_is_for_one_ledger_under_one_policy_and_is_given_again(typed: Typed, desk: Desk) -> None:
    one, path = approved(typed, desk), desk.closed.workspace / "sources.toml"
    before = desk.batches()
    assert "it was approved before" in typed("bob", "approve", one.key).err
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"JUNIPER"', '"MAPLE"'), encoding="utf-8")
    other = typed("ann", "post", "--json").facts["entries"][0]
    path.write_text(text.replace('service = "intacct_xml"', 'service = "intacct_rest"'), encoding="utf-8")
    by_rest = typed("ann", "post", "--json").facts["entries"][0]
    again = typed("bob", "approve", one.key)

    assert (other["what"], by_rest["what"], again.code) == ("blocked", "blocked", 0)
    assert (
        "bob approved it for intacct_xml loopback JUNIPER, and sources.toml now names intacct_xml loopback MAPLE"
        in (other["words"])
    )
    users = desk.closed.workspace / "users.csv"
    users.write_text(PLAIN.replace("bob,reviewer|approver,", "bob,reviewer|approver,robert"), encoding="utf-8")
    changed = typed("ann", "post", "--json").facts["entries"][0]
    assert "users.csv or delegations.csv says of those who decide here is not what it was when bob" in changed["words"]
    assert typed("bob", "approve", one.key).code == 0
    # A new colleague decides nothing here, nor does what Carla may do.
    users.write_text(f"{users.read_text(encoding='utf-8')}erin,preparer,\n".replace("carla,", "carla,approver|"))
    change_policy(desk.closed.workspace, {'controller = "': 'controller = "1'})
    assert (typed("ann", "post").code, desk.batches()) == (0, before + 1)


def signed(store: StateStore, one: Correction, act: str) -> None:
    """Carla signed, or opened again, the reconciliation of the entry for its period."""
    row = SignOffRow(
        one.company, one.period, "reconciliation", one.reconciliation or "", act, "carla", dt.datetime.now(dt.UTC),
        one.run_id, "00" * 32, note="as told",
    )  # fmt: skip
    keep_sign_off(store, row)


def test_nothing_is_posted_or_undone_on_a_day_that_is_signed(typed: Typed, desk: Desk) -> None:
    one = approved(typed, desk)
    before = desk.batches()
    with closing(open_state(desk.closed.workspace)) as store:
        signed(store, one, "signed")

    (said,) = typed("ann", "post", "--json").facts["entries"]
    assert said["what"] == "blocked"
    assert f"{one.reconciliation} of 2026-09 is signed by carla: open it again first: recon reopen" in said["words"]
    assert desk.batches() == before

    with closing(open_state(desk.closed.workspace)) as store:
        signed(store, one, "reopened")
    assert (typed("ann", "post").code, desk.batches()) == (0, before + 1)
    with closing(open_state(desk.closed.workspace)) as store:
        signed(store, one, "signed")

    refused = typed("ann", "undo", one.key, "--note", "the bank took it back")
    later = typed("ann", "undo", one.key, "--note", "the bank took it back", "--date", "2026-10-01")
    assert (refused.code, later.code) == (5, 0)
    assert "or undo it on a day that is open: --date" in refused.err


def test_one_error_under_two_names_is_not_approved_while_the_entry_of_the_other_is_under_way(
    typed: Typed, desk: Desk
) -> None:
    one = reviewed(typed, desk)
    plain = replace(one, state="proposed", version=1, reviewed_by=None, reviewed_login=None)
    with closing(open_state(desk.closed.workspace)) as store:
        other = store.add(replace(plain, identity="ab" * 32, cause="rounding", run_id="0123456789ab"), actor="ann")
        other = store.apply(other, Reviewed("bob", other.digest), actor="bob")
        other = store.apply(other, Approved("bob", other.digest), actor="bob")
        store.apply(other, Intended(other.digest), actor="ann")

    told = typed("bob", "approve", one.key)

    assert told.code != 0
    assert f"{other.key}, which corrects the same lines, is intent: settle it first" in " ".join(told.err.split())
    assert kept(desk, one.key).state == "reviewed"
