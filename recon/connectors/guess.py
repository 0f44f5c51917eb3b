"""Which heading is which canonical column: by its name, checked against the values under it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl
from rapidfuzz import fuzz
from scipy.optimize import linear_sum_assignment

from recon.connectors.detect import Sight, amount_share, date_share, share
from recon.connectors.profiles import NumberStyle
from recon.connectors.vocabulary import BRANDS, MEANINGS, NAMES, meaning_of, plain_heading

_SURE, _CLOSE, _POSSIBLE = 82.0, 70.0, 58.0
_STEEP = 8  # one clear name is worth more than two vague ones
_DATES = {
    "business_date", "completed_at", "created_at", "batch_date", "deposit_date", "check_date", "period_start",
    "period_end", "posting_date", "modified_at",
}  # fmt: skip
_AMOUNTS = {
    "total", "amount", "tip", "fee", "sales", "refunds", "chargebacks", "reversals", "fees", "adjustments", "net",
    "hours", "debit", "credit", "opening", "debits", "credits", "closing",
}  # fmt: skip
_IDS = {"ticket_id", "payment_id", "deposit_id", "line_id"}


@dataclass(frozen=True)
class Seen:
    """One column of the file: its heading in plain words and what its values are like."""

    heading: str
    plain: str
    kind: str  # date, amount, card, text, blank
    unique: float  # different values among the filled ones
    filled: float
    words: tuple[str, ...]  # the different values, if they are few
    digits: int  # length of the values if all are digits of one length


@dataclass(frozen=True)
class Guess:
    """A heading for a canonical column, with the reason for doubt, if any."""

    position: int
    doubt: str = ""


def see(sight: Sight, order: str, style: NumberStyle) -> list[Seen]:
    """Every column of the file, with what its values are like."""
    return [
        _seen(heading, sight.column(n), sight.rows.height, order, style) for n, heading in enumerate(sight.headings)
    ]


def _seen(heading: str, cells: pl.Series, rows: int, order: str, style: NumberStyle) -> Seen:
    sample = cells.head(3000)
    different = sample.unique(maintain_order=True)
    lengths = different.str.len_chars().unique() if len(different) else different
    is_digits = len(different) > 0 and bool(different.str.contains(r"^\d+$").all())
    return Seen(
        heading,
        plain_heading(heading),
        _kind(sample, order, style),
        len(different) / max(1, len(sample)),
        len(cells) / max(1, rows),
        tuple(different.to_list()) if len(different) <= 40 else (),
        int(lengths[0]) if is_digits and len(lengths) == 1 else 0,
    )


def _kind(cells: pl.Series, order: str, style: NumberStyle) -> str:
    if cells.is_empty():
        return "blank"
    if cells.str.contains(r"^(?:[\dXx*•#-]{0,7}[Xx*•#]{2,}[\dXx*•# -]*)\d{4}$").all():
        return "card"
    if date_share(cells, order) >= 0.9:
        return "date"
    mark = r"[\d]\." if style.decimal == "." else r"\d,"
    if amount_share(cells, style) >= 0.9 and share(cells.str.contains(rf"{mark}\d|[$€£(]")) > 0.3:
        return "amount"
    return "number" if amount_share(cells, style) >= 0.95 else "text"


@lru_cache(maxsize=4096)
def name_score(plain: str, names: tuple[str, ...]) -> float:
    """How well a heading reads as one of the names, 0 to 100; earlier names count a little more."""
    best = 0.0
    squeezed = plain.replace(" ", "")
    for n, name in enumerate(names):
        other = plain_heading(name)
        if squeezed == other.replace(" ", "") or squeezed == name.replace(" ", ""):
            score = 100.0
        else:
            tokens, wanted = set(plain.split()), set(other.split())
            score = max(fuzz.token_sort_ratio(plain, other), fuzz.ratio(squeezed, other.replace(" ", ""))) * 0.9
            if wanted and wanted <= tokens:
                score = max(score, 92.0 - 6.0 * (len(tokens) - len(wanted)))
            elif tokens and tokens <= wanted:
                score = max(score, 84.0 - 8.0 * (len(wanted) - len(tokens)))
        best = max(best, score - min(n, 12) * 0.9)
    return best


def score(column: str, frame: str, seen: Seen) -> float:
    """How well a column of the file fits a canonical column: by its name, if its values allow it at all."""
    named = name_score(seen.plain, NAMES[frame][column])
    if seen.kind == "blank":
        return named if named >= _SURE else 0.0
    if (column in _DATES) != (seen.kind == "date"):
        return 0.0
    if column in _AMOUNTS and seen.kind != "amount" and (seen.kind != "number" or named < _CLOSE):
        return 0.0
    if column not in _AMOUNTS and seen.kind == "amount":
        return 0.0
    if seen.kind == "card":
        return max(named, 90.0) if column in ("card_last4", "bank_last4") else 0.0
    return named + _value_bonus(column, frame, seen)


def _value_bonus(column: str, frame: str, seen: Seen) -> float:
    """What the values add to the name, or take from it."""
    if column == "kind":
        return _meaning_bonus(column, f"{frame}.kind" if f"{frame}.kind" in MEANINGS else "kind", seen)
    if column in ("tender", "check_type", "normal_balance", "fee_billing", "group"):
        return _meaning_bonus(column, column, seen)
    if column == "brand":
        known = _share(seen.words, lambda word: word.lower() in BRANDS)
        return 45.0 * known if known > 0.5 else -40.0
    return _shape_bonus(column, seen)


def _shape_bonus(column: str, seen: Seen) -> float:
    """What length, variety and look of the values say, as a bonus if they fit and a malus if not."""
    fits, bonus, malus = True, 0.0, 0.0
    if column in _IDS:
        fits, bonus, malus = seen.unique > 0.97, 8.0, 45.0
    elif column == "merchant_id":
        fits, bonus, malus = 9 <= seen.digits <= 16 and seen.unique < 0.5, 25.0, 10.0
    elif column == "bank_last4":
        fits, bonus, malus = seen.digits > 0, 10.0, 60.0
    elif column == "currency":
        is_code = bool(seen.words) and all(len(word) == 3 and word.isalpha() for word in seen.words)
        fits, bonus, malus = is_code, 40.0, 60.0
    elif column in ("location", "store_ids", "journal", "department", "account"):
        fits, bonus, malus = seen.unique < 0.5 or seen.filled < 1 or bool(seen.words), 4.0, 4.0
    return bonus if fits else -malus


def _meaning_bonus(column: str, checked: str, seen: Seen) -> float:
    if not seen.words or seen.digits:
        return -40.0
    if column == "kind" and checked == "kind":
        is_kind = any(meaning_of(word, "kind") == "return" for word in seen.words) or {"sale"} & {
            w.lower() for w in seen.words
        }
        return 25.0 if is_kind and len(seen.words) <= 6 else -40.0
    if column == "check_type":
        said = any(meaning_of(word, checked) != "regular" for word in seen.words) or "regular" in map(
            str.lower, seen.words
        )
        return 10.0 if said and len(seen.words) <= 6 else -40.0
    share = _share(seen.words, lambda word: meaning_of(word, checked) is not None)
    return 30.0 * share if share >= 0.6 else -30.0


def _share(words: Sequence[str], holds: Callable[[str], bool]) -> float:
    return sum(holds(word) for word in words) / len(words) if words else 0.0


def assign(
    frame: str, columns: Sequence[str], seen: Sequence[Seen], taken: frozenset[int] = frozenset()
) -> dict[str, Guess]:
    """The best heading for each canonical column, each heading used once; doubtful ones say why."""
    scores = np.array(
        [[0.0 if n in taken else score(column, frame, one) for n, one in enumerate(seen)] for column in columns]
    )
    if not scores.size:
        return {}
    rows, places = linear_sum_assignment((np.where(scores >= _POSSIBLE, scores, 0.0) / 100) ** _STEEP, maximize=True)
    found: dict[str, Guess] = {}
    used = {int(place) for row, place in zip(rows, places, strict=True) if scores[row, place] >= _POSSIBLE}
    for row, place in zip(rows, places, strict=True):
        value = scores[row, place]
        if value >= _POSSIBLE:
            found[columns[row]] = Guess(int(place), _doubt(scores[row], int(place), used, seen))
    return found


def _doubt(scores: np.ndarray, place: int, used: set[int], seen: Sequence[Seen]) -> str:
    """Why a guess may be wrong; empty if it is clear."""
    rivals = [
        n
        for n, value in enumerate(scores)
        if n != place and n not in used and value >= scores[place] - 6 and value >= _POSSIBLE
    ]
    if rivals:
        return f"{seen[rivals[0]].heading!r} fits as well"
    if scores[place] < _SURE:
        return "the heading is not a usual name for it"
    return ""
