"""A period is signed by another person than the one who prepared it, on record, and its pack says so."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import StatePlace
from make import SEPTEMBER, expected, ledger, policy
from make_corrections import correction
from make_signing import ANN, BOB, CARLA, LAST_DAY, ROBOT, books, closed, finished, rules, sold_on_the_last_day

from recon.backtest.past import past_runs, signed_by
from recon.canonical import SignedSubject
from recon.errors import DigestDiffers, NotAllowed, SamePerson
from recon.lifecycle import Approved, Confirmed, Correction, Declined, Intended, Reversed, Reviewed, Sent
from recon.period import parse_period
from recon.posting.books import Group, basis_of, groups_in
from recon.posting.registering import Proposed, Registered, register
from recon.posting.undoing import undo
from recon.reporting.runs import is_intact
from recon.signoff.gate import Subject
from recon.signoff.kept import carried, frame_of, signed_over, unsigned
from recon.signoff.prior import correct_prior, draft_prior
from recon.signoff.signing import Books, open_signing, reopen, sign
from recon.signoff.stamp import stamp
from recon.state.audit import anchors_in, audit
from recon.state.periods import read_sign_offs

DEPOSITS, PAYROLL = Subject("reconciliation", "deposits"), Subject("reconciliation", "payroll")
WANTED = expected("E1 1010 97.10 D:DEP1000904", "E2 6510 2.90", "E3 1250 -100.00")
BOOKED = ledger("A1 1010 97.10 D:DEP1000904", "A2 6510 2.90", "A3 1250 -100.00")
SHORT = ledger("A1 1010 87.10 D:DEP1000904", "A2 6510 2.90", "A3 1250 -90.00")
CLEARING = Subject("account", "1250")
FEE, OTHER_FEE, THIRD_FEE = (correction(identity=name * 32) for name in ("ab", "cd", "ef"))
RUN = "0123456789ab"


@pytest.fixture
def desk(state_place: StatePlace) -> Books:
    """Bob's and Carla's desk on either database, where 15.00 is material."""
    return books(state_place.open(), state_place.workspace / "reports", rules(SEPTEMBER, "15.00"))


def run_at(desk: Books, actual: Any = BOOKED, name: str = RUN, overall: str = "15.00", **said: Any) -> Path:
    """September's newest run at the desk."""
    closed(desk, name, SEPTEMBER, WANTED, actual, by=rules(SEPTEMBER, overall), **said)
    return desk.reports / "2026-09" / name


def test_a_reviewer_signs_what_agrees_and_everybody_can_see_it(desk: Books) -> None:
    folder = run_at(desk)
    before = (folder / "manifest.json").read_bytes()

    kept = sign(desk, "2026-09", DEPOSITS, BOB, note="looked at every deposit").row

    assert (kept.act, kept.actor, kept.preparer, kept.run_id) == ("signed", "bob", "ann", RUN)
    assert read_sign_offs(desk.store, "Small Group", "2026-09") == (kept,)
    said = json.loads((folder / "signoff.json").read_text(encoding="utf-8"))
    assert [(one["subject"], one["act"], one["signed_by"]) for one in said["signed"]] == [("deposits", "signed", "bob")]
    assert "deposits: signed by bob" in (folder / "signoff.svg").read_text(encoding="utf-8")
    assert "not signed: sales, payroll, account 1250" in (folder / "signoff.svg").read_text(encoding="utf-8")
    assert "looked at every deposit" in (folder / "signoff.html").read_text(encoding="utf-8")
    # What was signed is not touched, and the head outside lets a cut trail show.
    assert (folder / "manifest.json").read_bytes() == before
    assert is_intact(folder)
    assert [one.head for one in anchors_in([folder / "signoff.json"])] == [desk.store.head()]
    assert audit(desk.store, anchors_in([folder / "signoff.json"])) == ()


@pytest.mark.parametrize(
    ("who", "fault", "words"),
    [
        (ANN, NotAllowed, "ann may not sign: it takes one of the roles"),
        (ROBOT, NotAllowed, "svc-close is a service account: ann must sign in person"),
    ],
)
def test_who_only_prepares_signs_nothing(desk: Books, who: Any, fault: type[Exception], words: str) -> None:
    run_at(desk)

    with pytest.raises(fault, match=words):
        sign(desk, "2026-09", DEPOSITS, who)


def test_nobody_signs_their_own_run_whatever_name_the_policy_prints(desk: Books) -> None:
    run_at(desk, prepared_by="robert")
    with pytest.raises(SamePerson, match="bob prepared this run"):
        sign(desk, "2026-09", DEPOSITS, BOB)
    run_at(desk, prepared_by="ann", closed_by="robert")
    with pytest.raises(SamePerson, match="bob prepared this run"):
        sign(desk, "2026-09", DEPOSITS, BOB)
    run_at(desk, prepared_by="The Accountant")
    with pytest.raises(NotAllowed, match=r"'The Accountant', who stands in no row of users.csv"):
        sign(desk, "2026-09", DEPOSITS, BOB)
    run_at(desk, closed_by="")
    with pytest.raises(NotAllowed, match="who closed this run could not be told"):
        sign(desk, "2026-09", DEPOSITS, BOB)
    assert {event.act for event in desk.store.events()} == {"closed"}


def test_what_still_asks_for_booking_is_signed_only_by_force_with_a_note_and_the_pack_is_stamped(desk: Books) -> None:
    folder = run_at(desk, SHORT)

    with pytest.raises(NotAllowed, match="deposits cannot be signed: DEP1000904, booked with another amount"):
        sign(desk, "2026-09", DEPOSITS, BOB)
    with pytest.raises(NotAllowed, match="forcing deposits takes a note"):
        sign(desk, "2026-09", DEPOSITS, BOB, force=True, note=" ")
    kept = sign(desk, "2026-09", DEPOSITS, BOB, force=True, note="the bank owes it").row

    assert kept.act == "signed with exceptions"
    assert "deposits: signed with exceptions by bob" in (folder / "signoff.svg").read_text(encoding="utf-8")
    page = (folder / "signoff.html").read_text(encoding="utf-8")
    assert "Waived by the reviewer" in page
    assert "Account 1010 understated by 10.00" in page
    rows = frame_of(desk.store, "uncorrected", "Small Group", ["2026-09"])
    assert rows.select("account", "treatment", "amount").rows() == [
        ("1010", "waived", rows["amount"][0]), ("1250", "waived", -rows["amount"][0]),
    ]  # fmt: skip
    assert rows["amount"].to_list()[0] == 10


def test_what_is_material_nobody_forces_and_all_that_was_forced_in_a_period_counts_together(desk: Books) -> None:
    run_at(desk, SHORT, overall="10.00")
    with pytest.raises(NotAllowed, match=r"10\.00 of the period is not below materiality of 10\.00"):
        sign(desk, "2026-09", DEPOSITS, CARLA, force=True, note="small")

    wages = expected("P1 6010 9.00 J:PYRJ D:PR-1", "P2 1020 -9.00")
    both = WANTED.vstack(wages)
    closed(desk, RUN, SEPTEMBER, both, SHORT, by=rules(SEPTEMBER, "15.00"))
    sign(desk, "2026-09", DEPOSITS, BOB, force=True, note="small")
    with pytest.raises(NotAllowed, match=r"19\.00 of the period is not below materiality of 15\.00"):
        sign(desk, "2026-09", PAYROLL, BOB, force=True, note="small too")


def test_an_entry_on_its_way_stops_the_signature_whoever_forces_it(desk: Books) -> None:
    run_at(desk)
    one = desk.store.add(correction(), actor="ann")
    one = desk.store.apply(one, Reviewed("bob", one.digest), actor="bob")
    one = desk.store.apply(one, Approved("bob", one.digest), actor="bob")
    desk.store.apply(one, Intended(one.digest), actor="recon")

    with pytest.raises(NotAllowed, match=r"nobody can force it: The entry RCN.* is intent"):
        sign(desk, "2026-09", DEPOSITS, CARLA, force=True, note="soon")


def test_what_was_declined_stays_in_the_sum_of_what_was_not_corrected(desk: Books) -> None:
    folder = run_at(desk, SHORT)
    name = open_signing(desk, "2026-09").record.found.frames["variances"]["variance_id"].item()
    one = desk.store.add(correction(variance_ids=(name,)), actor="ann")
    desk.store.apply(one, Declined("bob", "the bank owes it"), actor="bob")

    sign(desk, "2026-09", DEPOSITS, BOB, force=True, note="see above")

    rows = frame_of(desk.store, "uncorrected", "Small Group", ["2026-09"])
    assert rows["treatment"].unique().to_list() == ["declined"]
    assert rows["note"].unique().to_list() == ["the bank owes it"]
    assert "Declined" in (folder / "signoff.html").read_text(encoding="utf-8")


def test_a_proved_account_is_signed_over_what_no_document_supports_and_that_joins_the_sum(desk: Books) -> None:
    wanted, stands, sources = sold_on_the_last_day("95.00")
    by = policy(materiality={"overall": "15.00"}, **LAST_DAY)
    closed(desk, RUN, SEPTEMBER, wanted, stands, by=by, **sources)

    with pytest.raises(NotAllowed, match=r"5\.00 of account 1250 at 100 has no support"):
        sign(desk, "2026-09", CLEARING, BOB)
    sign(desk, "2026-09", CLEARING, BOB, force=True, note="old cents")

    rows = frame_of(desk.store, "uncorrected", "Small Group", ["2026-09"])
    assert rows.select("account", "cause", "treatment").rows() == [("1250", "unexplained", "waived")]


def test_what_would_be_booked_into_a_signed_period_is_known_by_its_day_and_its_accounts(desk: Books) -> None:
    run_at(desk)
    sign(desk, "2026-09", DEPOSITS, BOB)
    by = rules(SEPTEMBER)
    inside = correction(company="Small Group")
    later = replace(inside, content=replace(inside.content, posting_date=dt.date(2026, 10, 1)))

    assert inside.reconciliation == "deposits"
    assert SEPTEMBER.has(inside.content.posting_date)
    assert (signed_over(desk.store, by, inside) or inside).actor == "bob"
    assert signed_over(desk.store, by, later) is None
    assert signed_over(desk.store, by, replace(inside, reconciliation="payroll")) is None


def test_only_the_newest_run_is_signed_and_only_as_it_was_written(desk: Books) -> None:
    run_at(desk, name="aaaaaaaaaaaa")
    folder = run_at(desk)
    with pytest.raises(NotAllowed, match="only the newest run"):
        open_signing(desk, "2026-09", "aaaaaaaaaaaa")

    (folder / "data" / "matches.parquet").write_bytes(b"another")
    with pytest.raises(DigestDiffers, match="not what was written"):
        sign(desk, "2026-09", DEPOSITS, BOB)


def test_what_is_signed_is_opened_again_with_a_note_by_a_person_who_may_and_all_of_it_stays_on_record(
    desk: Books,
) -> None:
    folder = run_at(desk)
    sign(desk, "2026-09", DEPOSITS, BOB)
    with pytest.raises(NotAllowed, match="signed already by bob"):
        sign(desk, "2026-09", DEPOSITS, CARLA)
    with pytest.raises(NotAllowed, match="ann may not reopen"):
        reopen(desk, "2026-09", DEPOSITS, ANN, note="late deposit")
    with pytest.raises(NotAllowed, match="takes a note"):
        reopen(desk, "2026-09", DEPOSITS, CARLA, note="")

    reopen(desk, "2026-09", DEPOSITS, CARLA, note="late deposit")

    assert "deposits: reopened by carla" in (folder / "signoff.svg").read_text(encoding="utf-8")
    assert signed_by(folder) == {}
    sign(desk, "2026-09", DEPOSITS, CARLA)
    acts = [(one.act, one.actor) for one in read_sign_offs(desk.store, "Small Group", "2026-09")]
    assert acts == [("signed", "bob"), ("reopened", "carla"), ("signed", "carla")]
    assert audit(desk.store) == ()


def test_a_newer_run_says_over_which_one_its_period_is_signed(desk: Books) -> None:
    run_at(desk, name="aaaaaaaaaaaa")
    sign(desk, "2026-09", DEPOSITS, BOB)
    newer = run_at(desk, name="bbbbbbbbbbbb")
    stamp(desk.store, newer, open_signing(desk, "2026-09").record)

    assert "over another run, aaaaaaaaaaaa: deposits: signed by bob" in (newer / "signoff.svg").read_text("utf-8")
    assert not (newer / "signoff.json").exists()
    reopen(desk, "2026-09", DEPOSITS, CARLA, note="the file changed")
    assert "not signed: sales, deposits, payroll" in (newer / "signoff.svg").read_text("utf-8")


def test_a_signed_reconciliation_counts_for_the_backtest_before_a_newer_run(desk: Books) -> None:
    run_at(desk, name="aaaaaaaaaaaa")
    sign(desk, "2026-09", DEPOSITS, BOB)
    run_at(desk, name="bbbbbbbbbbbb")

    counted = {one.run_id: (one.names, dict(one.signed)) for one in past_runs(desk.reports)}

    # Both runs are of one moment: the later name counts where nobody signed.
    assert counted["aaaaaaaaaaaa"][0] == ("deposits",)
    assert counted["aaaaaaaaaaaa"][1]["deposits"].startswith("Signed by bob on ")
    assert counted["bbbbbbbbbbbb"] == (("sales", "payroll"), {})


def test_an_error_of_a_signed_period_is_drafted_into_an_open_one_and_names_its_own(desk: Books) -> None:
    signed = SignedSubject("reconciliation", "deposits", RUN, "bob", SEPTEMBER.end, ())
    record = finished(
        desk.reports, RUN, SEPTEMBER, WANTED, SHORT, by=rules(SEPTEMBER, "15.00"), signed=(signed,), files=()
    )
    name = record.found.frames["variances"]["variance_id"].item()

    drafted = draft_prior(record, name, parse_period("2026-10"), prepared_by="ann")

    assert drafted.content.memo == "Correction of 2026-09 deposits: amount other, DEP1000904"
    assert (drafted.period, drafted.cause, drafted.approval) == ("2026-10", "prior_period", "single")
    assert drafted.content.posting_date == parse_period("2026-10").start
    assert {line.account: str(line.amount) for line in drafted.content.lines} == {"1010": "10.00", "1250": "-10.00"}
    assert desk.store.add(drafted, actor="ann") == drafted
    with pytest.raises(NotAllowed, match="corrected in a later period"):
        draft_prior(record, name, SEPTEMBER, prepared_by="ann")


def test_a_proposal_of_what_is_signed_is_withdrawn_and_comes_back_when_it_is_opened_again(desk: Books) -> None:
    run_at(desk, SHORT)
    record = open_signing(desk, "2026-09").record
    proposed = Proposed(
        RUN, "Small Group", None, SEPTEMBER, "USD", "ann", record.found.frames, record.found.ledger, window_days=5
    )
    [one] = register(desk.store, proposed, actor="ann").added

    signed = sign(desk, "2026-09", DEPOSITS, BOB, force=True, note="small")

    assert signed.withdrawn == (one,)  # the signer is told
    assert (desk.store.get(one.identity) or one).state == "withdrawn"
    later = replace(proposed, frames=unsigned(desk.store, record))
    assert register(desk.store, later, actor="ann") == Registered()
    reopen(desk, "2026-09", DEPOSITS, CARLA, note="book it after all")
    again = replace(proposed, frames=unsigned(desk.store, record))
    assert [back.state for back in register(desk.store, again, actor="ann").revised] == ["proposed"]


def booked_in(desk: Books, one: Correction, record: str) -> Correction:
    """The correction after two persons let it be booked."""
    moment = dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC)
    acts = Reviewed("bob", one.digest), Approved("bob", one.digest), Intended(one.digest), Sent(moment, moment)
    for act in (*acts, Confirmed(record)):
        one = desk.store.apply(one, act, actor="bob")
    return one


def test_a_signature_ends_no_entry_that_a_person_drafted_and_waits_for_those_that_others_have_looked_at(
    desk: Books,
) -> None:
    run_at(desk)
    booked = [booked_in(desk, desk.store.add(one, actor="ann"), one.key) for one in (FEE, OTHER_FEE, THIRD_FEE)]
    inside, outside, untouched = (
        undo(desk.store, one.identity, by="ann", day=day, reason="wrong")
        for one, day in zip(booked, (SEPTEMBER.end, parse_period("2026-10").start, SEPTEMBER.end), strict=True)
    )
    inside, outside = (desk.store.apply(one, Reviewed("bob", one.digest), actor="bob") for one in (inside, outside))

    with pytest.raises(NotAllowed, match=f"{inside.key} .*is reviewed for 2026-09-30: post it, or decline it"):
        sign(desk, "2026-09", DEPOSITS, BOB, force=True, note="small")
    desk.store.apply(inside, Declined("bob", "it was right"), actor="bob")
    signed = sign(desk, "2026-09", DEPOSITS, BOB)

    assert signed.withdrawn == ()
    states = {one.key: one.state for one in desk.store.all()}
    assert (states[outside.key], states[untouched.key]) == ("reviewed", "proposed")


def nothing(_group: Group) -> pl.DataFrame:
    """What a ledger says of days on which nothing is booked."""
    return ledger()


def waived(desk: Books) -> str:
    """The error of September, short by 10.00, that Bob signed over."""
    run_at(desk, SHORT)
    sign(desk, "2026-09", DEPOSITS, BOB, force=True, note="small")
    return str(open_signing(desk, "2026-09").record.found.frames["variances"]["variance_id"].item())


BY_HAND = ("GJ@2026-10-20", "1010 10.00 D:DEP1000904", "1250 -10.00 D:DEP1000904")


def by_hand(journal_and_day: str, *lines: str, amount: str = "10.00") -> pl.DataFrame:
    """What a person booked."""
    journal, day = journal_and_day.split("@")
    named = [f"H{number} {line.replace('10.00', amount)}" for number, line in enumerate(lines)]
    return ledger(*named).with_columns(
        journal=pl.lit(journal), posting_date=pl.lit(dt.date.fromisoformat(day)), entry_id=pl.lit("1168")
    )


def test_what_a_person_booked_since_is_not_corrected_once_more(desk: Books) -> None:
    name, october = waived(desk), parse_period("2026-10")
    asked: list[Group] = []

    def read(group: Group) -> pl.DataFrame:
        asked.append(group)
        return by_hand(*BY_HAND)

    with pytest.raises(NotAllowed, match="the ledger may hold this correction already: Entry 1168 already corrects"):
        correct_prior(desk, "2026-09", name, october, ANN, read=read)
    (group,) = asked
    assert (group.accounts, group.locations) == (("1010", "1250"), ("100",))
    # The days since September, to the end of October or today.
    assert (group.start, group.end) == (dt.date(2026, 10, 1), max(october.end, desk.store.now().date()))
    assert desk.store.all() == ()

    unlike = by_hand(*BY_HAND, amount="11.00")
    assert correct_prior(desk, "2026-09", name, october, ANN, read=lambda _: unlike).state == "proposed"


def test_what_corrects_another_error_is_no_reason_against_a_correction(desk: Books) -> None:
    name, october = waived(desk), parse_period("2026-10")
    booked_in(desk, desk.store.add(FEE, actor="ann"), "1168")
    others = by_hand(*BY_HAND).with_columns(document=pl.lit("DEP2000000"), reference=pl.lit(FEE.key))

    one = correct_prior(desk, "2026-09", name, october, ANN, read=lambda _: others)

    assert one.state == "proposed"


def test_without_an_interface_the_newest_run_of_the_open_period_tells_what_was_booked(desk: Books) -> None:
    name, october = waived(desk), parse_period("2026-10")

    with pytest.raises(NotAllowed, match=r"no ledger of 2026-10 is at hand .*: close 2026-10 first"):
        correct_prior(desk, "2026-09", name, october, ANN)
    closed(desk, "bbbbbbbbbbbb", october, expected(), by_hand(*BY_HAND), by=rules(october, "15.00"))
    with pytest.raises(NotAllowed, match="the ledger may hold this correction already"):
        correct_prior(desk, "2026-09", name, october, ANN)


def test_a_correction_of_a_signed_period_is_about_its_own_days_and_about_its_amounts_since(desk: Books) -> None:
    one = correct_prior(desk, "2026-09", waived(desk), parse_period("2026-10"), ANN, read=nothing)

    (old, own_days), (new, since) = groups_in(one.content, one.basis)

    assert basis_of(SHORT, own_days) == old
    assert basis_of(by_hand(*BY_HAND, amount="11.00"), since) == new  # the business of every day
    assert basis_of(by_hand(*BY_HAND), since) != new
    assert one.line_ids == ("A1", "A3", "E1", "E3")


def test_what_was_waived_is_corrected_in_a_later_period_and_uncorrected_no_more_until_that_is_undone(
    desk: Books,
) -> None:
    run_at(desk, SHORT)
    name = open_signing(desk, "2026-09").record.found.frames["variances"]["variance_id"].item()
    october, november = parse_period("2026-10"), parse_period("2026-11")
    with pytest.raises(NotAllowed, match="deposits of 2026-09 is not signed"):
        correct_prior(desk, "2026-09", name, october, ANN, read=nothing)
    sign(desk, "2026-09", DEPOSITS, BOB, force=True, note="small")

    one = correct_prior(desk, "2026-09", name, october, ANN, read=nothing)
    with pytest.raises(NotAllowed, match="an entry for this error is on record and proposed"):
        correct_prior(desk, "2026-09", name, november, ANN, read=nothing)
    by = rules(october)
    assert carried(desk.store, by, october).uncorrected is not None
    one = booked_in(desk, one, "4711")

    taken = carried(desk.store, by, october)
    assert taken.uncorrected is None
    assert [(it.key, it.title, it.cells) for it in taken.prior] == [
        (
            one.key,
            "Correction of 2026-09 deposits: amount other, DEP1000904",
            (("1010", "100", None, 1000), ("1250", "100", None, -1000)),
        )
    ]
    undone = booked_in(desk, undo(desk.store, one.identity, by="ann", day=november.start, reason="wrong"), "4712")
    desk.store.apply(one, Reversed("4712"), actor="recon")
    assert carried(desk.store, by, october).uncorrected is None
    assert carried(desk.store, rules(november), november).uncorrected is not None
    assert [it.key for it in carried(desk.store, rules(november), november).prior] == [undone.key]
