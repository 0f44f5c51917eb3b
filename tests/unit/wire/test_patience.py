"""How long a service asks to wait, in every spelling of its headers."""

from __future__ import annotations

import datetime as dt

import pytest

from recon.wire.patience import asked_wait, longest_draw

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
    ({"retry-after": "soon"}, None),
    ({"retry-after": ""}, None),
    ({"retry-after": "-5"}, None),
    ({"retry-after": "99999999"}, None),
    ({"x-ia-minute-rate-limit-remaining": "0"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("headers", "wait"), WAITS)
def test_the_longest_wait_of_all_headers_is_read(headers: dict[str, str], wait: float | None) -> None:
    assert asked_wait(429, headers, NOW) == wait


def test_beside_a_success_a_limit_counts_only_while_it_is_used_up() -> None:
    told = {"x-ia-minute-rate-limit-retryafter": "9"}

    assert asked_wait(200, told | {"x-ia-minute-rate-limit-remaining": "0"}, NOW) == 9.0
    assert asked_wait(200, told | {"x-ia-minute-rate-limit-remaining": "12"}, NOW) is None
    assert asked_wait(200, told | {"x-ia-hour-rate-limit-remaining": "12"}, NOW) == 9.0
    assert asked_wait(200, told, NOW) == 9.0
    assert asked_wait(429, told | {"x-ia-minute-rate-limit-remaining": "12"}, NOW) == 9.0


def test_draws_grow_by_two_up_to_the_longest() -> None:
    assert [longest_draw(0.5, 3.0, failures) for failures in (1, 2, 3, 4, 5000)] == [0.5, 1.0, 2.0, 3.0, 3.0]
