"""An entry is taken back by a reversal, and comes back by one way alone."""

from __future__ import annotations

import pytest
from make_corrections import DAY
from posting_rig import FEE, Rig, run

from recon.errors import NotAllowed
from recon.posting.sweeping import sweep
from recon.posting.undoing import UNDO, reversal_of, undo


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


def test_an_undone_entry_comes_back_by_one_way_and_stands_once() -> None:
    rig = Rig("rest")
    rig.approved()
    run(rig.poster().post())
    reversal = undo(rig.store, FEE.identity, by="ann", day=DAY, reason="booked by the bank as well")
    rig.approve(reversal)
    run(rig.poster().post())

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
    rig = Rig("rest")
    rig.approved()
    run(rig.poster().post())
    reversal = undo(rig.store, FEE.identity, by="ann", day=DAY, reason="booked by the bank as well")
    rig.approve(reversal)
    run(rig.poster().post())
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
