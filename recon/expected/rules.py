"""Posting rules applied to movements: which account each amount ought to stand on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import polars as pl

from recon.policy import UNMAPPED, Rule

_NO_RULE = -1


def _fits(rule: Rule) -> pl.Expr:
    """True where a movement has the rule's measure and every value the rule asks for."""
    conditions = [pl.col("measure") == rule.measure]
    conditions += [pl.col(column).is_in(list(values)) for column, values in sorted(rule.match.items())]
    return reduce(lambda left, right: left & right, conditions).fill_null(value=False)


def _first_fit(rules: Sequence[Rule]) -> pl.Expr:
    """The index of the first rule that fits, or -1."""
    result = pl.lit(_NO_RULE, pl.Int64)
    for index in reversed(range(len(rules))):
        result = pl.when(_fits(rules[index])).then(pl.lit(index, pl.Int64)).otherwise(result)
    return result


def classify(movements: pl.DataFrame, rules: Sequence[Rule], *, currency: str) -> pl.DataFrame:
    """Movements with the index of their rule, -1 where none fits.

    A movement in another currency than the books fits no rule: it must not be added to base money.
    """
    choose = pl.when(pl.col("currency") == currency).then(_first_fit(rules)).otherwise(_NO_RULE)
    return movements.with_columns(rule_index=choose)


def _rule_table(rules: Sequence[Rule]) -> pl.DataFrame:
    """One row per rule and side that it posts: account, sign, and the dimensions it sets."""
    rows = []
    for index, rule in enumerate(rules):
        sign = 1 if rule.side == "debit" else -1
        sides = [(rule.account, sign)]
        if rule.offset_account is not None:
            sides.append((rule.offset_account, -sign))
        rows += [
            (
                index,
                account,
                direction,
                rule.name,
                rule.location,
                rule.department,
                rule.class_,
                rule.customer,
                rule.project,
            )
            for account, direction in sides
        ]
    names = ("rule_index", "account", "sign", "rule", "to_location", "to_department", "class", "customer", "project")
    numbers = ("rule_index", "sign")
    schema = {name: pl.Int64 if name in numbers else pl.String for name in names}
    return pl.DataFrame(rows, schema=schema, orient="row")


# Without a rule an amount still takes its side, so that its entry balances on the account `?`.
_CREDIT_KINDS = ("employee_tax", "deduction", "garnishment", "net_pay")
_UNMAPPED_SIGN = (
    pl.when((pl.col("source") == "tenders") | (pl.col("measure") == "net"))
    .then(1)
    .when((pl.col("source") == "payroll") & ~pl.col("role").is_in(_CREDIT_KINDS))
    .then(1)
    .otherwise(-1)
)
_BOTH_SIDES = ("employer_tax", "employer_contribution", "memo_earning")


def post(movements: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """Classified movements as postings: one row per movement and side, amount in cents, debit above zero.

    A movement without a rule posts to `?` with `unmapped` true; one that policy does not book posts
    to `-` and is dropped by the caller once it was counted.
    """
    ruled = movements.filter(pl.col("rule_index") >= 0).join(_rule_table(rules), on="rule_index", how="inner")
    ruled = ruled.with_columns(cents=pl.col("cents") * pl.col("sign"), unmapped=pl.lit(value=False)).drop("sign")
    unruled = movements.filter(pl.col("rule_index") < 0)
    none = [
        pl.lit(None, pl.String).alias(name) for name in ("to_location", "to_department", "class", "customer", "project")
    ]
    unruled = unruled.with_columns(
        pl.lit(UNMAPPED).alias("account"),
        pl.lit("unmapped").alias("rule"),
        *none,
        cents=pl.col("cents") * _UNMAPPED_SIGN,
        unmapped=pl.lit(value=True),
    )
    mirrored = unruled.filter((pl.col("source") == "payroll") & pl.col("role").is_in(_BOTH_SIDES))
    mirrored = mirrored.with_columns(cents=-pl.col("cents"))
    return pl.concat([ruled, unruled.select(ruled.columns), mirrored.select(ruled.columns)])
