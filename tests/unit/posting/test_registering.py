"""Proposals of the newest run go into the records, and what people decided about older ones stays."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest
from make_corrections import DAY

from recon.bench.posting.stores import MemoryStore
from recon.frames import CANONICAL_FRAMES, RESULT_FRAMES
from recon.identity import correction_fields, posting_key
from recon.lifecycle import Approved, Confirmed, Correction, Declined, Held, Intended, Refused, Reviewed, Revised, Sent
from recon.period import parse_period
from recon.posting.books import basis_of, group_of
from recon.posting.overlap import other_in_the_way
from recon.posting.registering import Proposed, Registered, register
from recon.posting.titles import title_of

NOON = dt.datetime(2026, 10, 2, 12, tzinfo=dt.UTC)
SEPTEMBER = parse_period("2026-09")
LEDGER = CANONICAL_FRAMES["ledger"].create_empty()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(lambda: NOON)


def key_of(document: str) -> str:
    fields = correction_fields(
        "Small Group", None, "deposits", period="2026-09", cause="fee_unbooked", line_ids=[f"E-{document}"]
    )
    return posting_key(fields)


def run_of(
    *fees: str, run_id: str = "0000000000aa", ledger: pl.DataFrame = LEDGER, state: str = "proposed"
) -> Proposed:
    """A run that proposes fees, each as `document amount`."""
    told = [fee.split() for fee in fees]
    rows: dict[str, list[dict[str, object]]] = {
        "adjustments": [],
        "adjustment_lines": [],
        "variances": [],
        "expected": [],
    }
    for document, amount in told:
        key, said = key_of(document), {"reconciliation": "deposits", "cause": "fee_unbooked", "status": "book"}
        rows["adjustments"].append(
            {"posting_key": key, "kind": "correction", "cause": "fee_unbooked", "journal": "CRJ", "posting_date": DAY,
             "class": "bulk", "state": state, "variance_ids": [f"V-{document}"], "explanation": "The fee is missing."}
        )  # fmt: skip
        for number, (account, sign) in enumerate((("6400", 1), ("1250", -1)), start=1):
            rows["adjustment_lines"].append(
                {"posting_key": key, "line_no": number, "account": account, "location": "101",
                 "amount": sign * Decimal(amount)}
            )  # fmt: skip
        rows["variances"].append(
            {"variance_id": f"V-{document}", "document": document, "expected_line_ids": [f"E-{document}"],
             "actual_line_ids": [], **said}
        )  # fmt: skip
        rows["expected"].append({"line_id": f"E-{document}", "rule": "card fees"})
    frames = {name: pl.DataFrame(made, schema=RESULT_FRAMES[name].create_empty().schema) for name, made in rows.items()}
    return Proposed(
        run_id, "Small Group", None, SEPTEMBER, "USD", "ann", frames, ledger, 5, rule_authors={"card fees": "carla"}
    )


def approve(store: MemoryStore, one: Correction) -> Correction:
    reviewed = store.apply(one, Reviewed("bob", one.digest), actor="bob")
    return store.apply(reviewed, Approved("bob", one.digest), actor="bob")


def booked(amount: str, day: dt.date = DAY, reference: str | None = None) -> pl.DataFrame:
    row = {"line_id": "intacct:1", "entry_id": "1", "journal": "CRJ", "posting_date": day, "account": "6400",
           "location": "101", "amount": Decimal(amount), "currency": "USD", "reference": reference}  # fmt: skip
    return pl.DataFrame([row], schema=LEDGER.schema)


def test_a_new_proposal_is_on_record_with_its_people_and_its_books(store: MemoryStore) -> None:
    (added,) = register(store, run_of("D-7 12.00"), actor="ann").added

    assert added.key == key_of("D-7")
    assert (added.state, added.prepared_by, added.rule_authors) == ("proposed", "ann", ("carla",))
    assert added.content.memo == "2026-09 deposits: fee unbooked, D-7"
    assert added.content.gross == Decimal("12.00")
    assert added.basis.startswith("2026-09-25 2026-09-30 ")


def test_an_equal_run_changes_nothing_and_an_entry_for_another_module_is_not_registered(store: MemoryStore) -> None:
    register(store, run_of("D-7 12.00"), actor="ann")

    again = register(store, run_of("D-7 12.00"), actor="ann")

    assert [len(found) for found in (again.added, again.revised, again.reaffirmed, again.withdrawn)] == [0, 0, 0, 0]
    assert register(store, run_of("D-8 1.00", state="instruction"), actor="ann").added == ()


def test_other_lines_void_the_approval_and_the_same_lines_over_newer_books_keep_it(store: MemoryStore) -> None:
    (added,) = register(store, run_of("D-7 12.00"), actor="ann").added
    approve(store, added)

    (kept,) = register(store, run_of("D-7 12.00", run_id="0000000000bb", ledger=booked("5.00")), actor="ann").reaffirmed
    assert (kept.state, kept.approved_by, kept.run_id) == ("approved", "bob", "0000000000bb")
    assert kept.basis != added.basis

    (revised,) = register(store, run_of("D-7 13.00", run_id="0000000000cc"), actor="ann").revised
    assert (revised.state, revised.approved_by, revised.revision) == ("proposed", None, 2)


def test_an_author_whom_a_newer_run_knows_is_taken_over_and_voids_only_their_own_approval(store: MemoryStore) -> None:
    for author, state, approver in (("dora", "approved", "bob"), ("bob", "proposed", None)):
        (added,) = register(store, run_of(f"{author} 12.00", run_id="0000000000aa"), actor="ann").added
        approve(store, added)
        newer = replace(run_of(f"{author} 12.00", run_id="0000000000bb"), rule_authors={"card fees": author})

        told = register(store, newer, actor="ann")

        (now,) = (*told.reaffirmed, *told.revised)
        assert (now.rule_authors, now.state, now.approved_by) == ((author,), state, approver)
        assert [one.approved_by for one in told.approvals_lost] == (["bob"] if approver is None else [])
        again = register(store, newer, actor="ann")
        assert (again.reaffirmed, again.revised) == ((), ())


def test_lines_elsewhere_or_under_a_posting_key_are_no_other_books(store: MemoryStore) -> None:
    (added,) = register(store, run_of("D-7 12.00"), actor="ann").added

    for ledger in (
        booked("5.00", DAY - dt.timedelta(days=6)),
        booked("5.00", DAY + dt.timedelta(days=1)),
        booked("5.00", reference=key_of("D-8")),
    ):
        (kept,) = register(
            store, run_of("D-7 12.00", run_id="0000000000bb", ledger=ledger), actor="ann"
        ).reaffirmed or (store.get(added.identity),)
        assert kept is not None
        assert kept.basis == added.basis


@pytest.mark.parametrize("newer", [(), ("D-7 13.00",)])
def test_what_is_frozen_stands_whatever_a_newer_run_says_until_a_person_has_looked(
    store: MemoryStore, newer: tuple[str, ...]
) -> None:
    (added,) = register(store, run_of("D-7 12.00"), actor="ann").added
    held = store.apply(approve(store, added), Held("frozen", "other lines stand under its key"), actor="ann")

    register(store, run_of(*newer, run_id="0000000000bb"), actor="ann")

    assert store.get(added.identity) == held


class AtTheSameTime(MemoryStore):
    """Where somebody else takes in the same run a moment earlier."""

    def add(self, correction: Correction, *, actor: str) -> Correction:
        if self.get(correction.identity) is None:
            super().add(correction, actor="carla")
        return super().add(correction, actor=actor)


def test_who_takes_in_a_run_at_the_same_time_as_another_sees_what_the_other_took_in() -> None:
    store = AtTheSameTime(lambda: NOON)

    seen = register(store, run_of("D-7 12.00", "D-8 3.00"), actor="bob")

    assert [one.key for one in seen.kept] == [one.key for one in sorted(store.all(), key=lambda one: one.key)]
    assert len(seen.kept) == 2


def test_what_is_proposed_no_more_is_withdrawn_unless_it_was_sent(store: MemoryStore) -> None:
    added = register(store, run_of("D-7 12.00", "D-8 3.00"), actor="ann").added
    sent = next(one for one in added if one.key == key_of("D-8"))
    sent = store.apply(approve(store, sent), Intended(sent.digest), actor="ann")
    store.apply(sent, Sent(NOON, NOON + dt.timedelta(minutes=20)), actor="ann")

    (withdrawn,) = register(store, run_of(), actor="ann").withdrawn

    assert withdrawn.key == key_of("D-7")
    assert register(store, run_of("D-7 12.00"), actor="ann").revised[0].state == "proposed"


def test_a_run_says_nothing_of_what_it_did_not_compare_and_tells_which_approvals_it_ends(store: MemoryStore) -> None:
    (added,) = register(store, run_of("D-7 12.00"), actor="ann").added
    approve(store, added)

    partial = register(store, replace(run_of(), compared=frozenset({"payroll"})), actor="ann")
    assert partial == Registered()

    whole = register(store, replace(run_of(), compared=frozenset({"deposits", "payroll"})), actor="ann")
    assert [one.state for one in whole.withdrawn] == ["withdrawn"]
    assert [(one.key, one.approved_by) for one in whole.approvals_lost] == [(added.key, "bob")]
    assert register(store, run_of("D-7 12.00"), actor="ann").approvals_lost == ()


def test_a_person_who_approved_sees_that_other_lines_end_it(store: MemoryStore) -> None:
    (added,) = register(store, run_of("D-7 12.00"), actor="ann").added
    approve(store, added)

    changed = register(store, run_of("D-7 13.00", run_id="0000000000bb"), actor="ann")

    assert [one.content.gross for one in changed.approvals_lost] == [Decimal("12.00")]


def test_what_a_person_declined_stays_declined_until_its_lines_change(store: MemoryStore) -> None:
    (added,) = register(store, run_of("D-7 12.00"), actor="ann").added
    store.apply(added, Declined("bob", "the processor will refund it"), actor="bob")

    (kept,) = register(store, run_of("D-7 12.00", run_id="0000000000bb"), actor="ann").kept
    assert kept.state == "withdrawn"

    (revised,) = register(store, run_of("D-7 14.00", run_id="0000000000cc"), actor="ann").revised
    assert revised.state == "proposed"


def edit(store: MemoryStore, one: Correction, amount: str) -> Correction:
    """Carla changes the amount of both lines by hand."""
    lines = tuple(replace(line, amount=Decimal(amount).copy_sign(line.amount)) for line in one.content.lines)
    edited = Revised(
        "carla", replace(one.content, lines=lines), one.run_id, one.explanation, one.variance_ids, is_edit=True
    )
    return store.apply(one, edited, actor="carla")


def test_what_a_person_changed_by_hand_stays_while_the_run_says_what_it_said_before(store: MemoryStore) -> None:
    (added,) = register(store, run_of("D-7 12.00"), actor="ann").added
    edited = approve(store, edit(store, edit(store, added, "12.50"), "12.75"))

    again = register(store, run_of("D-7 12.00", run_id="0000000000bb", ledger=booked("5.00")), actor="ann")

    (kept,) = again.reaffirmed
    assert (kept.content, kept.edited_by, kept.approved_by) == (edited.content, ("carla", "carla"), "bob")
    assert kept.basis == basis_of(booked("5.00"), group_of(edited.content, SEPTEMBER, 5))
    assert (again.revised, again.edits_lost) == ((), ())
    assert register(store, run_of("D-7 12.00", run_id="0000000000bb", ledger=booked("5.00")), actor="ann").kept

    register(store, run_of(run_id="0000000000cc"), actor="ann")  # proposed no more, and then again
    (back,) = register(store, run_of("D-7 12.00", run_id="0000000000dd"), actor="ann").revised
    assert (back.state, back.content, back.edited_by) == ("proposed", edited.content, ("carla", "carla"))


def test_what_a_person_changed_by_hand_is_lost_and_told_where_the_run_says_something_else(store: MemoryStore) -> None:
    (added,) = register(store, run_of("D-7 12.00"), actor="ann").added
    edited = edit(store, added, "12.50")

    registered = register(store, run_of("D-7 13.00", run_id="0000000000bb"), actor="ann")

    (revised,) = registered.revised
    assert (revised.content.gross, revised.edited_by, revised.edited_from) == (Decimal("13.00"), (), None)
    assert registered.edits_lost == (edited,)
    assert store.events()[-1].details == {"edit_lost": "what carla changed by hand"}
    assert register(store, run_of("D-7 14.00", run_id="0000000000cc"), actor="ann").edits_lost == ()


def test_a_refused_entry_that_is_proposed_with_other_lines_gets_another_key(store: MemoryStore) -> None:
    (added,) = register(store, run_of("D-7 12.00"), actor="ann").added
    sent = store.apply(approve(store, added), Intended(added.digest), actor="ann")
    sent = store.apply(sent, Sent(NOON, NOON + dt.timedelta(minutes=20)), actor="ann")
    store.apply(sent, Refused("BL01", "the account is unknown"), actor="ann")

    assert register(store, run_of("D-7 12.00", run_id="0000000000bb"), actor="ann").kept[0].state == "rejected"
    (revised,) = register(store, run_of("D-7 13.00", run_id="0000000000cc"), actor="ann").revised

    # Under the old key the ledger would answer with the old refusal.
    assert (revised.generation, revised.key[:-1]) == (2, added.key[:-1])
    assert store.by_key(added.key) == store.by_key(revised.key)


def test_a_title_is_short_whatever_it_is_about() -> None:
    assert title_of("2026-09", "sales", "wrong_account", [None, "B-2", "A-1", "B-2"]) == (
        "2026-09 sales: wrong account, A-1, B-2"
    )
    assert len(title_of("2026-09", "sales", "wrong_account", ["X" * 200, "Y" * 200])) <= 80


def test_a_newer_run_knows_which_others_about_the_same_lines_stand_in_its_ledger(store: MemoryStore) -> None:
    (older,) = register(store, run_of("D-7 12.00"), actor="ann").added
    sent = store.apply(approve(store, older), Intended(older.digest), actor="ann")
    sent = store.apply(sent, Sent(NOON, NOON + dt.timedelta(minutes=20)), actor="ann")
    newer = renamed(run_of("D-7 12.00", run_id="0000000000bb"))

    (added,) = register(store, newer, actor="ann").added
    assert (added.line_ids, added.seen) == (older.line_ids, ()) == (("E-D-7",), ())
    assert f"{older.key}, which corrects the same lines, is sent" in (other_in_the_way(added, store.all()) or "")

    store.apply(sent, Confirmed("71"), actor="ann")
    assert "did not see it" in (other_in_the_way(added, store.all()) or "")
    pulled = booked("12.00", reference=older.key)
    (seen,) = register(store, replace(newer, run_id="0000000000cc", ledger=pulled), actor="ann").reaffirmed
    assert seen.seen == (older.key,)
    assert other_in_the_way(seen, store.all()) is None


def renamed(run: Proposed) -> Proposed:
    """The run with another name for the cause of its one fee."""
    fields = correction_fields(
        "Small Group", None, "deposits", period="2026-09", cause="fee_netted", line_ids=["E-D-7"]
    )
    named = {"posting_key": pl.lit(posting_key(fields)), "cause": pl.lit("fee_netted")}
    said = {"adjustments": [*named], "adjustment_lines": ["posting_key"], "variances": ["cause"]}
    frames = {name: run.frames[name].with_columns(**{one: named[one] for one in ones}) for name, ones in said.items()}
    return replace(run, frames={**run.frames, **frames})
