"""Hostile schedules through the real clients: nothing lost, nothing doubled that is not found; the many are heavy."""

from __future__ import annotations

import json

import pytest

from recon.bench.posting.campaign import Campaign, as_line, run_campaign, run_campaign_on
from recon.bench.posting.switches import FAULTS

SAMPLE, MANY = 48, 10_000


def test_a_sample_of_schedules_comes_out_right_and_is_the_same_again() -> None:
    campaign = run_campaign(SAMPLE, 5)
    facts = json.loads(as_line(campaign))

    assert campaign.flaws() == []
    assert (facts["schedules"], facts["lost"], facts["unsent_events"]) == (SAMPLE, 0, 0)
    assert facts["once"] > SAMPLE // 2
    assert facts["crashes"] > 0
    assert len(facts["by"]) == 16
    assert run_campaign(16, 5).told()["by"] == run_campaign(16, 5).told()["by"]


def test_without_a_single_fault_every_entry_is_booked_once() -> None:
    whole = run_campaign(16, 3, without=FAULTS).whole

    assert (whole.once, whole.refused, whole.lost, whole.doubled) == (whole.entries, 0, 0, 0)


def test_the_campaign_tells_what_must_not_be() -> None:
    campaign = Campaign(1, run_campaign(16, 3, without=FAULTS).by_switches)
    assert campaign.flaws() == []

    campaign.by_switches["rest/draft/none"].doubled = 1
    campaign.by_switches["xml/direct/none"].failures.append("seed 1: doubled, and nobody is told")

    assert sorted(campaign.flaws()) == ["rest/draft/none: 1 entries doubled", "seed 1: doubled, and nobody is told"]


@pytest.mark.heavy
def test_ten_thousand_schedules_come_out_right() -> None:
    campaign = run_campaign_on(2, MANY, 1)

    assert campaign.flaws() == []
    assert campaign.whole.schedules == MANY


@pytest.mark.heavy
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_alone_comes_out_right(fault: str) -> None:
    others = tuple(one for one in FAULTS if one != fault)

    assert run_campaign(160, 1, without=others).flaws() == []
