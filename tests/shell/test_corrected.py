"""A period's corrections as the notebook opens them: from the records, beside the run, and checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from desk_rig import Closed, closed_month, copied

from recon.corrected import Corrections, open_corrections
from recon.desk import approve_bulk, decline, mark_reviewed, runs_behind, take_in, take_seat
from recon.errors import ConfigError, DataError, InvariantBroken, TrailBroken
from recon.lifecycle import Correction
from recon.reporting.corrected import acts_table, corrections_table, evidence_table, posted_table, sides_table
from recon.run import Run


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Closed:
    """A month whose proposals Bob has reviewed, approved where they are small, and one of them declined."""
    closed = copied(closed_month(tmp_path_factory.mktemp("made")), tmp_path_factory.mktemp("month"))
    with take_seat(closed.workspace, lambda _: "bob", environ={}) as seat:
        first, *others = take_in(seat, closed.record).added
        decline(seat, [first], "agreed <b>by letter</b>")
        approve_bulk(seat, mark_reviewed(seat, others))
    return closed


@pytest.fixture(scope="module")
def opened(month: Closed) -> Corrections:
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("RECON_DATABASE_URL", raising=False)
        return open_corrections(Run(month.record), workspace=month.workspace)


def test_each_entry_of_the_run_stands_in_one_state_and_they_sum_to_what_it_proposed(
    month: Closed, opened: Corrections
) -> None:
    frames = month.record.found.frames
    states = dict(opened.states.select("state", "entries").iter_rows())

    assert set(states) == {"reviewed", "approved", "withdrawn"}
    assert sum(states.values()) == frames["adjustments"].height
    assert opened.states["effect"].sum() == month.record.found.pretax_effect
    assert opened.states["debits"].sum() == month.record.found.entries_debits
    opened.check_sound()


def test_the_sides_differ_by_what_is_booked_and_every_line_behind_them_is_named(opened: Corrections) -> None:
    lines = opened.lines

    assert (lines["per_source"] - lines["per_ledger"]).to_list() == lines["to_book"].to_list()
    assert lines["to_book"].sum() == Decimal("0.00")
    assert set(opened.evidence["key"]) == {one.key for one in opened.ones}
    assert set(opened.evidence["side"]) == {"source", "ledger"}


def test_the_sides_are_of_the_run_that_proposed_the_entry_or_said_to_be_unknown(
    month: Closed, opened: Corrections
) -> None:
    newer = replace(month.record, run_id="0123456789ab")

    lost = replace(opened, record=newer)
    kept = replace(opened, record=newer, others=(month.record,))

    assert lost.lines["per_ledger"].null_count() == lost.lines["per_source"].null_count() == lost.lines.height
    assert lost.lines["to_book"].null_count() == 0
    assert "not provided" in sides_table(lost.lines).as_raw_html()
    assert kept.lines.equals(opened.lines)
    assert kept.evidence.equals(opened.evidence)
    assert runs_behind(opened.ones, month.reports, newer)[0].run_id == month.record.run_id
    assert runs_behind(opened.ones, month.reports, month.record) == ()


def test_the_acts_tell_who_did_what_in_the_order_of_the_trail(opened: Corrections) -> None:
    acts = opened.acts

    assert acts["sequence"].is_sorted()
    assert set(acts["actor"]) == {"bob"}
    assert acts.filter(act="declined")["note"].to_list() == ["agreed <b>by letter</b>"]
    assert acts["sequence"].to_list()[-1] == opened.head.sequence


def test_the_tables_print_amounts_as_accountants_do_and_no_markup_of_strangers(opened: Corrections) -> None:
    tables = [
        corrections_table(opened.listed), sides_table(opened.lines, limit=5), evidence_table(opened.evidence, limit=5),
        posted_table(opened.listed), acts_table(opened.acts),
    ]  # fmt: skip
    texts = [one.as_raw_html() for one in tables]

    assert "more rows are not shown" in texts[1]
    assert "&lt;b&gt;by letter" in texts[4]
    assert not [text for text in texts if "<b>by letter" in text]


def changed(opened: Corrections, change: Callable[[Correction], Correction]) -> Corrections:
    """The same, as if one approved entry had been changed past the records."""
    number = next(number for number, one in enumerate(opened.ones) if one.state == "approved")
    ones = list(opened.ones)
    ones[number] = change(ones[number])
    return replace(opened, ones=tuple(ones))


def memo_changed_and_sent(one: Correction) -> Correction:
    return replace(one, state="confirmed", content=replace(one.content, memo="another memo"))


def approved_by_its_preparer_and_sent(one: Correction) -> Correction:
    return replace(one, state="sent", approved_by=one.prepared_by)


def approved_by_its_preparer_under_another_name_and_sent(one: Correction) -> Correction:
    return replace(one, state="sent", approved_by="carla", approved_login="ANN ")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (approved_by_its_preparer_under_another_name_and_sent, "was approved by who made it"),
        (memo_changed_and_sent, "is not what was approved"),
        (approved_by_its_preparer_and_sent, "was approved by who made it"),
    ],
)
def test_an_entry_that_is_not_as_it_must_be_stops_whoever_looks(
    change: Callable[[Correction], Correction], told: str, opened: Corrections
) -> None:
    with pytest.raises(InvariantBroken, match=told):
        changed(opened, change).check_sound()


def test_a_trail_that_does_not_verify_stops_whoever_looks(opened: Corrections) -> None:
    with pytest.raises(TrailBroken, match="row 3"):
        replace(opened, faults=("The audit trail is broken at row 3.",)).check_sound()


def test_without_records_or_with_those_of_another_company_nothing_is_shown(
    month: Closed, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RECON_DATABASE_URL", raising=False)
    with pytest.raises(DataError, match="recon review makes the records"):
        open_corrections(Run(month.record), workspace=tmp_path_factory.mktemp("empty"))
    with pytest.raises(ConfigError, match="set workspace to the folder of this one"):
        open_corrections(Run(month.record), workspace="demo")
