"""Law: whatever is undone, undone again, proposed again, doubled and swept, a correction and all that takes it back
stand in the ledger once or not at all, and what is on record says which."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from random import Random

import pytest
from make_corrections import DAY
from posting_rig import FEE, Rig, run

from recon.bench.posting.ledger import SmallBooks
from recon.bench.posting.stores import MemoryStore
from recon.errors import ApprovalError
from recon.lifecycle import Approved, Correction, Released, Reviewed
from recon.posting.sweeping import sweep
from recon.posting.undoing import DUPLICATE, undo


class Life:
    """One correction, its reversals, and surplus copies that a ledger without a memory makes."""

    def __init__(self, seed: int, books: SmallBooks) -> None:
        books.empty()
        self.chance = Random(seed)
        self.rig = Rig("rest", books=books, store=MemoryStore(books.time.tell))
        self.rig.store.add(FEE, actor="ann")
        self.surplus: dict[str, int] = {}  # by record number: its sign

    def step(self) -> None:
        acts = (self.post, self.post, self.post, self.undo, self.undo, self.renew, self.renew, self.double, self.sweep)
        act: Callable[[], object] = self.chance.choice((*acts, self.settle))
        with contextlib.suppress(ApprovalError):
            act()
        left = self.standing() - sum(self.surplus_left())
        assert left in (0, 1), f"it stands {left} times after {act.__name__}"

    def end(self) -> int:
        """How often it stands after all that is proposed was approved, posted and swept."""
        for _ in range(3):
            self.rig.later(minutes=30)
            self.sweep()
            self.release()
            self.post(often=1.0)
        self.settle()
        standing = self.standing()
        assert standing in (0, 1)
        assert (standing == 1) == (self.rig.now().state in ("confirmed", "settled")), self.rig.now()
        return standing

    def post(self, often: float = 0.7) -> None:
        for one in self.rig.store.all(states=("proposed",)):
            if self.chance.random() < often:
                seen = self.rig.store.apply(one, Reviewed("bob", one.digest), actor="bob")
                self.rig.store.apply(seen, Approved("bob", seen.digest), actor="bob")
        run(self.rig.poster().post())

    def undo(self) -> None:
        undo(self.rig.store, self.any().identity, by="ann", day=DAY, reason="not ours")

    def renew(self) -> None:
        run(self.rig.poster().renew(self.any().identity, "it was ours"))

    def settle(self) -> None:
        run(self.rig.poster().settle())

    def sweep(self) -> None:
        run(sweep(self.rig.poster()))

    def release(self) -> None:
        """A person lets go of what the sweep froze."""
        for one in self.rig.store.all():
            if one.hold is not None:
                self.rig.store.apply(one, Released("carla", "looked"), actor="carla")

    def double(self) -> None:
        """The ledger books once more what stands there already."""
        one = self.any()
        if one.state not in ("confirmed", "settled") or self.chance.random() < 0.5:
            return
        poster = self.rig.poster()
        before = set(self.rig.books.booked(one.key))
        self.rig.books.world.write("DELETE FROM intacct_replay")
        run(poster.ledger.writer.create(poster._entry(one), "Posted"))
        (number,) = set(self.rig.books.booked(one.key)) - before
        self.surplus[str(number)] = 1 if one.content.lines[0].amount > 0 else -1

    def any(self) -> Correction:
        return self.chance.choice(self.rig.store.all())

    def surplus_left(self) -> list[int]:
        """The signs of surplus copies whose reversal does not stand yet."""
        gone = {
            one.variance_ids[0]
            for one in self.rig.store.all()
            if one.cause == DUPLICATE and self.rig.books.booked(one.key)
        }
        return [sign for number, sign in self.surplus.items() if number not in gone]

    def standing(self) -> int:
        """How often the correction stands, by the balance of its account."""
        asked = "SELECT sum(l.tr_type * l.cents) FROM intacct_line l WHERE l.accountno = '6400'"
        row = self.rig.books.world.one(asked)
        cents, rest = divmod(int((row or (0,))[0] or 0), 1200)
        assert rest == 0
        return cents


def lives(seeds: range) -> dict[int, int]:
    books = SmallBooks()
    ends = {0: 0, 1: 0}
    for seed in seeds:
        life = Life(seed, books)
        for _ in range(life.chance.randint(5, 14)):
            life.step()
        ends[life.end()] += 1
    return ends


def test_a_correction_and_what_takes_it_back_stand_once_or_not_at_all() -> None:
    ends = lives(range(40))

    assert min(ends.values()) > 3, ends


@pytest.mark.heavy
def test_two_thousand_lives_hold() -> None:
    ends = lives(range(1_000, 3_000))

    assert min(ends.values()) > 100, ends
