"""Entries of a closed period: nothing is made where that can be known, and a draft that stays is told."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from dataclasses import replace

import polars as pl
import pytest
from desk_rig import Desk, Typed
from make_corrections import content
from posting_rig import FEE, Rig, run

from recon.bench.posting.schedule import MASTERS
from recon.bench.posting.switches import Api
from recon.posting.books import Masters, masters_of, objections, with_places
from recon.posting.sweeping import sweep
from recon.state.store import open_state

CLOSED = replace(MASTERS, closed_through=dt.date(2026, 9, 30))
SAYS_SO = "a draft stands in Intacct that is not posted"


@pytest.mark.parametrize("mode", ["draft", "direct"])
def test_a_period_that_a_person_calls_closed_takes_no_draft_by_xml_either(mode: str) -> None:
    rig = Rig("xml")  # this API does not tell which books are open
    rig.approved()
    rig.books.close_period()

    (done,) = run(rig.poster(mode=mode, masters=CLOSED).post()).done

    assert (done.what, rig.wire.sent) == ("blocked", [])
    assert "the general ledger of entity 10 is closed through 2026-09-30" in done.words
    assert rig.books.world.one("SELECT count(*) FROM intacct_batch") == (0,)


def test_what_the_interface_tells_of_its_books_counts_before_a_persons_word() -> None:
    rig = Rig("rest")
    rig.approved()

    assert run(rig.poster(masters=CLOSED).post()).done[0].what == "confirmed"


def test_a_draft_that_the_ledger_does_not_post_is_told_until_it_is_posted() -> None:
    rig = Rig("xml")
    rig.approved()
    rig.books.close_period()

    (posted,) = run(rig.poster(mode="draft").post()).done
    (settled,) = run(rig.poster(mode="draft").settle()).done
    (told,) = run(sweep(rig.poster(mode="draft"))).findings

    assert (posted.what, settled.what) == ("blocked", "blocked")
    assert posted.words == settled.words
    assert posted.words.startswith("the ledger does not post the draft 1, which stays there:")
    assert (told.kind, told.key, told.record_nos) == ("standing_draft", FEE.key, ("1",))
    assert SAYS_SO in told.words

    rig.books.world.write("UPDATE intacct_location SET open_from = '2026-09-01'")
    assert run(rig.poster(mode="draft").post()).done[0].what == "confirmed"
    assert run(sweep(rig.poster(mode="draft"))).findings == ()


def unplaced(*stores: str) -> Masters:
    """What a locations file says that names stores and no entity."""
    rows = {"location": stores, "entity": [None] * len(stores)}
    accounts = pl.DataFrame({"account": ["6400", "1250"], "required_dimensions": None, "status": "active"})
    return masters_of(accounts, pl.DataFrame(rows, schema_overrides={"entity": pl.String}))


@pytest.mark.parametrize("api", ["xml", "rest"])
def test_a_store_whose_entity_the_file_leaves_out_is_closed_with_the_entity_that_the_ledger_tells(api: Api) -> None:
    rig = Rig(api)
    rig.approved()
    rig.books.close_period()
    books = rig.ledger(rig.wire).books

    masters = run(with_places(unplaced("101"), books))

    assert (masters.entities["101"], masters.unplaced) == ("10", frozenset())
    if api == "rest":  # the other tells no closed books
        (done,) = run(rig.poster(masters=masters).post()).done
        assert (done.what, rig.wire.sent) == ("blocked", [])
        assert "the general ledger of entity 10 is closed through 2026-09-30" in done.words


def test_a_store_whose_entity_nobody_tells_is_not_taken_for_open() -> None:
    rig = Rig("rest")
    rig.approved()

    (done,) = run(rig.poster(masters=unplaced("101")).post()).done

    assert (done.what, rig.wire.sent) == ("blocked", [])
    assert "nobody told its entity: fill `entity` of 101 in locations.csv and close again" in done.words


def test_lines_over_stores_without_an_entity_name_the_mend() -> None:
    two = content("6400 12.00 101", "1250 -12.00 102")

    (told,) = objections(two, unplaced("101", "102"), {}, None)

    assert told.endswith("fill `entity` of 101, 102 in locations.csv and close again")


def test_the_day_that_sources_toml_calls_closed_blocks_an_entry_before_anything_is_made(
    typed: Typed, desk: Desk
) -> None:
    typed("bob", "review", "--short")
    with closing(open_state(desk.closed.workspace)) as store:
        key = min(store.all(), key=lambda one: (one.content.gross, one.key)).key
    typed("bob", "review", "--mark", key)
    typed("bob", "approve", key)
    path, before = desk.closed.workspace / "sources.toml", desk.batches()
    text = path.read_text(encoding="utf-8")
    path.write_text(f"[books]\nclosed_through = 2026-09-30\n\n{text}", encoding="utf-8")

    said = typed("ann", "post", "--json").facts["entries"][0]

    assert (said["what"], said["state"], desk.batches()) == ("blocked", "approved", before)
    assert "and under [books] of sources.toml where it is closed there" in said["words"]
    path.write_text(text, encoding="utf-8")
    assert (typed("ann", "post").code, desk.batches()) == (0, before + 1)
