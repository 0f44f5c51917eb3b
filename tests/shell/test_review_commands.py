"""Review, approval, posting, undoing and the audit, typed as people type them: who may, who may not, what is said."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from desk_rig import INTACCT, Desk, Typed, change_policy, published
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recon.lifecycle import Correction, Held, Intended, Sent, Unsure
from recon.money import accounting
from recon.sandbox.app import make_app
from recon.sandbox.serve import serving
from recon.state.store import open_state
from recon.wire.port import SANDBOX


def entries(desk: Desk, wanted: Callable[[Correction], bool] = lambda _: True) -> list[Correction]:
    """The corrections on record that are wanted, the smallest first."""
    store = open_state(desk.closed.workspace)
    try:
        return sorted((one for one in store.all() if wanted(one)), key=lambda one: (one.content.gross, one.key))
    finally:
        store.close()


def test_a_review_takes_in_the_newest_run_and_shows_each_entry_side_by_side(typed: Typed, desk: Desk) -> None:
    cause = "transposition"
    first = typed("bob", "review", "2026-09", "--cause", cause)
    again = typed("bob", "review", "2026-09", "--cause", cause, "--json").facts

    record = desk.closed.record
    count = record.found.frames["adjustments"].height
    assert first.code == 0, first.err
    assert f"{count} entries are new" in first.out
    assert "you are bob (approver, reviewer)" in first.out
    assert "Per ledger   Per source   To book Dr/(Cr)" in first.out
    assert len(again["registered"]["kept"]) == count
    shown = again["entries"]
    assert {one["cause"] for one in shown} == {"Two digits swapped"}
    for one in shown:
        differences = [Decimal(row["per_source"]) - Decimal(row["per_ledger"]) for row in one["lines"]]
        assert differences == [Decimal(row["to_book"]) for row in one["lines"]]
        assert sum(differences) == 0
        assert {row["side"] for row in one["behind"]} == {"source", "ledger"}
        assert one["source_ids"]
        for row in one["lines"]:
            assert accounting(Decimal(row["to_book"])) in first.out
        assert all(line["line_id"] in first.out for line in one["behind"][:2])


def test_who_closed_prepared_and_whoever_takes_the_run_in_is_on_the_trail(typed: Typed, desk: Desk) -> None:
    typed("bob", "review", "--short")

    assert {one.prepared_by for one in entries(desk)} == {"ann"}
    events = typed("bob", "audit", "show", "--json").facts["events"]
    assert {(one["act"], one["actor"]) for one in events} == {("closed", "ann"), ("taken in", "bob"), ("added", "bob")}


def test_an_entry_is_marked_after_it_was_shown_and_never_by_who_prepared_it(typed: Typed, desk: Desk) -> None:
    typed("bob", "review", "--short")
    key = entries(desk)[0].key

    refused = typed("ann", "review", "--mark", key)
    marked = typed("bob", "review", "--mark", key[:10])

    assert refused.code == 5
    assert "ann may not review" in refused.err
    assert marked.code == 0, marked.err
    assert marked.out.index("To book Dr/(Cr)") < marked.out.index("1 entry is reviewed by bob")
    (now,) = entries(desk, lambda one: one.key == key)
    assert (now.state, now.reviewed_by) == ("reviewed", "bob")
    twice = typed("bob", "review", "--mark", key)
    assert (twice.code, "it is reviewed already" in twice.err) == (5, True)


def test_a_note_paints_nothing_on_the_screen_of_who_reads_it(typed: Typed, desk: Desk) -> None:
    typed("bob", "review", "--short")
    key = entries(desk)[0].key
    note = "harmless\x1b[2J\x1b[H\nfake screen"

    assert typed("bob", "reject", key, "--note", note).code == 0
    shown = typed("bob", "review", "--key", key).out + typed("bob", "audit", "show", key).out

    assert shown.count("harmless\\u001b[2J\\u001b[H fake screen") == 1
    assert "\x1b" not in shown


def test_all_that_is_shown_can_be_marked_and_what_is_not_shown_stays(typed: Typed, desk: Desk) -> None:
    said = typed("bob", "review", "--cause", "rounding", "--mark-shown", "--json").facts

    assert said["marked"]
    assert {one.state for one in entries(desk, lambda one: one.cause == "rounding")} == {"reviewed"}
    assert {one.state for one in entries(desk, lambda one: one.cause != "rounding")} == {"proposed"}


def reviewed(typed: Typed, desk: Desk) -> list[Correction]:
    """All entries, reviewed by Bob."""
    assert typed("bob", "review", "--mark-shown", "--json").code == 0
    return entries(desk)


def test_an_approval_is_of_others_work_within_the_limit_and_after_a_review(typed: Typed, desk: Desk) -> None:
    change_policy(desk.closed.workspace, {'approver = "5000.00"': 'approver = "500.00"'})
    typed("bob", "review", "--short")
    unseen = typed("bob", "approve", entries(desk)[0].key)
    ones = reviewed(typed, desk)
    small, large = next(one for one in ones if one.approval == "bulk"), ones[-1]
    assert small.content.gross <= 500 < large.content.gross

    own = typed("ann", "approve", small.key)
    above = typed("bob", "approve", small.key, large.key)

    assert [unseen.code, own.code, above.code] == [5, 5, 5]
    assert "review it first: recon review --mark" in unseen.err
    assert "ann prepared this entry: another person must approve it" in own.err
    assert f"bob may approve up to 500.00; this entry is {accounting(large.content.gross)}" in above.err
    assert {one.state for one in entries(desk)} == {"reviewed"}  # one that may not be: none of them is

    assert typed("bob", "approve", small.key).code == 0
    said = typed("carla", "approve", large.key, "--json").facts
    assert [one["key"] for one in said["approved"]] == [large.key]
    assert said["approved"][0]["digest"] == large.digest
    assert {one.approved_by for one in entries(desk, lambda one: one.state == "approved")} == {"bob", "carla"}


def test_only_small_entries_of_class_bulk_are_approved_together(typed: Typed, desk: Desk) -> None:
    ones = reviewed(typed, desk)

    said = typed("bob", "approve", "--bulk", "--json").facts

    fits = {one.key for one in ones if one.approval == "bulk" and one.content.gross <= 500}
    assert {one["key"] for one in said["approved"]} == fits
    assert fits
    assert {one.state for one in entries(desk, lambda one: one.key not in fits)} == {"reviewed"}
    assert {one["key"] for one in said["left"]} == {one.key for one in ones if one.approval == "bulk"} - fits


def test_small_entries_are_approved_together_up_to_the_limit_of_a_day_however_often_it_is_asked(
    typed: Typed, desk: Desk
) -> None:
    change_policy(desk.closed.workspace, {'approver = "5000.00"': 'approver = "600.00"'})
    fits = [one for one in reviewed(typed, desk) if one.approval == "bulk" and one.content.gross <= 500]
    assert sum(one.content.gross for one in fits) > 600

    first = typed("bob", "approve", "--bulk", "--json").facts
    again = typed("bob", "approve", "--bulk", "--json").facts

    sums = sum(Decimal(one["debits"]) for one in first["approved"])
    assert 0 < sums <= 600
    assert again["approved"] == []
    assert any("up to 600.00 in bulk on one day" in one["reason"] for one in again["left"])


def test_what_is_of_class_single_is_approved_one_by_one_and_counts_for_the_day(typed: Typed, desk: Desk) -> None:
    change_policy(desk.closed.workspace, {'approver = "5000.00"': 'approver = "600.00"'})
    ones = reviewed(typed, desk)
    single = [one for one in ones if one.approval == "single" and one.content.gross <= 600][-1]
    others = [one.key for one in ones if one.approval == "single"][:2]
    small = [one for one in ones if one.approval == "bulk" and one.content.gross <= 500]
    assert single.content.gross + small[-1].content.gross > 600

    several = typed("carla", "approve", *others)
    assert (several.code, entries(desk, lambda one: one.state == "approved")) == (5, [])
    assert "2 of these are of class single, which are approved one by one, each after a look" in several.err
    assert f"recon review --key {others[0]}, then recon approve {others[0]}" in several.err

    assert typed("bob", "approve", single.key).code == 0
    said = typed("bob", "approve", "--bulk", "--json").facts
    sums = sum(Decimal(one["debits"]) for one in said["approved"])
    assert sums <= 600 - single.content.gross
    assert any("with this and what they approved on it before it is" in one["reason"] for one in said["left"])


def test_a_stranger_a_service_and_a_name_of_nobody_do_nothing(typed: Typed, desk: Desk) -> None:
    stranger = typed("dave", "review", "--short")
    with (desk.closed.workspace / "users.csv").open("a", encoding="utf-8") as stream:
        stream.write("erin,approver,\n")
    unknown = typed("erin", "review", "--short")  # users.csv has her, the hub does not vouch for her

    assert (stranger.code, unknown.code) == (5, 5)
    assert "'dave' stands in no row of users.csv: add it to its person's aliases" in stranger.err
    assert "the JupyterHub does not know the token" in unknown.err


def test_what_was_declined_stays_declined_while_the_run_proposes_the_same(typed: Typed, desk: Desk) -> None:
    typed("bob", "review", "--short")
    one = entries(desk)[0]

    said = typed("bob", "reject", one.key, "--note", "agreed with the store")
    typed("bob", "review", "--short")

    assert said.code == 0, said.err
    (now,) = entries(desk, lambda kept: kept.key == one.key)
    assert (now.state, now.reason) == ("withdrawn", "agreed with the store")
    assert one.key in typed("bob", "review", "--short", "--state", "withdrawn").out


def test_nothing_is_posted_without_an_approval(typed: Typed, desk: Desk) -> None:
    before = desk.batches()
    one = reviewed(typed, desk)[0]

    named = typed("carla", "post", one.key)
    every = typed("carla", "post")

    assert named.code == 5
    assert f"only approved entries are sent: {one.key} is reviewed; nothing was sent" in named.err
    assert (every.code, every.out) == (0, "Nothing is approved that is not posted: nothing was sent.\n")
    assert desk.batches() == before


def approved(typed: Typed, desk: Desk) -> Correction:
    """The smallest entry, approved by Bob."""
    one = reviewed(typed, desk)[0]
    assert typed("bob", "approve", one.key).code == 0
    (now,) = entries(desk, lambda kept: kept.key == one.key)
    return now


def test_a_dry_run_shows_what_would_be_sent_and_sends_nothing(typed: Typed, desk: Desk) -> None:
    one = approved(typed, desk)
    before, head = desk.batches(), typed("bob", "audit", "verify", "--json").facts["head"]

    said = typed("ann", "post", "--dry-run")
    by_rest = {'service = "intacct_xml"': 'service = "intacct_rest"'}
    path = desk.closed.workspace / "sources.toml"
    path.write_text(path.read_text().replace(*by_rest.popitem()))
    unread = typed("bob", "audit", "verify", "--json").facts["head"]
    typed("bob", "approve", one.key)
    rest = typed("ann", "post", "--dry-run", "--json").facts

    assert said.code == 0, said.err
    assert f'<function controlid="{one.key}">' in said.out
    assert said.out.count("<GLENTRY>") == len(one.content.lines)
    assert "<STATE>Draft</STATE>" in said.out
    (entry,) = rest["entries"]
    body = json.loads(entry["sent"].split("\n", 2)[2])
    assert entry["sent"].startswith(f"POST /objects/general-ledger/journal-entry\nIdempotency-Key: {one.key}\n")
    assert [Decimal(line["txnAmount"]) for line in body["lines"]] == [abs(line.amount) for line in one.content.lines]
    assert (desk.batches(), unread) == (before, head)


@pytest.mark.parametrize("service", ["intacct_xml", "intacct_rest"])
def test_an_approved_entry_is_posted_once_and_undone_by_another_that_was_approved(
    service: str, typed: Typed, desk: Desk
) -> None:
    path = desk.closed.workspace / "sources.toml"
    path.write_text(path.read_text().replace('service = "intacct_xml"', f'service = "{service}"'))
    before = desk.batches()
    one = approved(typed, desk)

    posted = typed("ann", "post", "--json").facts
    again = typed("ann", "post", "--json").facts
    settled = typed("ann", "settle")

    assert [(row["key"], row["what"]) for row in posted["entries"]] == [(one.key, "confirmed")], posted
    assert (posted["service"], posted["exit_code"], again["entries"]) == (service, 0, [])
    assert desk.batches() == before + 1
    assert settled.code == 0, settled.out
    assert "Each key has exactly one entry, each entry one event." in settled.out

    undone = typed("ann", "undo", one.key, "--note", "the bank took it back", "--json").facts
    own = typed("ann", "approve", undone["key"])
    (shown,) = typed("bob", "review", "--mark", undone["key"], "--json").facts["entries"]
    typed("bob", "approve", undone["key"])
    assert typed("ann", "post").code == 0

    assert own.code == 5
    assert all(Decimal(row["per_ledger"]) == -Decimal(row["to_book"]) for row in shown["lines"])
    assert desk.batches() == before + 2
    states = {kept.key: kept.state for kept in entries(desk)}
    assert (states[one.key], states[undone["key"]]) == ("reversed", "confirmed")
    assert "it was taken back; to propose it again: recon settle --renew KEY" in typed("bob", "approve", one.key).err
    sums = desk.world.query(
        "SELECT accountno, sum(tr_type * cents) FROM intacct_line WHERE batchkey IN "
        "(SELECT recordno FROM intacct_batch WHERE referenceno LIKE 'RCN%') GROUP BY 1"
    )
    assert {cents for _, cents in sums} == {0}

    told = typed("bob", "review", "--short")
    facts = typed("bob", "review", "--json").facts["registered"]
    renewed = typed("ann", "settle", "--renew", one.key, "--note", "the bank booked it after all", "--json").facts
    after = typed("bob", "review", "--short")

    assert "1 entry was undone, and the run proposes it. To book after all:" in told.out
    assert f"  recon settle --renew {one.key} --note WHY" in told.out
    assert facts["undone"] == [one.key]
    assert (renewed["state"], renewed["key"] != one.key) == ("proposed", True)
    assert "undone" not in after.out


def test_the_books_that_changed_meanwhile_block_an_entry_and_the_words_say_the_mend(typed: Typed, desk: Desk) -> None:
    one = approved(typed, desk)
    line = one.content.lines[0]
    desk.world.write(
        "UPDATE intacct_line SET cents = cents + 1 WHERE accountno = ? AND location = ?", (line.account, line.location)
    )

    said = typed("ann", "post")

    assert said.code == 6
    assert "blocked" in said.out
    assert "pull and close again" in re.sub(r"\s+", " ", said.out)
    assert "0 entries stand in the ledger behind Intacct's XML gateway, debits of 0.00; 1 does not." in said.out


def test_what_was_sent_is_held_and_never_arrived_is_ended_by_one_who_could_have_approved_it(
    typed: Typed, desk: Desk
) -> None:
    one = approved(typed, desk)
    sent = dt.datetime(2026, 10, 5, 9, tzinfo=dt.UTC)
    store = open_state(desk.closed.workspace)
    for act in (
        Intended(one.digest), Sent(sent, sent + dt.timedelta(minutes=20)), Unsure("no answer"),
        Held("blocked", "the month was closed meanwhile"),
    ):  # fmt: skip
        one = store.apply(one, act, actor="ann")
    store.close()

    own = typed("ann", "settle", "--abandon", one.key, "--note", "it never arrived")
    ended = typed("bob", "settle", "--abandon", one.key, "--note", "it never arrived", "--json").facts

    assert own.code == 5
    assert "ann prepared this entry" in own.err
    assert (ended["state"], ended["reason"]) == ("withdrawn", "it never arrived")
    (last,) = typed("carla", "audit", "show", one.key, "--json").facts["events"][-1:]
    assert (last["act"], last["actor"]) == ("abandoned", "bob")


def test_a_trail_that_was_changed_is_told_by_its_first_broken_row(typed: Typed, desk: Desk, tmp_path: Path) -> None:
    approved(typed, desk)
    sound = typed("carla", "audit", "verify")
    head = tmp_path / "head.txt"
    head.write_text(sound.out)
    file = desk.closed.workspace / "state.sqlite"
    shutil.copy(file, tmp_path / "kept.sqlite")

    with closing(sqlite3.connect(file)) as opened, opened as database:
        database.execute("DROP TRIGGER trail_no_UPDATE")
        database.execute("UPDATE trail SET actor = 'carla' WHERE sequence = 2")
    altered = typed("carla", "audit", "verify")
    shutil.copy(tmp_path / "kept.sqlite", file)
    with closing(sqlite3.connect(file)) as opened, opened as database:
        database.execute("DROP TRIGGER trail_no_DELETE")
        database.execute("DELETE FROM trail WHERE sequence = (SELECT max(sequence) FROM trail)")
    cut = typed("carla", "audit", "verify", "--head", str(head))

    assert sound.code == 0, sound.err
    assert (altered.code, cut.code) == (7, 7)
    assert "The audit trail is broken at row 2" in altered.err
    assert "the rows after it are gone" in cut.err
    nothing = tmp_path / "empty.txt"
    nothing.write_text("no head")
    assert typed("carla", "audit", "verify", "--head", str(nothing)).code == 2


def test_the_trail_goes_to_an_auditor_who_checks_it_without_recon(typed: Typed, desk: Desk, tmp_path: Path) -> None:
    one = approved(typed, desk)

    said = typed("dave", "audit", "export", "--out", str(tmp_path / "trail"))
    shown = typed("dave", "audit", "show", one.key)

    assert said.code == 0, said.err
    recipe = (tmp_path / "trail/README.txt").read_text().split("installed):\n")[1].split("\nThen compare")[0]
    told: list[str] = []
    scope = {"print": told.append, "open": lambda name, **kind: (tmp_path / "trail" / name).open(**kind)}
    exec(recipe, scope)
    assert "all fit" in told[0]
    assert [line.split()[4] for line in shown.out.splitlines()] == ["added", "reviewed", "approved"]
    assert typed("dave", "audit", "export", "--out", str(tmp_path / "trail")).code == 2


def test_real_books_are_not_reached_with_the_control_switched_off(typed: Typed, desk: Desk) -> None:
    off = {"four_eyes = true": "four_eyes = false"}
    change_policy(desk.closed.workspace, off)
    typed("bob", "review", "--short")
    on_this_machine = typed("bob", "post")
    path = desk.closed.workspace / "sources.toml"
    path.write_text(re.sub(r'base_url = ".*"\n', "", path.read_text()))

    real = typed("bob", "post")

    assert on_this_machine.code == 0
    assert real.code == 2
    assert "set four_eyes = true in policy.toml" in real.err


def test_a_tunnel_on_this_machine_to_real_books_is_no_sandbox(typed: Typed, desk: Desk) -> None:
    change_policy(desk.closed.workspace, {"four_eyes = true": "four_eyes = false"})
    typed("bob", "review", "--short")
    asked: list[tuple[str, str]] = []
    with serving(tunnel(make_app(desk.world, INTACCT), asked)) as url:
        path = desk.closed.workspace / "sources.toml"
        path.write_text(path.read_text().replace(desk.url, url))

        said = [typed("bob", "post"), typed("bob", "settle")]

    assert [one.code for one in said] == [2, 2]
    assert "the ledger does not prove to be recon's sandbox: set four_eyes = true" in said[0].err
    assert {method for method, _ in asked} == {"GET"}  # nobody signed in


def tunnel(ledger: ASGIApp, asked: list[tuple[str, str]]) -> ASGIApp:
    """Hands requests on to a ledger that does not say that it is a sandbox, and notes them."""

    async def handed_on(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append((scope["method"], scope["path"]))

        async def answered(message: Message) -> None:
            if "headers" in message:
                message = {**message, "headers": [one for one in message["headers"] if one[0] != SANDBOX.encode()]}
            await send(message)

        await ledger(scope, receive, answered)

    return handed_on


def test_without_an_interface_the_words_tell_the_other_way(typed: Typed, desk: Desk) -> None:
    typed("bob", "review", "--short")
    (desk.closed.workspace / "sources.toml").write_text("")

    said = typed("bob", "post")

    assert said.code == 2
    assert "import entries_import.csv of the pack by hand" in said.err


def test_a_run_that_was_changed_or_does_not_say_who_closed_it_proposes_nothing(typed: Typed, desk: Desk) -> None:
    record = desk.closed.reports / "2026-09" / desk.closed.record.run_id / "evidence/record.json"
    record.write_text(record.read_text().replace('"closed_by": "ann"', '"closed_by": "bob"'))
    changed = typed("carla", "review", "--short")
    shutil.rmtree(desk.closed.reports)
    published(replace(desk.closed.record, closed_by=""), desk.closed.reports)
    nobody = typed("carla", "review", "--short")

    assert (changed.code, nobody.code) == (4, 4)
    assert "not what its manifest says" in changed.err
    assert "does not say who closed it: close the period again" in nobody.err


def test_what_is_mistyped_is_told_with_what_is_known(typed: Typed, desk: Desk) -> None:
    typed("bob", "review", "--short")

    for words, told in (
        (("review", "--state", "aproved"), "choose among proposed, reviewed, approved"),
        (("review", "--cause", "missin"), "the causes are"),
        (("review", "--mark-shown", "--short"), "leave --short out"),
        (("approve",), "name the entries, or give --bulk"),
        (("settle", "--note", "why"), "a note goes with --release, --renew, --abandon or --lost"),
        (("settle", "RCN", "--lost", "RCN", "--note", "why"), "one entry and one act at a time"),
    ):
        said = typed("bob", *words)
        assert (said.code, told in re.sub(r"[\s│]+", " ", said.err)) == (2, True), said.err
    for key, told in (("RCN", "no entry on record has the key RCN"), ("RCNXXXXXXX", "recon review lists them")):
        said = typed("bob", "approve", key)
        assert (said.code, told in said.err) == (5, True)
