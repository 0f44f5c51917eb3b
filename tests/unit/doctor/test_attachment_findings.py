"""Attachments that the policy names: whether they, or the folder for them, stand in the ledger that is posted to."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from make_attachments import HeldAttachments

from recon.doctor.attachments import attachment_findings
from recon.doctor.findings import Finding
from recon.policy import PostingPolicy
from recon.wire import Refused


def found(held: HeldAttachments, **policy: Any) -> list[Finding]:
    return asyncio.run(attachment_findings("intacct_rest", held, PostingPolicy(**policy)))


def test_entries_without_an_attachment_ask_nothing() -> None:
    held = HeldAttachments()

    assert found(held) == []
    assert held.asked == []


@pytest.mark.parametrize(
    ("policy", "made"),
    [
        (
            {"attachment_folder": "Reconciliations"},
            "folder Reconciliations stands, and post makes RECON-{run_id} in it",
        ),
        ({"attachment": "CLOSE-{period}"}, "post looks CLOSE-{period} up"),
        ({"attachment": "STANDING"}, "post looks STANDING up"),
    ],
)
def test_what_stands_or_may_be_looked_up_is_well(policy: dict[str, str], made: str) -> None:
    (one,) = found(HeldAttachments("STANDING"), **policy)

    assert (one.check, one.state) == ("intacct_rest: attachments", "well")
    assert one.said == f"they can be looked up; {made}"


@pytest.mark.parametrize("name", ["attachment", "attachment_folder"])
def test_what_does_not_stand_is_wrong_with_its_mend(name: str) -> None:
    (one,) = found(HeldAttachments("STANDING"), **{name: "GONE"})

    assert (one.state, one.exit_code) == ("wrong", 1)
    assert one.said == f"GONE, which policy.toml names as {name}, does not stand in Intacct"
    assert one.mend == f"make it there, or mend {name} under [posting]"


def test_a_right_that_lacks_is_told_in_the_words_of_the_fault() -> None:
    class Closed(HeldAttachments):
        async def stands(self, number: str) -> bool:
            raise Refused("Intacct does not allow reading attachments; give the user that permission")

    (one,) = found(Closed(), attachment_folder="Reconciliations")

    assert (one.state, one.mend) == ("wrong", "give the user that permission")
