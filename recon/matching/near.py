"""Passes over near matches: amounts that differ for a reason which has a name, where documents or words agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import log1p
from typing import Annotated, Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import AfterValidator, with_config

from recon.matching.allowed import Charge, Columns, Count, Days, Name, Rate, Share, Switch, each_once, some
from recon.matching.amounts import RELATIONS, Relation, amount_relation, digits_of, net_of, swapped_places
from recon.matching.assignment import Assigned, Twins, as_judged, assign_pairs, pair_numbers, twins
from recon.matching.blocks import blocked_pairs
from recon.matching.booked import FeeSides
from recon.matching.claims import STRICT, Claims, Open, claims_of
from recon.matching.fees import Fee, LearnedFee, fee_seen, grain_of, units_of
from recon.matching.lines import spoken
from recon.matching.nearest import (
    MISSPELT_REFERENCE,
    NEVER,
    NO_REFERENCE,
    NO_TEXT,
    OTHER_REFERENCE,
    OTHER_TEXT,
    SAME_REFERENCE,
    Confirm,
    Doubt,
    days_doubt,
    relation_of,
)
from recon.matching.numbers import numbers_in_text, numbers_of
from recon.matching.texts import Vocabulary, agreed_texts, rare_tokens, score_pairs
from recon.matching.wording import of_channel, tie_words
from recon.money import accounting, from_cents

Trait = Literal[
    "within_tolerance", "fee_netted", "transposition", "decimal_slip", "sign_flip", "fee_capped", "amount_other"
]

# Points of doubt of each relation of amounts: the more of them hold by accident, the more doubt.
RELATION_COST: Final[dict[Relation, int]] = {
    "within_tolerance": 5,
    "fee_netted": 0,
    "transposition": 10,
    "decimal_slip": 20,
    "sign_flip": 20,
    "fee_capped": 20,
    "amount_other": 40,
}
NO_DATE = 15
_RULES: dict[Relation, str] = {
    "decimal_slip": "the decimal point slipped",
    "sign_flip": "the sign is the opposite",
    "amount_other": "another amount under one reference",
}
_BY_KEYS = ("within_tolerance", "fee_netted", "transposition")  # what equal keys may carry without words
_BY_MISSPELT = (*_BY_KEYS, "decimal_slip", "sign_flip")  # numbers come in sequence: 10214 may be 10215's neighbour
_BY_TEXT = (*_BY_MISSPELT, "fee_capped")  # another amount altogether needs the document's own number
_EDITS = 1
_SHORTEST_MISSPELT = 5
_MOST_IN_BLOCK = 100_000
_SIGN = (SAME_REFERENCE, MISSPELT_REFERENCE, NO_REFERENCE, OTHER_REFERENCE)
_SAME, _MISSPELT, _MISSING = 0, 1, 2
_NUMBER = ("number",)  # the block of lines of which the text of the one names the reference of the other
_ROUND_FEE = 50  # cents: banks charge round amounts, so that another difference below the cap needs a document


@with_config(STRICT)
@dataclass(frozen=True)
class Near:
    """Pairs whose amounts differ by one of `causes`, carried by a document, by words or by keys that agree.

    Candidates agree on currency and the columns of `agree`; the right date is at most `before` days earlier
    and `after` days later than the left one. A pair needs the same reference (which may stand in the text of
    one of them), or, for causes that hardly hold by accident, a reference misspelt by one edit, texts that
    agree (`least_text` and more) or equal columns of `agree`. A line without a date needs the same reference.
    `amount_other` (four fifths and more) needs the same reference in every case.

    A fee is taken from the gross: the amount of the `net` side is the smaller one. `fee_netted` wants the
    formula of `fee` to the cent, or with `learn_fees` a schedule that all lines together show; `fee_capped` only
    the cap of `fee`. Where the gross side has an open line of just the missing amount, on the day of its gross or
    under a name that one of the pair has, the fee is booked already: the three lines are one set without a
    difference, and with such a line of its day the formula alone carries a suggestion.

    Fees and tolerances are in cents, hundredths of the
    currency, whatever the decimal places of the amounts.

    The pairs of least doubt in total are claimed, as suggestions. A match is only what is in `confirmed`, has
    up to `confirm` points of doubt, and agrees in reference or text, or in keys within the tolerance; the
    difference stays in the group for everybody to see. Several readings within `margin` points are ambiguous.

    Time and memory grow with the candidates: lines under one reference, with words that up to `rare_lines`
    lines of either side have, or with amounts of the same digits. Blocks of more than 100,000 candidates are
    left out: so common a word or amount tells nothing.
    """

    name: Name
    causes: Annotated[tuple[Trait, ...], AfterValidator(some), AfterValidator(each_once)]
    before: Days
    after: Days
    agree: Columns = ()
    fee: Fee | None = None
    learn_fees: Switch = False
    net: Literal["left", "right"] = "left"
    tolerance_cents: Charge = 0
    tolerance_rate: Rate = Decimal(0)
    least_text: Share = 0.4
    rare_lines: Count = 50
    confirmed: tuple[Trait, ...] = ()
    confirm: Confirm = 60
    most: Doubt = 100
    margin: Count = 5
    vocabulary: Vocabulary | None = None  # learned from all open lines
    learned_fees: tuple[LearnedFee, ...] = ()  # so are these
    scale: int = 2  # decimal places of the amounts, learned too

    def learned(self, lines: Open) -> Near:
        """The pass with the words of both sides and, where it asks for them, their fee schedules."""
        fees = (lines.fees_of_left if self.net == "left" else lines.fees_of_right) if self.learn_fees else ()
        agree = lines.spelled(self.agree)
        fee = self.fee and replace(self.fee, scale=lines.scale)
        return replace(self, fee=fee, scale=lines.scale, agree=agree, vocabulary=lines.vocabulary, learned_fees=fees)

    @property
    def schedules(self) -> tuple[Fee, ...]:
        """The fee given, then those learned."""
        return (*([self.fee] if self.fee else ()), *self.learned_fees)

    def find(self, lines: Open) -> Claims:
        """The pairs of least doubt, and the ties."""
        left, right = (frame.with_columns(text=spoken(frame)) for frame in (lines.left, lines.right))
        lefts, rights = twins(left, lines.rejected["left"]), twins(right, lines.rejected["right"])
        pairs = self._candidates(lefts.first, rights.first, lines.rejected)
        fees = self._fee_sides(left, right)
        booked = self._booked(pairs, fees, lines.rejected)
        judged = self._judged(pairs, booked)
        assigned = assign_pairs(judged.select("left", "right", "cost"), lefts, rights, limit=NEVER, margin=self.margin)
        return self._claims(assigned, judged, (lefts, rights), fees, booked)

    def _fee_sides(self, left: pl.DataFrame, right: pl.DataFrame) -> FeeSides:
        base, days = (*self.agree, "currency"), max(self.before, self.after)
        if self.net == "left":
            return FeeSides("left", "right", left, right, base, days)
        return FeeSides("right", "left", right, left, base, days)

    def _booked(self, pairs: pl.DataFrame, fees: FeeSides, rejected: pl.DataFrame) -> pl.DataFrame:
        """The fees of candidates that stand on a line of their own: left, right, fee, same_day, cost."""
        netted = pairs.filter(pl.Series(_is_in(pairs["_relation"].to_numpy(), ("fee_netted", "fee_capped"))))
        booked = fees.booked(netted, self.vocabulary, least=self.least_text)
        apart = rejected.select(**{fees.net: fees.net, "fee": fees.gross})
        return booked.join(apart, on=[fees.net, "fee"], how="anti")

    def _candidates(self, left: pl.DataFrame, right: pl.DataFrame, rejected: pl.DataFrame) -> pl.DataFrame:
        """Pairs inside the window that some block holds and whose amounts have an allowed relation."""
        sides: tuple[list[pl.DataFrame], list[pl.DataFrame]] = [], []
        for number, (one, other, name) in enumerate(self._blocks(left, right)):
            keyed = (_keyed(lines, (*name, *self.agree, "currency"), seed=number) for lines in (one, other))
            for keys, found in zip(sides, keyed, strict=True):
                keys.append(found.with_columns(_named=pl.lit(name == _NUMBER)))
        one, other = (pl.concat(keys).unique() for keys in sides)
        met = blocked_pairs(one, other.drop("_named"), "_key", most=_MOST_IN_BLOCK).pairs
        same = [pl.col(name).eq_missing(pl.col(f"{name}_right")) for name in (*self.agree, "currency")]
        pairs = (
            _each_pair(met, left, right)
            .with_columns(_days=(pl.col("date_right") - pl.col("date")).dt.total_days())
            .filter(*same, pl.col("_days").is_between(-self.before, self.after) | pl.col("_days").is_null())
        )
        if rejected.height:
            pairs = pairs.join(rejected, left_on=["row", "row_right"], right_on=["left", "right"], how="anti")
        net, gross = ("units", "units_right") if self.net == "left" else ("units_right", "units")
        relation = amount_relation(
            pairs[net].to_numpy(),
            pairs[gross].to_numpy(),
            fees=self.schedules,
            tolerance_cents=units_of(self.tolerance_cents, self.scale),
            tolerance_rate=self.tolerance_rate,
            relations=("equal", *self.causes),  # equal amounts are no near match: other passes judged them
        )
        return pairs.with_columns(_relation=pl.Series(relation)).filter(pl.col("_relation") > RELATIONS.index("equal"))

    def _blocks(self, left: pl.DataFrame, right: pl.DataFrame) -> Iterator[_Block]:
        """Rows of both sides, and columns of which some block must be equal in every pair worth a look."""
        yield left.drop_nulls("reference"), right.drop_nulls("reference"), ("reference",)
        columns = [*dict.fromkeys(("row", "reference", *self.agree, "currency"))]
        yield _spellings(left[columns]), _spellings(right[columns]), ("_spelling",)
        if self.vocabulary is not None:
            words = rare_tokens(self.vocabulary, left["text"], right["text"], most_lines=self.rare_lines)
            one, other = (
                lines[said["row"]].hstack([said["token"]]) for lines, said in zip((left, right), words, strict=True)
            )
            yield one, other, ("token",)
        if {"transposition", "decimal_slip", "sign_flip"} & {*self.causes}:
            digits = (frame.with_columns(_d=pl.Series(digits_of(frame["units"].to_numpy()))) for frame in (left, right))
            one, other = (frame.filter(pl.col("_d") != 0) for frame in digits)
            yield one, other, ("_d",)
        for fee in self.schedules if "fee_netted" in self.causes else ():
            gross = right if self.net == "left" else left
            paid = gross.with_columns(units=pl.Series(net_of(gross["units"].to_numpy(), fee)))
            yield *((left, paid) if self.net == "left" else (paid, right)), ("units",)
        if self.fee is not None and self.fee.cap and "fee_capped" in self.causes:
            rest = pl.col("units").mod(_ROUND_FEE * grain_of(self.scale)).alias("_rest")
            one, other = (_bucketed(frame.with_columns(rest), self.fee.cap) for frame in (left, right))
            yield one, other, ("_bucket", "_rest")
        if self.agree and "within_tolerance" in self.causes:
            for one, other in zip(self._within(left), self._within(right), strict=True):
                yield one, other, ("_bucket",)
        texts = [*dict.fromkeys((*columns, "text"))]
        yield numbers_of(left[columns]), numbers_in_text(right[texts]), _NUMBER
        yield numbers_in_text(left[texts]), numbers_of(right[columns]), _NUMBER

    def _within(self, lines: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The lines under buckets of which amounts within the tolerance share one: in cents, then in its share."""
        if tolerance := units_of(self.tolerance_cents, self.scale):
            yield _bucketed(lines, tolerance)
        if self.tolerance_rate:
            yield _in_proportion(lines, self.tolerance_rate)

    def _judged(self, pairs: pl.DataFrame, booked: pl.DataFrame) -> pl.DataFrame:
        """The candidates that something carries, with their doubt; one row a pair, in a fixed order."""
        reference = relation_of(pairs["reference"], pairs["reference_right"], edits=_EDITS)
        in_text = pairs["_named"].to_numpy() & (reference == _MISSING)
        reference = np.where(in_text, _SAME, reference)
        score = (
            np.full(pairs.height, np.nan)
            if self.vocabulary is None
            else score_pairs(self.vocabulary, pairs["text"], pairs["text_right"])
        )
        known = ~np.isnan(score)
        alike = known & (score >= self.least_text)
        vague = np.zeros(pairs.height, dtype=np.bool_)
        if self.vocabulary is not None:
            vague = of_channel(self.vocabulary, (pairs["text"], pairs["text_right"]), alike & (score < 1))
        relation = pairs["_relation"].to_numpy()
        days = pairs["_days"].abs()
        cost = (
            days_doubt(pairs["_days"], (self.before, self.after)).fill_null(NO_DATE).to_numpy()
            + np.array(_SIGN)[reference]
            + np.where(known, np.rint((1 - np.nan_to_num(score)) * OTHER_TEXT), NO_TEXT).astype(np.int64)
            + np.array([RELATION_COST.get(name, 0) for name in RELATIONS])[relation]
        )
        same = reference == _SAME
        carried = same | ((reference == _MISSPELT) & _is_in(relation, _BY_MISSPELT))
        round_gap = ((pairs["units"] - pairs["units_right"]) % (_ROUND_FEE * grain_of(self.scale)) == 0).to_numpy()
        carried |= alike & _is_in(relation, _BY_TEXT) & (round_gap | ~_is_in(relation, ("fee_capped",)))
        carried |= bool(self.agree) & _is_in(relation, _BY_KEYS) & (alike | ~known)
        carried &= same | days.is_not_null().to_numpy()
        # The formula to the cent, and a line of just that fee beside the gross: the three carry each other.
        whole = _are_among(pairs, booked.filter("same_day"))
        by_fee = whole & ~carried & _is_in(relation, ("fee_netted",))
        carried |= by_fee
        agrees = same | alike | (bool(self.agree) & _is_in(relation, ("within_tolerance",)))
        sure = agrees & _is_in(relation, self.confirmed) & (cost <= self.confirm)
        words = [
            pl.when(pl.Series(mask)).then(pl.lit(word))
            for mask, word in (
                (same & ~in_text, "reference"),
                (in_text, "number in the text"),
                (reference == _MISSPELT, "misspelt reference"),
                (alike & ~in_text & ~vague, "text"),
                (alike & ~in_text & vague, "channel word"),
            )
        ]
        keys = pl.lit(", ".join(name.removeprefix("key_") for name in self.agree) or None, pl.String)
        judged = pairs.select(
            left="row", right="row_right", left_units="units", right_units="units_right", relation="_relation",
            left_text="text", right_text="text_right",
        ).with_columns(
            pl.Series("cost", cost),
            pl.Series("sure", sure),
            pl.Series("alike", alike),
            pl.Series("by_fee", by_fee),
            agreed=pl.concat_str(keys, *words, separator=", ", ignore_nulls=True),
        )  # fmt: skip
        return judged.filter(pl.Series(carried) & (pl.col("cost") <= self.most)).sort("left", "right")

    def _claims(
        self, assigned: Assigned, judged: pl.DataFrame, found: tuple[Twins, Twins], fees: FeeSides, booked: pl.DataFrame
    ) -> Claims:
        # What was judged of the first of some twins holds for each of them.
        told = as_judged(assigned.pairs, judged, *found)
        tied = assigned.ties.filter(side=fees.gross)["row"]
        of_fees = fees.claimed(told, booked, pl.concat([told[fees.gross], tied]), margin=self.margin)
        places = pl.Series(range(told.height), dtype=pl.UInt32)
        names = pl.Series(["fee_netted" if name == "fee_capped" else name for name in RELATIONS])
        claimed = told.with_columns(
            kind=pl.when("sure").then(pl.lit("match")).otherwise(pl.lit("suggestion")),
            cause=names.gather(told["relation"]),
            words=self._words(told),
        ).drop("alternatives")  # another pairing of twins is no other reading
        paired = claimed.filter(~places.is_in(of_fees.pairs.implode()) & ~pl.col("by_fee"))
        sets = _tie_sets(assigned.counts)
        start = sets.height
        more = of_fees.sure.join(claimed.with_columns(pair=places), on="pair", maintain_order="left")
        more = more.with_row_index("set", start)
        booked_sets = more.select(
            "set", "agreed",
            kind=pl.when(pl.col("certain") & pl.col("sure")).then(pl.lit("match")).otherwise(pl.lit("suggestion")),
            words=pl.format("{}; the fee is booked already as {}", "words", pl.col("fee_id").cast(pl.String)),
        )  # fmt: skip
        questions = _tie_sets(of_fees.assigned.counts).with_columns(pl.col("set") + start + booked_sets.height)
        every = [claims_of(sets=some).sets for some in (sets, booked_sets, questions)]
        return claims_of(paired, pl.concat([assigned.ties, of_fees.members(start)]), pl.concat(every))

    def _words(self, pairs: pl.DataFrame) -> pl.Series:
        """The rule and what the texts share, one sentence a pair."""
        rules = [
            self._rule(RELATIONS[code], (left, right), (first, second))
            for code, left, right, first, second in pairs.select(
                "relation", "left", "right", "left_units", "right_units"
            ).iter_rows()
        ]
        if self.vocabulary is None:
            return pl.Series(rules, dtype=pl.String)
        shared = agreed_texts(self.vocabulary, pairs["left_text"].fill_null(""), pairs["right_text"].fill_null(""))
        told = zip(rules, shared, pairs["alike"], strict=True)
        return pl.Series([f"{rule}; both name {text}" if alike and text else rule for rule, text, alike in told])

    def _rule(self, relation: Relation, rows: tuple[int, int], units: tuple[int, int]) -> str:
        first, second = units
        if relation == "transposition":
            places = swapped_places(first, second)
            return f"digits {places[0]} and {places[1]} are swapped"
        if relation == "within_tolerance":
            cents = [accounting(from_cents(self.tolerance_cents))] if self.tolerance_cents else []
            rate = [_percent(self.tolerance_rate)] if self.tolerance_rate else []
            return f"within the tolerance of {' or '.join(cents + rate)}"
        if relation == "fee_netted":
            at = 0 if self.net == "left" else 1
            gross = np.array([units[1 - at]], dtype=np.int64)
            fee = next(fee for fee in self.schedules if net_of(gross, fee)[0] == units[at])
            return f"net of a fee of {fee_seen(fee, rows[at])}"
        if relation == "fee_capped" and self.fee is not None:
            return f"net of what may be a fee of up to {accounting(from_cents(self.fee.cap_cents))}"
        return _RULES[relation]


def _each_pair(met: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """The columns of both lines of each pair that was met (row, row_right), once; _named if it was so in some block."""
    numbers = pair_numbers(met["row"], met["row_right"])
    order = np.argsort(numbers, kind="stable")
    begins = np.flatnonzero(np.diff(numbers[order], prepend=-1))
    first = pl.Series(order[begins])
    named = np.logical_or.reduceat(met["_named"].to_numpy()[order], begins) if len(begins) else np.zeros(0, np.bool_)
    one, other = (
        lines[_places(lines["row"], met[row].gather(first))] for lines, row in ((left, "row"), (right, "row_right"))
    )
    other.columns = [f"{name}_right" for name in other.columns]
    return one.hstack(other).hstack([pl.Series("_named", named)])


def _places(rows: pl.Series, wanted: pl.Series) -> pl.Series:
    """Where among the rows each wanted one is."""
    at = np.zeros(int(rows.max() or 0) + 1, dtype=np.int64)  # type: ignore[arg-type]
    at[rows.to_numpy()] = np.arange(rows.len())
    return pl.Series(at[wanted.to_numpy()])


def _are_among(pairs: pl.DataFrame, some: pl.DataFrame) -> NDArray[np.bool_]:
    """True for each candidate (row, row_right) that stands among some pairs (left, right)."""
    if some.is_empty():
        return np.zeros(pairs.height, dtype=np.bool_)
    known = some.select("left", "right", _known=True).unique()
    both = pairs.join(
        known, left_on=["row", "row_right"], right_on=["left", "right"], how="left", maintain_order="left"
    )
    return both["_known"].fill_null(False).to_numpy()


def _tie_sets(counts: pl.DataFrame) -> pl.DataFrame:
    """What ties say of themselves, one row a set."""
    return counts.with_columns(kind=pl.lit("ambiguous"), words=tie_words())


_Block = tuple[pl.DataFrame, pl.DataFrame, tuple[str, ...]]


def _keyed(lines: pl.DataFrame, columns: Sequence[str], *, seed: int) -> pl.DataFrame:
    """row, _key: a digest of the columns, which another seed makes another."""
    keys = lines[[*dict.fromkeys(columns)]].hash_rows(seed=seed).alias("_key")
    return pl.DataFrame([lines["row"], keys])


def _bucketed(frame: pl.DataFrame, width: int) -> pl.DataFrame:
    """Each line in the bucket of its amount and in the next one: amounts `width` apart and less share a bucket."""
    bucket = pl.col("units").floordiv(width)
    return pl.concat([frame.with_columns(_bucket=some) for some in (bucket, bucket + 1)])


def _in_proportion(frame: pl.DataFrame, rate: Decimal) -> pl.DataFrame:
    """The same for amounts of one sign of which the smaller lacks up to a share of the larger.

    Buckets are as wide as the share on a scale of logarithms, and a little wider: `amount_relation` judges to
    the unit what they bring together.
    """
    width = -log1p(-float(rate)) * (1 + 1e-9)
    some = frame.filter(pl.col("units") != 0)
    bucket = (pl.col("units").abs().cast(pl.Float64).log() / width).floor().cast(pl.Int64).alias("bucket")
    sign = pl.col("units").sign().alias("sign")
    return pl.concat([some.with_columns(_bucket=pl.struct(at, sign).hash(seed=6)) for at in (bucket, bucket + 1)])


def _spellings(lines: pl.DataFrame) -> pl.DataFrame:
    """Each line under its reference and under every spelling of it that leaves out one character.

    Two references that differ by one edit, or by two neighbours swapped, have a spelling in common.
    """
    reference, gap = pl.col("reference"), pl.col("_gap")
    long = lines.filter(reference.str.len_chars() >= _SHORTEST_MISSPELT)
    gaps = long.with_columns(_gap=pl.int_ranges(0, reference.str.len_chars())).explode("_gap")
    lacking = gaps.select(*long.columns, _spelling=reference.str.head(gap) + reference.str.slice(gap + 1))
    return pl.concat([long.with_columns(_spelling=reference), lacking])


def _is_in(relation: NDArray[np.int8], names: tuple[str, ...]) -> NDArray[np.bool_]:
    return np.isin(relation, [code for code, name in enumerate(RELATIONS) if name in names])


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f} %"
