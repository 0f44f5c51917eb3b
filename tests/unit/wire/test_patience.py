"""How long a service asks to wait, in every spelling of its headers."""

from __future__ import annotations

import datetime as dt

import pytest

from recon.wire.patience import asked_wait, longest_draw

UNREADABLE = 31.0
NOW = dt.datetime(2026, 3, 3, 12, 0, 0, tzinfo=dt.UTC)
EPOCH = int(NOW.timestamp())

WAITS = [
    ({"retry-after": "7"}, 7.0),
    ({"retry-after": " 1.5 "}, 1.5),
    ({"retry-after": "0"}, 0.0),
    ({"retry-after": "Tue, 03 Mar 2026 12:00:30 GMT"}, 30.0),
    ({"retry-after": "2026-03-03T12:00:30Z"}, 30.0),
    ({"retry-after": "Tue, 03 Mar 2026 11:00:00 GMT"}, 0.0),
    ({"retry-after": "Tue, 03 Mar 2026 13:00:30 GMT", "date": "Tue, 03 Mar 2026 13:00:00 GMT"}, 30.0),
    ({"retry-after": str(EPOCH + 12)}, 12.0),
    ({"retry-after": str((EPOCH + 12) * 1000)}, 12.0),
    ({"X-IA-Throttle-Limit-RetryAfter": "9"}, 9.0),
    ({"x-ia-tenant-throttle-limit-retry-after": "9"}, 9.0),
    ({"x-ia-retry": "4", "retry-after": "2", "x-ia-hour-rate-limit-retryafter": "60"}, 60.0),
    ({"retry-after": "3, 3"}, 3.0),
    ({"retry-after": "3,90 , 4"}, 90.0),
    ({"retry-after": "Tue, 03 Mar 2026 12:00:30 GMT, Tuesday, 03-Mar-26 12:00:40 GMT"}, 40.0),
    ({"retry-after": "2, Tue, 03 Mar 2026 12:00:30 GMT"}, 30.0),
    ({"retry-after": "3s"}, 3.0),
    ({"retry-after": "3 seconds"}, 3.0),
    ({"retry-after": "1500ms"}, 1.5),
    ({"retry-after": "2 min"}, 120.0),
    ({"retry-after": "+30"}, 30.0),
    ({"retry-after": "30; come back later"}, 30.0),
    ({"retry-after": "00:01:05"}, 65.0),
    ({"retry-after": "700000"}, 700_000.0),
    ({"retry-after": "Tue, 17 Mar 2026 12:00:00 GMT"}, 14 * 86_400.0),
    ({"retry-after": "9" * 400}, 366 * 86_400.0),
    ({"retry-after": "-5"}, 0.0),
    ({"retry-after": "soon"}, UNREADABLE),
    ({"retry-after": "2, soon"}, UNREADABLE),
    ({"retry-after": "32/13/2026"}, UNREADABLE),
    ({"retry-after": ""}, None),
    ({"retry-after": " ; , "}, None),
    ({"x-ia-minute-rate-limit-remaining": "0"}, None),
    ({}, None),
]


def asked(status: int, headers: dict[str, str]) -> float | None:
    return asked_wait(status, headers, NOW, unreadable=UNREADABLE)


@pytest.mark.parametrize(("headers", "wait"), WAITS)
def test_the_longest_wait_of_all_headers_is_read(headers: dict[str, str], wait: float | None) -> None:
    assert asked(429, headers) == wait


def test_words_that_nobody_can_read_ask_for_nothing_where_nobody_is_asked_to_wait() -> None:
    assert asked(200, {"retry-after": "soon"}) is None
    assert asked(404, {"x-ia-retry": "n/a"}) is None
    assert asked(503, {"retry-after": "soon"}) == UNREADABLE


def test_beside_a_success_a_limit_counts_only_while_it_is_used_up() -> None:
    told = {"x-ia-minute-rate-limit-retryafter": "9"}

    assert asked(200, told | {"x-ia-minute-rate-limit-remaining": "0"}) == 9.0
    assert asked(200, told | {"x-ia-minute-rate-limit-remaining": "12"}) is None
    assert asked(200, told | {"x-ia-hour-rate-limit-remaining": "12"}) == 9.0
    assert asked(200, told) == 9.0
    assert asked(429, told | {"x-ia-minute-rate-limit-remaining": "12"}) == 9.0


def test_draws_grow_by_two_up_to_the_longest() -> None:
    assert [longest_draw(0.5, 3.0, failures) for failures in (1, 2, 3, 4, 5000)] == [0.5, 1.0, 2.0, 3.0, 3.0]
