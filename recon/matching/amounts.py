"""How two amounts relate: equal, nearly so, less a fee, or miswritten; over many pairs of integer cents at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from recon.errors import check
from recon.matching.fees import Fee, fee_of

Cents = NDArray[np.int64]
Mask = NDArray[np.bool_]

# In order of precedence: what happens least by accident comes first. A code is a place in this list.
Relation = Literal[
    "none",
    "equal",
    "within_tolerance",
    "fee_netted",
    "transposition",
    "decimal_slip",
    "sign_flip",
    "fee_capped",
    "amount_other",
]
RELATIONS: Final[tuple[Relation, ...]] = get_args(Relation)
_POWERS = (10, 100, 1000, 10_000)
_SMALLEST_SLIP = 10  # cents: below it, every digit would do
_DIGITS = 17  # that an amount may have
_PART = (4, 5)  # of the larger amount: another amount under one document, and a gross less a capped fee
_LARGEST = 2**60  # five times as much fits into 64 bits
_MOST_PARTS = 2**31  # of a rate, so that their square does


def amount_relation(
    left: Cents,
    right: Cents,
    *,
    fees: Sequence[Fee] = (),
    tolerance_cents: int = 0,
    tolerance_rate: Decimal = Decimal(0),
    relations: Sequence[Relation] = RELATIONS,
) -> NDArray[np.int8]:
    """The code in RELATIONS of each pair of amounts in cents: the first of `relations` that holds, else none.

    Every relation but equal and sign_flip wants the same sign and no zero. `fee_netted` and `fee_capped` read
    the left amount as net and the right one as gross: net = gross less what one of
    the fees makes of it, or less up to the cap and a fifth of the gross. The tolerance counts up to and including
    `tolerance_cents`, or `tolerance_rate` of the larger size, whichever allows more. `amount_other` is
    another amount of at least four fifths; it says nothing without a document.

    Raises: InvariantBroken if an amount or a denominator of a rate is too large for 64 bits.
    """
    parts = max(rate.as_integer_ratio()[1] for rate in (tolerance_rate, *(fee.rate for fee in fees)))
    largest = int(max(np.abs(left).max(initial=0), np.abs(right).max(initial=0)))
    check(largest < _LARGEST, "an amount is too large to be compared", cents=largest)
    check(parts < _MOST_PARTS, "a rate has too many decimal places", parts=parts)
    alike = (np.sign(left) == np.sign(right)) & (left != 0)
    rules: dict[Relation, Callable[[], Mask]] = {
        "equal": lambda: left == right,
        "within_tolerance": lambda: alike & _is_within(left, right, tolerance_cents, tolerance_rate),
        "fee_netted": lambda: alike & _is_net(left, right, fees),
        "transposition": lambda: are_transposed(left, right),
        "decimal_slip": lambda: are_slipped(left, right),
        "sign_flip": lambda: (left == -right) & (left != 0),
        "fee_capped": lambda: alike & _is_below_cap(left, right, fees) & _is_large_part(left, right),
        "amount_other": lambda: alike & _is_large_part(left, right),
    }
    found = np.zeros(len(left), dtype=np.int8)
    for code, name in reversed([*enumerate(RELATIONS)][1:]):
        if name in relations:
            found[rules[name]()] = code
    return found


def are_transposed(left: Cents, right: Cents) -> Mask:
    """True where two neighbouring digits are swapped, a leading zero being a digit, and the sign is the same.

    What a slipped point explains is no swap.
    """
    alike = (np.sign(left) == np.sign(right)) & (left != 0)
    first, second = np.abs(left), np.abs(right)
    gap = np.abs(first - second)
    found = np.zeros(len(left), dtype=np.bool_)
    for place in range(_DIGITS):
        low = 10**place
        reached = alike & (gap > 0) & (gap % (9 * low) == 0) & (gap < 100 * low)
        if not reached.any():
            continue
        units, tens = first // low % 10, first // (10 * low) % 10
        found |= reached & (first + (units - tens) * 9 * low == second)
    return found & ~are_slipped(left, right)  # 10.00 for 100.00 is a point that slipped, not a one that moved


def are_slipped(left: Cents, right: Cents) -> Mask:
    """True where the amounts differ by a power of ten, cents that fell off aside, and the sign is the same."""
    alike = (np.sign(left) == np.sign(right)) & (left != 0)
    small, large = (pick(np.abs(left), np.abs(right)) for pick in (np.minimum, np.maximum))
    slipped = np.zeros(len(left), dtype=np.bool_)
    for power in _POWERS:  # |large - small * power| < power, without a product that large amounts would burst
        slipped |= (large // power <= small) & ((large - 1) // power >= small - 1)
    found: Mask = alike & (small >= _SMALLEST_SLIP) & slipped
    return found


def is_decimal_slip(expected: int, actual: int) -> bool:
    """`are_slipped` for one pair, where arrays would cost more than the answer."""
    small, large = sorted((abs(expected), abs(actual)))
    alike = (expected > 0) == (actual > 0) and small >= _SMALLEST_SLIP
    return alike and any(abs(large - small * power) < power for power in _POWERS)


def is_transposition(expected: int, actual: int) -> bool:
    """`are_transposed` for one pair, where arrays would cost more than the answer."""
    first, second = abs(expected), abs(actual)
    gap = abs(first - second)
    if not gap or gap % 9 or not expected or not actual or (expected > 0) != (actual > 0):
        return False
    low = 1
    while gap >= 100 * low:
        low *= 10
    while gap % (9 * low) == 0:
        units, tens = first // low % 10, first // (10 * low) % 10
        if first + (units - tens) * 9 * low == second:
            return not is_decimal_slip(expected, actual)
        low *= 10
    return False


def net_of(gross: Cents, fee: Fee) -> Cents:
    """What is left of each gross amount, a deposit of one line, after the fee, in cents; a fee makes it less."""
    net: Cents = gross - fee_of(gross[:, None], fee)
    return net


def digits_of(amounts: Cents) -> Cents:
    """One number per amount that tells its digits but neither their order, nor zeros, nor the sign.

    Amounts of which one is the other with digits swapped, the point slipped or the sign flipped have one
    number; six bits count each digit from 1 to 9.
    """
    left, found = np.abs(amounts), np.zeros(len(amounts), dtype=np.int64)
    while left.any():
        left, digit = np.divmod(left, 10)
        found += np.where(digit > 0, np.left_shift(np.int64(1), 6 * np.maximum(digit - 1, 0)), 0)
    return found


def swapped_places(first: int, second: int) -> tuple[int, int]:
    """Which two digits of a transposed amount are swapped, counted from the left of the longer amount, from 1."""
    one, other = (str(abs(cents)) for cents in (first, second))
    width = max(len(one), len(other))
    at = next(place for place in range(width) if one.zfill(width)[place] != other.zfill(width)[place])
    return at + 1, at + 2


def _is_within(left: Cents, right: Cents, cents: int, rate: Decimal) -> Mask:
    times, parts = rate.as_integer_ratio()
    gap = np.abs(left - right)
    whole, rest = np.divmod(np.maximum(np.abs(left), np.abs(right)), parts)
    within: Mask = (gap <= cents) | (gap <= whole * times + rest * times // parts)
    return within


def _is_net(net: Cents, gross: Cents, fees: Sequence[Fee]) -> Mask:
    exact = np.zeros(len(net), dtype=np.bool_)
    for fee in fees:
        exact |= (net < gross) & (net_of(gross, fee) == net)
    return exact


def _is_below_cap(net: Cents, gross: Cents, fees: Sequence[Fee]) -> Mask:
    below: Mask = (net < gross) & (gross - net <= max((fee.cap for fee in fees), default=0))
    return below


def _is_large_part(left: Cents, right: Cents) -> Mask:
    part, whole = _PART
    small, large = (pick(np.abs(left), np.abs(right)) for pick in (np.minimum, np.maximum))
    enough: Mask = small * whole >= large * part
    return enough
