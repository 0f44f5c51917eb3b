"""An attachment stands before the entry that names it leaves: looked up once, made once, or told to be absent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from make_attachments import FOLDER, PACK, HeldAttachments, lost, never_arrived
from make_corrections import content, correction

from recon.errors import DataError
from recon.intacct.attachments import AttachedFile
from recon.intacct.entries import Outcome
from recon.lifecycle import Correction
from recon.posting.attaching import LARGEST, Attaching, Outlook

FEE = correction(content=content("6400 12.00 101", "1250 -12.00 101"))
ID = "RECON-0123456789ab"


def pack(_: Correction) -> Sequence[AttachedFile]:
    return PACK


def attaching(held: HeldAttachments, folder: str | None = FOLDER, **more: Any) -> Attaching:
    async def at_once(_seconds: float) -> None:
        pass

    told: dict[str, Any] = {"pack": pack, "lock": lambda _: contextlib.nullcontext(enter_result=True)}
    return Attaching(held, folder, **{**told, "pause": at_once, **more})


def objection(one: Attaching, number: str | None = ID) -> str | None:
    return asyncio.run(one.objection(FEE, number))


def test_an_attachment_that_stands_is_looked_up_once_for_all_entries_of_a_run() -> None:
    held = HeldAttachments(ID)
    one = attaching(held, folder=None)

    assert (objection(one), objection(one)) == (None, None)
    assert held.asked == [ID]
    assert objection(one, None) is None


def test_what_does_not_stand_is_told_with_the_two_ways_to_mend_it() -> None:
    held = HeldAttachments()
    one = attaching(held, folder=None)

    told = objection(one)

    assert told == (
        f"attachment {ID} does not stand in Intacct: make it there, or name under [posting] in policy.toml an "
        "attachment_folder in which recon makes it; then post again"
    )
    assert objection(one) == told
    assert held.asked == [ID]


@pytest.mark.parametrize("answers", [None, lost])
def test_where_a_folder_is_named_it_is_made_of_the_pack_once_and_believed_when_it_is_seen(answers: Any) -> None:
    held = HeldAttachments(answers=answers)
    one = attaching(held)

    assert (objection(one), objection(one)) == (None, None)
    (made,) = held.made
    assert (made.id, made.folder, [file.name for file in made.files]) == (ID, FOLDER, ["workpaper.xlsx", "pack.pdf"])
    assert FEE.run_id in made.description


def test_one_that_was_sent_and_does_not_show_holds_every_entry_back_and_is_not_sent_again_in_this_run() -> None:
    held = HeldAttachments(answers=never_arrived)
    one = attaching(held)

    told = objection(one)

    assert told is not None
    assert "yet (the service fell silent): nothing that names it is sent before; post again later" in told
    assert objection(one) == told
    assert len(held.made) == 1


def test_between_two_looks_it_waits_twice_as_long_each_time_and_not_after_the_last_one() -> None:
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    assert "yet" in (objection(attaching(HeldAttachments(answers=never_arrived), pause=pause)) or "")
    assert waited == [1.0, 2.0, 4.0]


def test_a_refusal_is_told_in_the_words_of_the_ledger() -> None:
    held = HeldAttachments(answers=lambda _held, _one: Outcome("refused", reason="no permission to add attachments"))

    told = objection(attaching(held))

    assert told is not None
    assert "it is not made: no permission to add attachments; mend that, then post again" in told


def gone(one: Correction) -> Sequence[AttachedFile]:
    raise DataError(f"the pack of run {one.run_id} does not stand whole in reports")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"pack": gone}, "the pack of run 0123456789ab does not stand whole in reports"),
        ({"pack": lambda _: [AttachedFile("workpaper.xlsx", bytes(LARGEST + 1))]}, "more than the 20 MB that recon"),
        ({"folder": "Elsewhere"}, "Intacct has no folder Elsewhere for attachments: make it there"),
    ],
)
def test_what_cannot_be_made_is_not_tried(more: dict[str, Any], words: str) -> None:
    held = HeldAttachments()
    one = attaching(held, **more)

    told = objection(one)

    assert told is not None
    assert words in told
    assert held.made == []
    assert asyncio.run(one.outlook(FEE, ID)) == Outlook(told)


def test_a_dry_run_says_what_would_be_made_and_makes_nothing() -> None:
    held = HeldAttachments()

    told = asyncio.run(attaching(held).outlook(FEE, ID))

    assert told == Outlook(makes=f"attachment {ID} is made in folder {FOLDER} of workpaper.xlsx and pack.pdf")
    assert held.made == []
    assert asyncio.run(attaching(HeldAttachments(ID)).outlook(FEE, ID)) == Outlook()
    assert asyncio.run(attaching(held).outlook(FEE, None)) == Outlook()


def test_while_another_process_makes_it_this_one_waits_until_it_is_seen() -> None:
    held = HeldAttachments()
    waits: list[float] = []

    async def other_works(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            held.stand.append(ID)

    one = attaching(held, lock=lambda _: contextlib.nullcontext(enter_result=False), pause=other_works)

    assert objection(one) is None
    assert (held.made, waits) == ([], [1.0, 2.0])


def test_what_another_process_made_between_the_look_and_the_lock_is_not_made_again() -> None:
    held = HeldAttachments()

    @contextlib.contextmanager
    def lock(_name: str) -> Iterator[bool]:
        held.stand.append(ID)
        yield True

    assert objection(attaching(held, lock=lock)) is None
    assert held.made == []


def test_entries_of_two_runs_have_an_attachment_each() -> None:
    held = HeldAttachments()
    one = attaching(held)
    other = replace(FEE, run_id="ba9876543210")

    assert objection(one) is None
    assert asyncio.run(one.objection(other, "RECON-ba9876543210")) is None
    assert held.stand == [ID, "RECON-ba9876543210"]
