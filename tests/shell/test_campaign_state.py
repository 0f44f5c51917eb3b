"""Races on one approval, and tamperings of the trail, on SQLite and on PostgreSQL: a sample of each, all when asked."""

from __future__ import annotations

import pytest
from bench.races import race
from bench.tampering import CLASSES, ONLY_WITH_HEAD, tamper
from conftest import TEST_ALL, StatePlace


def assert_fair(place: StatePlace, races: int, seed: int) -> None:
    raced = race(place.workspace, place.environ, races, seed)

    assert (raced.won, raced.faults, raced.unlike, raced.trail_breaks) == (races, (), 0, None)
    assert raced.told_stale == raced.approvals_tried - races > 0


def test_of_people_who_approve_at_once_exactly_one_wins(state_place: StatePlace) -> None:
    assert_fair(state_place, 500 if TEST_ALL else 50, seed=5)


@pytest.mark.heavy
def test_of_people_who_approve_at_once_exactly_one_wins_ten_thousand_times(state_place: StatePlace) -> None:
    assert_fair(state_place, 10_000, seed=5)


def assert_seen(place: StatePlace, count: int, seed: int) -> None:
    done = tamper(place.open(), count, seed)

    assert len(CLASSES) == 18
    assert done.made.keys() == CLASSES.keys()
    assert done.seen == done.made
    # What the chain alone cannot show: these two, and nothing else.
    assert {name: done.seen_alone[name] for name in ONLY_WITH_HEAD} == dict.fromkeys(ONLY_WITH_HEAD, 0)
    assert {name: seen for name, seen in done.seen_alone.items() if name not in ONLY_WITH_HEAD} == {
        name: made for name, made in done.made.items() if name not in ONLY_WITH_HEAD
    }


def test_tamperings_of_the_trail_by_direct_sql_are_seen(state_place: StatePlace) -> None:
    assert_seen(state_place, 180, seed=7)


@pytest.mark.heavy
def test_ten_thousand_tamperings_of_each_database_are_seen(state_place: StatePlace) -> None:
    assert_seen(state_place, 10_000, seed=7)
