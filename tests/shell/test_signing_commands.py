"""Signing a month and opening it again, typed as people type it: what stands, what is refused, what is on record."""

from __future__ import annotations

import json
import re

import polars as pl
import pytest
from desk_rig import (
    PERIOD,
    Closed,
    Desk,
    Typed,
    by_ann,
    change_policy,
    closed_month,
    on_record,
    published,
)

from recon.compute import CloseRequest, compute, plan_close

# So that Bob may force what is open; with 0.00, as the template has it, nothing is ever forced.
MATERIAL = {'overall = "0.00"': 'overall = "9999999.00"', 'pass_below = "0.00"': 'pass_below = "15.00"'}


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Closed:
    return closed_month(tmp_path_factory.mktemp("month"), MATERIAL)


def test_what_is_open_is_told_by_kind_and_amount_and_nobody_signs_it_by_mistake(typed: Typed, desk: Desk) -> None:
    shown = typed("bob", "signoff")
    facts = typed("bob", "signoff", "--json").facts
    refused = typed("bob", "signoff", "payroll")
    every = typed("bob", "signoff", "--all")

    to_book = desk.closed.record.found.statuses[-1].to_book
    assert shown.code == 0, shown.err
    assert re.search(rf"payroll +open +3 to book, {to_book:,}", shown.out)
    assert [one["subject"] for one in facts["subjects"]] == ["sales", "deposits", "payroll", "1250", "1255"]
    assert {wrong["is_forcible"] for one in facts["subjects"] for wrong in one["in_the_way"]} == {True}
    assert refused.code == 5
    assert "payroll cannot be signed: " in refused.err
    assert "A reviewer may force it with a note" in refused.err
    assert (every.code, every.out.splitlines()[0]) == (1, "Nothing was signed.")
    assert f"  left: payroll: 3 to book, {to_book:,}" in every.out
    assert not any(one["is_signed"] for one in typed("carla", "signoff", "--json").facts["subjects"])


def test_a_signature_is_of_another_person_on_record_beside_the_pack_and_opened_again(typed: Typed, desk: Desk) -> None:
    force = ("signoff", "payroll", "--force", "--note", "agreed with the auditor")
    own = typed("ann", *force)
    signed = typed("bob", *force)
    twice = typed("bob", *force)
    stands = {one["subject"]: one for one in typed("ann", "signoff", "--json").facts["subjects"]}

    assert (own.code, signed.code, twice.code) == (5, 0, 5)
    assert "ann may not sign" in own.err
    assert "payroll of 2026-09: signed with exceptions by bob" in signed.out
    assert signed.out.count("  over: ") == 3
    assert "payroll is signed already by bob; open it again first: recon reopen" in twice.err
    assert [name for name, one in stands.items() if one["is_signed"]] == ["payroll"]
    pack = desk.closed.reports / "2026-09" / desk.closed.record.run_id
    assert "payroll: signed with exceptions by bob" in (pack / "signoff.svg").read_text(encoding="utf-8")
    head = json.loads((pack / "signoff.json").read_text(encoding="utf-8"))["trail_head"]
    verified = typed("carla", "audit", "verify", "--json").facts
    assert verified == {"rows": 2, "head": head, "heads_elsewhere": 1, "missing": []}

    some = typed("bob", "signoff", "sales", "payroll", "--force", "--note", "agreed with the auditor")
    none = typed("carla", "reopen", "payroll", "sales", "--note", "a check came back")
    assert (some.code, none.code) == (5, 5)
    assert "payroll is signed already by bob" in some.err
    assert "sales of 2026-09 is not signed: there is nothing to open again" in none.err
    stands = {one["subject"]: one for one in typed("ann", "signoff", "--json").facts["subjects"]}
    assert [name for name, one in stands.items() if one["is_signed"]] == ["payroll"]

    opened = typed("carla", "reopen", "payroll", "--note", "a check came back")
    again = typed("carla", "reopen", "payroll", "--note", "a check came back")

    assert (opened.code, again.code) == (0, 5)
    assert "payroll of 2026-09: reopened by carla" in opened.out
    assert "there is nothing to open again" in again.err
    acts = [(one["act"], one["actor"]) for one in typed("bob", "audit", "show", "--json").facts["events"]]
    assert acts == [("closed", "ann"), ("signed with exceptions", "bob"), ("reopened", "carla")]


def test_what_was_waived_is_told_and_corrected_in_a_later_period_by_the_way_of_every_entry(
    typed: Typed, desk: Desk
) -> None:
    frames = desk.closed.record.found.frames
    mine = frames["variances"].filter(pl.col("reconciliation") == "payroll", pl.col("status") == "book")
    name, document = mine.select("variance_id", "document").row(0)
    correct = ("correct", name, "--into", "2026-10")
    typed("ann", "review")
    early = typed("ann", *correct)
    signed = typed("bob", "signoff", "payroll", "--force", "--note", "agreed with the auditor")

    proposed = typed("ann", *correct, "--json")
    twice = typed("ann", "correct", name, "--into", "2026-11")
    told = typed("bob", "signoff")
    key = proposed.facts["key"]
    beside = typed("bob", "review", "--short")
    later = typed("bob", "review", "2026-10")
    facts = [typed("bob", "review", *words, "--json").facts for words in ((), ("2026-10",))]
    shown = typed("bob", "review", "--mark", key)
    approved = typed("carla", "approve", key)

    assert (early.code, proposed.code, twice.code) == (5, 0, 5)
    assert f"With it {mine.height} entries that nobody sent are withdrawn:\n  RCN" in signed.out
    assert "payroll of 2026-09 is not signed" in early.err
    assert proposed.facts["memo"].startswith("Correction of 2026-09 payroll: ")
    assert document[:20] in proposed.facts["memo"]
    assert proposed.facts["period"] == "2026-10"
    assert "an entry for this error is on record and proposed" in twice.err
    assert "Known and not booked, in the year so far:" in told.out
    assert re.search(rf"In 2026-10, which recon review 2026-10 shows whole:\n.*\n{key}  proposed", beside.out)
    assert "Your Company, period 2026-10; you are bob" in later.out
    assert "Only shown: no run of 2026-10 stands in reports yet; this is what was drafted for it." in later.out
    assert "Source " in later.out  # the evidence is that of September's run
    assert "not at hand" not in later.out
    assert [one["key"] for one in facts[0]["other_periods"]] == [one["key"] for one in facts[1]["entries"]] == [key]
    assert (facts[1]["run_id"], typed("bob", "review", "2026-11").code) == (None, 4)
    assert (shown.code, approved.code) == (0, 0), shown.err + approved.err


def test_what_passed_below_the_threshold_is_told_with_the_signature_over_it(typed: Typed, desk: Desk) -> None:
    passed = desk.closed.record.found.frames["variances"].filter(
        pl.col("status") == "accepted", pl.col("reconciliation") == "deposits"
    )
    said = typed("bob", "signoff", "deposits", "--force", "--note", "agreed with the auditor")
    facts = typed("carla", "signoff", "sales", "--force", "--note", "agreed with the auditor", "--json").facts

    assert passed.height
    assert re.search(rf"{passed.height} differences? of [0-9,.]+ accepted or passed, and not booked:", said.out)
    assert {one["subject"] for one in facts["passed"]} <= {"sales"}


def closed_again(desk: Desk) -> str:
    """The id of Ann's close over the downloads as they are now."""
    workspace, reports = desk.closed.workspace, desk.closed.reports
    plan = plan_close(CloseRequest(PERIOD, workspace, workspace / "sources"))
    record = by_ann(compute(plan, reports.parent / f"scratch-{plan.run_id}"))
    return on_record(workspace, reports, published(record, reports)).run_id


def test_a_signature_stands_beside_newer_runs_which_tell_what_changed_and_the_next_subject_is_signed(
    typed: Typed, desk: Desk
) -> None:
    """Of the downloads the trial balance is missing from now on: it would differ from a ledger that was changed."""
    sources = desk.closed.workspace / "sources"
    next(sources.glob("trial_balance*")).unlink()
    detail = next(sources.glob("intacct_gl_detail*"))
    force = ("--force", "--note", "agreed with the auditor")
    over = closed_again(desk)
    assert typed("bob", "signoff", "payroll", *force).code == 0
    alone = typed("bob", "signoff")

    # In October's first days somebody books wages again, which is nothing that was signed.
    lines = detail.read_text(encoding="utf-8").splitlines(keepends=True)
    wages = [line for line in lines if ",PYRJ," in line]
    entry = [line for line in wages if line.split(",")[1] == wages[0].split(",")[1]]
    numbered = [re.sub(r"^(\d+),(\d+),", r"90000\1,90000\2,", line) for line in entry]
    later = [re.sub(r",09/\d\d/2026,", ",10/02/2026,", line) for line in numbered]
    detail.write_text("".join([*lines, *later]), encoding="utf-8")
    second = closed_again(desk)
    beside = typed("bob", "signoff")
    signed = typed("bob", "signoff", "sales", *force)

    # Then an entry goes that was signed.
    gone = wages[-1].split(",")[1]
    detail.write_text("".join([one for one in [*lines, *later] if one.split(",")[1] != gone]), encoding="utf-8")
    third = closed_again(desk)
    shown = typed("bob", "signoff")
    facts = {one["subject"]: one for one in typed("bob", "signoff", "--json").facts["subjects"]}
    next_one = typed("bob", "signoff", "deposits", *force)

    assert (signed.code, next_one.code) == (0, 0), signed.err + next_one.err
    assert f"UTC, run {over}" in alone.out
    assert len({over, second, third}) == 3
    assert "since then" not in alone.out + beside.out
    [told] = re.findall(r"since then, in run (.*)", shown.out)
    assert re.fullmatch(rf"{third}: 2 asked, [0-9,.]+ *", told)
    assert (facts["payroll"]["over"], facts["payroll"]["changed_since"]) == (over, True)
    assert (facts["sales"]["over"], facts["sales"]["changed_since"]) == (second, False)


def test_all_that_may_be_signed_is_signed_at_once(typed: Typed) -> None:
    said = typed("carla", "signoff", "--all", "--force", "--note", "below materiality", "--json")

    assert said.code == 0, said.err
    assert [one["subject"] for one in said.facts["done"]] == ["sales", "deposits", "payroll", "1250", "1255"]
    assert said.facts["left"] == []
    assert {one["by"] for one in said.facts["subjects"]} == {"carla"}
    assert typed("carla", "signoff", "--all").out == "Nothing was signed.\n"


def test_what_is_mistyped_or_of_another_company_is_told_with_the_mend(typed: Typed, desk: Desk) -> None:
    unknown = typed("bob", "signoff", "payrol")
    both = typed("bob", "signoff", "payroll", "--all")
    silent = typed("bob", "signoff", "payroll", "--force")
    change_policy(desk.closed.workspace, {'"Your Company"': '"Another Company"'})
    foreign = typed("bob", "signoff")

    assert [unknown.code, both.code, silent.code, foreign.code] == [2, 2, 2, 4]
    assert "sales, deposits, payroll, 1250, 1255" in unknown.err
    assert "name subjects, or give --all" in both.err
    assert "forcing takes a note that says why" in silent.err
    assert "this run is of Your Company, the workspace of Another Company: name the right --reports" in foreign.err
