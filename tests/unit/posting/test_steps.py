"""The next step of an entry on its way: what the records and the ledger say decides, and nothing else."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from make_corrections import approved, correction
from pydantic import ValidationError

from recon.intacct.entries import Entry, EntryLine, Found
from recon.lifecycle import Chosen, Correction, Intended, Sent, transition
from recon.policy import PostingPolicy
from recon.posting.books import Masters
from recon.posting.entry import entry_of
from recon.posting.model import Settings
from recon.posting.standing import Standing, standing
from recon.posting.steps import Answered, next_step

NOON = dt.datetime(2026, 10, 2, 12, tzinfo=dt.UTC)
QUIET = dt.timedelta(minutes=20)
INTENT = transition(approved(correction()), Intended(correction().digest))
SENT = transition(INTENT, Sent(NOON, NOON + QUIET))
NOTHING = Standing("nothing")


def step(one: Correction, found: Standing, answered: Answered = Answered(), *, minutes: int = 1, trusts: bool = False):  # type: ignore[no-untyped-def] # noqa: B008
    return next_step(one, found, answered, now=NOON + dt.timedelta(minutes=minutes), trusts_keys=trusts)


def test_an_intent_is_sent_and_a_request_on_record_waits_until_it_cannot_arrive_any_more() -> None:
    assert step(INTENT, NOTHING).kind == "create"
    assert step(SENT, NOTHING).kind == "wait"
    assert step(SENT, NOTHING, minutes=19).kind == "wait"
    assert step(SENT, NOTHING, minutes=20).kind == "create"
    assert step(SENT, NOTHING, trusts=True).kind == "create"


def test_what_surely_did_not_arrive_is_sent_again_but_not_while_an_older_request_may_be_under_way() -> None:
    assert step(SENT, NOTHING, Answered("unsent")).kind == "create"
    assert step(SENT, NOTHING, Answered("unsent", alone=False)).kind == "wait"


def test_a_refusal_is_certain_only_where_nothing_else_was_under_way_and_nothing_stands() -> None:
    refused = Answered("refused", "the account is unknown", "BL01")

    assert step(SENT, NOTHING, refused) == step(SENT, NOTHING, refused, trusts=True)
    assert (step(SENT, NOTHING, refused).kind, step(SENT, NOTHING, refused).code) == ("reject", "BL01")
    assert step(SENT, NOTHING, replace(refused, alone=False)).kind == "wait"
    assert step(SENT, NOTHING, replace(refused, alone=False), trusts=True).kind == "wait"
    assert step(SENT, Standing("booked", ("7",)), refused).kind == "confirm"


@pytest.mark.parametrize("kind", ["several", "foreign"])
def test_what_must_not_stand_under_a_key_freezes_whatever_was_answered(kind: str) -> None:
    found = Standing(kind, ("7", "9"))  # type: ignore[arg-type]

    for answered in (Answered(), Answered("done"), Answered("refused")):
        frozen = step(SENT, found, answered)
        assert frozen.kind == "freeze"
        assert "records 7, 9" in frozen.reason


def test_of_several_drafts_the_one_with_the_smallest_number_is_chosen_and_posted() -> None:
    drafts = Standing("drafts", ("7", "9"))
    chosen = transition(SENT, Chosen("7"))

    assert (step(SENT, drafts).kind, step(SENT, drafts).record_no) == ("choose", "7")
    assert (step(chosen, drafts).kind, step(chosen, drafts).record_no) == ("post_draft", "7")
    assert step(chosen, Standing("drafts", ("9",))).kind == "wait"
    assert step(chosen, Standing("drafts", ("9",)), minutes=20).kind == "freeze"


def test_a_draft_that_shows_late_is_chosen_anew_before_one_was_to_be_posted_and_freezes_after() -> None:
    drafts = Standing("drafts", ("7", "9"))
    chosen = transition(SENT, Chosen("9"))
    asked = transition(chosen, Sent(NOON, NOON + QUIET, "post_draft"))

    assert (step(chosen, drafts).kind, step(chosen, drafts).record_no) == ("choose", "7")
    assert step(asked, Standing("drafts", ("9",))).kind == "post_draft"
    assert step(asked, Standing("drafts", ("9", "10"))).kind == "post_draft"
    assert step(asked, drafts).kind == "freeze"
    assert "asked to post draft 9 before it showed draft 7" in step(asked, drafts).reason
    assert step(asked, Standing("booked", ("9",), ("7",))).kind == "confirm"
    assert step(asked, Standing("drafts", ("9",)), Answered("refused", "closed")).kind == "block"


def test_a_draft_that_the_ledger_says_it_made_is_waited_for_before_another_one_is_chosen() -> None:
    found = Standing("drafts", ("9",))

    assert step(SENT, found, Answered("done", record_no="7")).kind == "wait"
    assert step(replace(SENT, record_no="7"), found).kind == "wait"
    assert step(replace(SENT, record_no="7"), found, minutes=20).kind == "choose"


def test_what_the_ledger_said_it_did_is_never_sent_again_though_it_does_not_show() -> None:
    done = Answered("done", record_no="7")

    assert step(SENT, NOTHING, done).kind == "wait"
    assert step(replace(SENT, record_no="7"), NOTHING, minutes=30).kind == "freeze"
    assert step(transition(SENT, Chosen("9")), NOTHING, minutes=30, trusts=True).kind == "freeze"


def test_a_draft_that_was_shown_and_is_hidden_again_is_waited_for_though_its_time_is_over() -> None:
    chosen = transition(SENT, Chosen("9"))

    for hidden in (NOTHING, Standing("drafts", ("10",))):
        assert step(chosen, hidden, Answered(shown=True), minutes=30).kind == "wait"
        assert step(chosen, hidden, minutes=30).kind == "freeze"


ENTRY = entry_of(correction(), Settings(), Masters(), None)


def found(number: str, state: str = "posted", entry: Entry = ENTRY, sign: int = 1, **facts: object) -> Found:
    lines = tuple(replace(line, amount=sign * line.amount) for line in entry.lines)
    made = Found(number, state, entry.journal, entry.posting_date, entry.key, lines)
    return replace(made, **facts)


def test_what_stands_under_a_key_is_counted_by_its_lines_and_its_state() -> None:
    other = replace(ENTRY, lines=(replace(ENTRY.lines[0], class_="A"), ENTRY.lines[1]))

    assert standing([], ENTRY) == NOTHING
    assert standing([found("9"), found("7", "draft")], ENTRY) == Standing("booked", ("9",), ("7",))
    assert standing([found("10", "draft"), found("9", "draft")], ENTRY) == Standing("drafts", ("9", "10"))
    assert standing([found("10"), found("9")], ENTRY) == Standing("several", ("9", "10"))
    assert standing([found("10"), found("9")], ENTRY, {"10"}) == Standing("booked", ("9",))
    assert standing([found("9", "submitted")], ENTRY) == Standing("pending", ("9",))
    assert standing([found("9"), found("10", "submitted")], ENTRY).kind == "several"
    assert standing([found("9", entry=other)], ENTRY) == Standing("foreign", ("9",))


def test_one_mirrored_half_on_the_day_of_reversal_belongs_to_an_entry_and_no_second_one() -> None:
    day = dt.date(2026, 10, 1)
    accrual = replace(ENTRY, reverse_on=day)
    half = found("8", sign=-1, posting_date=day, reversed_from=accrual.posting_date)

    assert standing([found("7"), half], accrual) == Standing("booked", ("7",))
    assert standing([found("7"), half, replace(half, record_no="9")], accrual) == Standing("foreign", ("9",))
    assert standing([found("7"), replace(half, reversed_from=None)], accrual).kind == "foreign"
    assert standing([found("7"), half], ENTRY).kind == "foreign"


def test_an_entry_is_the_same_to_the_last_letter_for_every_try() -> None:
    settings = Settings(attachment="CLOSE-{period}-{run_id}", base_location="10")

    made = entry_of(SENT, settings, Masters(), "note")

    assert made == entry_of(transition(SENT, Chosen("9")), settings, Masters(), "note")
    assert (made.attachment, made.base_location) == ("CLOSE-2026-09-0123456789ab", None)
    assert made.lines[0] == EntryLine("6400", SENT.content.lines[0].amount, location="101")


def test_the_policy_says_how_entries_are_posted() -> None:
    policy = PostingPolicy(
        mode="direct", quiet_minutes=30, resend="at_once", base_location="10", attachment="A-{period}"
    )

    assert Settings.of(policy) == Settings("direct", dt.timedelta(minutes=30), True, "10", "A-{period}")
    assert Settings.of(PostingPolicy()) == Settings()
    own = Settings.of(PostingPolicy(attachment_folder="Reconciliations"))
    assert (own.attachment, own.attachment_folder) == ("RECON-{run_id}", "Reconciliations")
    with pytest.raises(ValidationError, match="at most"):
        PostingPolicy(attachment="{who}")
    with pytest.raises(ValidationError, match="it is the pack of one run"):
        PostingPolicy(attachment="CLOSE-{period}", attachment_folder="Reconciliations")
    with pytest.raises(ValidationError, match="CLOSE-2026-09-aaaaaaaaaaaa has 26"):
        PostingPolicy(attachment="CLOSE-{period}-{run_id}", attachment_folder="Reconciliations")
