"""An entry is taken back by a reversal, and comes back by one way alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from make_corrections import DAY
from posting_rig import FEE, Rig, run

from recon.bench.posting.switches import Api
from recon.errors import NotAllowed
from recon.lifecycle import Correction, Declined
from recon.posting.steps import Step
from recon.posting.sweeping import sweep
from recon.posting.undoing import UNDO, reversal_of, undo

OCTOBER = dt.date(2026, 10, 1)


def test_an_entry_is_undone_by_a_reversal_that_another_person_approves() -> None:
    rig = Rig("rest")
    rig.approved()
    with pytest.raises(NotAllowed, match="approved is not booked"):
        undo(rig.store, FEE.identity, by="ann", day=DAY, reason="booked by the bank as well")
    run(rig.poster().post())

    reversal = undo(rig.store, FEE.identity, by="ann", day=DAY, reason="booked by the bank as well")
    assert run(rig.poster().post()).done == ()  # a proposal is not sent
    rig.approve(reversal)
    (done,) = run(rig.poster().post()).done

    assert done.what == "confirmed", done
    assert rig.now().state == "reversed"
    amounts = rig.books.world.query("SELECT accountno, sum(tr_type * cents) FROM intacct_line GROUP BY 1")
    assert dict(amounts) == {"6400": 0, "1250": 0}
    assert run(sweep(rig.poster())).findings == ()


def test_a_reversal_is_not_sent_when_what_it_reverses_is_gone() -> None:
    rig = Rig("rest")
    rig.approved()
    run(rig.poster().post())
    reversal = undo(rig.store, FEE.identity, by="ann", day=DAY, reason="twice")
    rig.approve(reversal)
    rig.books.world.write("DELETE FROM intacct_batch")

    (done,) = run(rig.poster().post()).done

    assert done.what == "blocked"
    assert "does not stand under the key" in done.words


def undone() -> tuple[Rig, Correction]:
    """A fee that was posted and reversed, and its reversal."""
    rig = Rig("rest")
    rig.approved()
    run(rig.poster().post())
    reversal = undo(rig.store, FEE.identity, by="ann", day=DAY, reason="booked by the bank as well")
    rig.approve(reversal)
    run(rig.poster().post())
    return rig, reversal


def test_an_undone_entry_comes_back_by_one_way_and_stands_once() -> None:
    rig, reversal = undone()

    with pytest.raises(NotAllowed, match=f"a reversal is not undone.*recon settle --renew {FEE.key}"):
        undo(rig.store, reversal.identity, by="ann", day=DAY, reason="the bank took it back")
    rig.approve(run(rig.poster().renew(FEE.identity, "the bank took it back")))
    run(rig.poster().post())
    run(rig.poster().settle())

    assert (rig.now().state, rig.now().generation) == ("confirmed", 2)
    amounts = rig.books.world.query("SELECT accountno, sum(tr_type * cents) FROM intacct_line GROUP BY 1")
    assert dict(amounts) == {"6400": 1200, "1250": -1200}
    assert run(sweep(rig.poster())).findings == ()


def test_an_undone_entry_is_not_proposed_again_while_it_stands_by_another_way() -> None:
    rig, reversal = undone()
    back = reversal_of(rig.now(reversal), UNDO, by="ann", day=DAY, reason="by an earlier version")
    rig.approve(rig.store.add(back, actor="ann"))
    run(rig.poster().post())

    with pytest.raises(NotAllowed, match="stand in the ledger once in all: with this entry it would be 2 times"):
        run(rig.poster().renew(FEE.identity, "it was ours"))
    rig.books.world.write("DELETE FROM intacct_batch WHERE referenceno = ?", (reversal.key,))
    told = [one for one in run(sweep(rig.poster())).findings if one.kind == "out_of_step"]
    assert [one.words for one in told] == [
        "it and what takes it back stand in the ledger 2 times in all: a person must mend it"
    ]


def accrual() -> Correction:
    """A fee that belongs to September; Intacct takes it back by itself on the first of October."""
    return replace(FEE, content=replace(FEE.content, kind="accrual", reversal_date=OCTOBER))


def balances_on(rig: Rig, day: dt.date) -> dict[str, int]:
    """The accounts in cents after the day, without those at nothing."""
    asked = (
        "SELECT l.accountno, sum(l.tr_type * l.cents) FROM intacct_line l JOIN intacct_batch b "
        "ON b.recordno = l.batchkey WHERE b.batch_date <= ? GROUP BY 1 HAVING sum(l.tr_type * l.cents) <> 0"
    )
    return dict(rig.books.world.query(asked, (day.isoformat(),)))


@pytest.mark.parametrize("api", ["xml", "rest"])
def test_what_intacct_takes_back_by_itself_is_undone_before_that_day_and_reversed_like_it(api: Api) -> None:
    rig = Rig(api)
    rig.approved(accrual())
    run(rig.poster().post())
    assert balances_on(rig, DAY) == {"6400": 1200, "1250": -1200}

    reversal = undo(rig.store, FEE.identity, by="ann", day=DAY, reason="the bill came in September")
    rig.approve(reversal)
    (done,) = run(rig.poster().post()).done

    assert (done.what, reversal.content.reversal_date) == ("confirmed", OCTOBER)
    assert balances_on(rig, DAY) == {}
    assert balances_on(rig, OCTOBER) == {}
    assert run(sweep(rig.poster())).findings == ()


@pytest.mark.parametrize("day", [OCTOBER, OCTOBER + dt.timedelta(days=4)])
def test_what_intacct_took_back_by_itself_is_not_undone_after_that_day(day: dt.date) -> None:
    rig = Rig()
    rig.approved(accrual())
    run(rig.poster().post())

    with pytest.raises(NotAllowed, match=r"Intacct takes it back by itself on 2026-10-01: on .* nothing of it stands"):
        undo(rig.store, FEE.identity, by="ann", day=day, reason="the bill came in September")


def test_a_reversal_that_forgets_the_half_of_intacct_is_neither_sent_nor_unseen() -> None:
    rig = Rig()
    rig.approved(accrual())
    run(rig.poster().post())
    kept = reversal_of(rig.now(), UNDO, by="ann", day=OCTOBER, reason="by an earlier version")
    forgetful = replace(kept, content=replace(kept.content, reversal_date=None))
    reversal = rig.approve(rig.store.add(forgetful, actor="ann"))

    (done,) = run(rig.poster().post()).done
    assert done.what == "blocked"
    assert "stands in the ledger 0 times after it: with this entry it would be -1 times" in done.words

    poster = rig.poster()
    intended = poster.intend(poster._free(rig.now(reversal)))
    run(poster.send(intended, Step("create")))  # as an earlier version did
    run(poster.settle())
    assert [one.words for one in run(sweep(rig.poster())).findings if one.kind == "out_of_step"] == [
        "it and what takes it back stand in the ledger -1 times in all: a person must mend it"
    ]


def test_an_undo_is_of_a_day_on_which_the_entry_stands_and_is_proposed_once() -> None:
    rig = Rig()
    rig.approved()
    run(rig.poster().post())

    with pytest.raises(NotAllowed, match="booked on 2026-09-30 and does not stand on 2025-01-01"):
        undo(rig.store, FEE.identity, by="ann", day=dt.date(2025, 1, 1), reason="not ours")
    first = undo(rig.store, FEE.identity, by="ann", day=DAY, reason="not ours")
    assert undo(rig.store, FEE.identity, by="ann", day=DAY, reason="not ours") == first

    for day, reason in ((OCTOBER, "not ours"), (DAY, "the bank took it back")):
        words = rf"its undo {first.key} is proposed as of 2026-09-30 \(not ours\).*recon reject {first.key}"
        with pytest.raises(NotAllowed, match=words):
            undo(rig.store, FEE.identity, by="ann", day=day, reason=reason)
    rig.store.apply(first, Declined("bob", "another day"), actor="bob")
    assert undo(rig.store, FEE.identity, by="ann", day=OCTOBER, reason="not ours").content.posting_date == OCTOBER


def test_the_sweep_sees_one_error_that_was_booked_under_two_names() -> None:
    rig = Rig()
    first = rig.approved(replace(FEE, line_ids=("E-D-7",)))
    named_anew = replace(FEE, identity="22" * 32, line_ids=("E-D-7",), cause="amount_other", run_id="0123456789bb")
    side_by_side = replace(FEE, identity="33" * 32, line_ids=("E-D-7", "E-D-8"))  # of the same run as the first
    seen = replace(FEE, identity="44" * 32, line_ids=("E-D-8",), run_id="0123456789cc", seen=(side_by_side.key,))
    for other in (side_by_side, seen, named_anew):
        rig.approved(other)
    poster = rig.poster()
    for one in rig.store.all():  # as an earlier version did
        run(poster.send(poster.intend(one), Step("create")))
    run(poster.settle())

    told = [one for one in run(sweep(poster)).findings if one.kind == "same_lines"]

    pairs = {frozenset((one.key, *(other.key for other in rig.store.all() if other.key in one.words))) for one in told}
    assert pairs == {frozenset((one.key, named_anew.key)) for one in (first, side_by_side)}
    assert all("take one of them back: recon undo KEY" in one.words for one in told)


@pytest.mark.parametrize("api", ["xml", "rest"])
def test_an_entry_that_somebody_deleted_is_called_lost_after_a_look_and_is_booked_again(api: Api) -> None:
    rig = Rig(api)
    rig.approved()
    run(rig.poster().post())
    with pytest.raises(NotAllowed, match="an entry is not called lost while the ledger holds booked"):
        run(rig.poster().lost(FEE.identity, "gone"))
    rig.books.world.write("DELETE FROM intacct_batch")
    with pytest.raises(NotAllowed, match="may still arrive: wait until"):
        run(rig.poster().lost(FEE.identity, "gone"))
    rig.later(minutes=21)
    (told,) = run(sweep(rig.poster())).findings
    assert (told.kind, f"recon settle --lost {FEE.key} --note WHY" in told.words) == ("event_without_entry", True)

    lost = run(rig.poster().lost(FEE.identity, "the auditor deleted it"))

    assert (lost.state, rig.store.events(subject=FEE.identity)[-1].act) == ("rejected", "lost")
    assert run(sweep(rig.poster())).findings == ()
    assert run(rig.poster().post()).done == ()
    rig.approve(run(rig.poster().renew(FEE.identity, "it is due")))
    assert run(rig.poster().post()).done[0].what == "confirmed"
    assert (rig.now().generation, run(sweep(rig.poster())).findings) == (2, ())


def test_an_undo_that_somebody_deleted_is_told_until_it_is_booked_again() -> None:
    rig = Rig()
    rig.approved()
    run(rig.poster().post())
    reversal = undo(rig.store, FEE.identity, by="ann", day=DAY, reason="not ours")
    rig.approve(reversal)
    run(rig.poster().post())
    rig.later(minutes=21)
    rig.books.world.write("DELETE FROM intacct_batch WHERE referenceno = ?", (reversal.key,))

    run(rig.poster().lost(reversal.identity, "deleted by mistake"))

    (told,) = run(sweep(rig.poster())).findings
    assert told.words == (
        f"it is reversed here, yet it stands in the ledger: recon settle --renew {reversal.key} --note WHY"
    )
    rig.approve(run(rig.poster().renew(reversal.identity, "it still takes it back")))
    assert run(rig.poster().post()).done[0].what == "confirmed"
    assert run(sweep(rig.poster())).findings == ()


def test_what_was_refused_or_lost_and_stands_in_the_ledger_after_all_is_told() -> None:
    rig = Rig()
    rig.approved()
    run(rig.poster().post())
    rig.later(minutes=21)
    rig.books.world.write("UPDATE intacct_batch SET referenceno = 'GJ-1'")
    run(rig.poster().lost(FEE.identity, "gone"))
    rig.books.world.write("UPDATE intacct_batch SET referenceno = ?", (FEE.key,))

    (told,) = run(sweep(rig.poster())).findings
    assert told.words == (
        "it is rejected here, yet record 1 is booked: a post after its approval finds it there and books no other one; "
        "else reverse the record in Intacct"
    )
