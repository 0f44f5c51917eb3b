"""What the fields of a pass may hold: a file and a line of Python are refused alike, with the value and the mend."""

from __future__ import annotations

import tomllib
from decimal import Decimal

import polars as pl
import pytest
from make_lines import groups, lines, pairs

from recon.errors import ConfigError
from recon.matching import Balance, Equal, Fee, Near, Nearest, Reversed, Subset, match
from recon.matching.config import checked_passes, passes_of

BANK, BOOK = lines("b 70 4 K Oak"), lines("g 70 4 K Oak")
DAYS = {"before": 3, "after": 3}


def told(*passes: object) -> tuple[str, ...]:
    """What is wrong with the passes, as `match` says it."""
    with pytest.raises(ConfigError, match="the passes cannot be used") as fault:
        match(BANK, BOOK, passes)
    return fault.value.problems


def written(*fields: str) -> tuple[str, ...]:
    """What is wrong with one table of a pass list."""
    with pytest.raises(ConfigError, match="the pass list cannot be used") as fault:
        passes_of(tomllib.loads("\n".join(["[[pass]]", *fields])), file="mine.toml")
    return fault.value.problems


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (Nearest("", after=1), "`name` is '': give it a name"),
        (Nearest("a", before=-1), "`before` is -1: say 0 or more"),
        (Nearest("a", after=-1), "`after` is -1: say 0 or more"),
        (Nearest("a", after=36_526), "`after` is 36526: say 36525 or less"),
        (Nearest("a", after=2.0), "`after` is 2.0: say a whole number, without quotes"),
        (Nearest("a", after=True), "`after` is True: say a whole number, without quotes"),
        (Nearest("a", margin=-9), "`margin` is -9: say 0 or more"),
        (Nearest("a", edits=-1), "`edits` is -1: say 0 or more"),
        (Nearest("a", most=120), "`most` is 120: say less than 120"),
        (Nearest("a", most=-1), "`most` is -1: say 0 or more"),
        (Nearest("a", confirm=-2), "`confirm` is -2: say -1 or more"),
        (Nearest("a", least_text=1.1), "`least_text` is 1.1: say 1 or less"),
        (Nearest("a", least_text=-0.1), "`least_text` is -0.1: say 0 or more"),
        (Nearest("a", least_text="0.5"), "`least_text` is '0.5': say a number, without quotes"),
        (Nearest("a", texts=1), "`texts` is 1: say true or false, without quotes"),
        (Nearest("a", agree="date"), "`agree` is 'date': write it as a list, in brackets"),
        (Nearest("a", agree=(3,)), "`agree.0` is 3: write it as text, in quotes"),
        (Nearest("a", agree=("text", "text")), "`agree` is ('text', 'text'): name each one once"),
        (
            Nearest("a", agree=("currency",)),
            "`agree` is ('currency',): leave `currency` out: lines that belong together always agree on it",
        ),
        (Equal("a", ()), "`on` is (): name at least one"),
        (Equal("a", ("date",), days=-1), "`days` is -1: say 0 or more"),
        (Near("a", (), **DAYS), "`causes` is (): name at least one"),
        (Near("a", ("sign_flip", "sign_flip"), **DAYS), "`causes` is ('sign_flip', 'sign_flip'): name each one once"),
        (Near("a", ("sign_flip",), before=-3, after=3), "`before` is -3: say 0 or more"),
        (Near("a", ("sign_flip",), **DAYS, tolerance_cents=-1), "`tolerance_cents` is -1: say 0 or more"),
        (
            Near("a", ("sign_flip",), **DAYS, tolerance_rate=0.01),
            '`tolerance_rate` is 0.01: write it as text, such as "0.029"; a float is never exact',
        ),
        (Near("a", ("sign_flip",), **DAYS, tolerance_rate=Decimal(1)), "`tolerance_rate` is 1: say less than 1"),
        (Near("a", ("sign_flip",), **DAYS, rare_lines=-1), "`rare_lines` is -1: say 0 or more"),
        (Near("a", ("sign_flip",), **DAYS, net="up"), "`net` is 'up': choose 'left' or 'right'"),
        (Near("a", ("fee_netted",), **DAYS, fee=3), "`fee` is 3: write it as a table of its fields"),
        (
            Near("a", ("fee_netted",), **DAYS, fee=Fee(0.029, 30, 0)),
            '`fee.rate` is 0.029: write it as text, such as "0.029"; a float is never exact',
        ),
        (
            Near("a", ("fee_netted",), **DAYS, fee=Fee(Decimal("NaN"), 30, 0)),
            '`fee.rate` is NaN: write it as text, such as "0.029"',
        ),
        (
            Near("a", ("fee_netted",), **DAYS, fee=Fee(Decimal("-0.02"), 30, 0)),
            "`fee.rate` is -0.02: say 0 or more",
        ),
        (Subset("a", fee=Fee(Decimal(1), 30, 0)), "`fee.rate` is 1: say less than 1"),
        (Subset("a", fee=Fee(Decimal(0), -30, 0)), "`fee.per_item_cents` is -30: say 0 or more"),
        (Subset("a", fee=Fee(Decimal(0), 0, -1)), "`fee.cap_cents` is -1: say 0 or more"),
        (Subset("a", fee=Fee(Decimal(0), 0, 0, -1)), "`fee.per_deposit_cents` is -1: say 0 or more"),
        (Subset("a", many="both"), "`many` is 'both': choose 'left' or 'right'"),
        (Subset("a", most_lines=1), "`most_lines` is 1: say 2 or more"),
        (Subset("a", most_pool=1), "`most_pool` is 1: say 2 or more"),
        (Subset("a", work=-1), "`work` is -1: say 0 or more"),
        (Subset("a", span=-1), "`span` is -1: say 0 or more"),
        (Subset("a", most_chance=2), "`most_chance` is 2: say 1 or less"),
        (Subset("a", suggest_from=-1), "`suggest_from` is -1: say 0 or more"),
        (
            Subset("a", agree=("date",)),
            "`agree` is ('date',): leave `date` out: the days of the pass say how near dates must be",
        ),
        (Balance("a", days=-1), "`days` is -1: say 0 or more"),
        (Balance("a", most_lines=1), "`most_lines` is 1: say 2 or more"),
        (Reversed("a", -1), "`days` is -1: say 0 or more"),
        (Reversed("a", 30, sides=()), "`sides` is (): name at least one"),
        (Reversed("a", 30, sides=("left", "left")), "`sides` is ('left', 'left'): name each one once"),
        (Reversed("a", 30, sides=("top",)), "`sides.0` is 'top': choose 'left' or 'right'"),
    ],
    ids=str,
)
def test_a_pass_made_in_python_is_refused_with_its_field_its_value_and_the_mend(one: object, said: str) -> None:
    assert told(one) == (f"pass 1 ({one.name}): {said}",)


def test_every_wrong_field_of_every_pass_is_told_at_once() -> None:
    assert told(Nearest("near", before=-1, margin=-2), Equal("fine", ("text",)), Balance("many", days=-3)) == (
        "pass 1 (near): `before` is -1: say 0 or more",
        "pass 1 (near): `margin` is -2: say 0 or more",
        "pass 3 (many): `days` is -3: say 0 or more",
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (['kind = "nearest"', 'name = "w"', "before = -1"], "(w): `before` is -1: say 0 or more"),
        (['kind = "equal"', 'name = "w"', "on = []"], "(w): `on` is []: name at least one"),
        (['kind = "equal"', 'name = "w"'], "(w): `on` is not there: the pass needs it"),
        (
            ['kind = "equal"', 'name = "w"', 'on = ["date"]', "day = 3"],
            "(w): `day` is 3: there is no such field; choose among name, on, sums, days",
        ),
        (
            ['kind = "subset"', 'name = "w"', "fee = { rate = 0.029, per_item_cents = 30, cap_cents = 0 }"],
            '(w): `fee.rate` is 0.029: write it as text, such as "0.029"; a float is never exact',
        ),
        (
            ['kind = "subset"', 'name = "w"', 'fee = { rate = "2.9 %", per_item_cents = 30, cap_cents = 0 }'],
            "(w): `fee.rate` is '2.9 %': write it as text, such as \"0.029\"",
        ),
        (
            ['kind = "subset"', 'name = "w"', 'fee = { rate = "0", per_item_cents = 0, cap_cents = 0, cents = 1 }'],
            "(w): `fee.cents` is 1: there is no such field; choose among rate, per_item_cents, cap_cents, "
            "per_deposit_cents, rounded",
        ),
        (
            ['kind = "nearest"', 'name = "w"', 'vocabulary = "words"'],
            "(w): `vocabulary` is nothing to set: the pass learns it from the lines",
        ),
        (['kind = ["equal"]'], ": `kind` is ['equal']; choose among equal, nearest, near, subset, balance, reversed"),
    ],
    ids=str,
)
def test_a_table_is_refused_with_its_file_its_pass_and_the_mend(fields: list[str], said: str) -> None:
    assert f"mine.toml: pass 1{' ' * said.startswith('(')}{said}" in written(*fields)


def test_a_pass_that_is_no_table_is_told() -> None:
    with pytest.raises(ConfigError) as fault:
        passes_of({"pass": ["equal"]}, file="mine.toml")
    assert fault.value.problems == ("mine.toml: pass 1: 'equal' is no table: write each pass under its own [[pass]]",)


def test_a_very_long_value_is_cut_where_it_is_told() -> None:
    [said] = told(Nearest("a", agree="x" * 200))
    assert said == f"pass 1 (a): `agree` is '{'x' * 79} ...: write it as a list, in brackets"


def test_what_a_file_would_read_a_line_of_python_may_say() -> None:
    listed = Subset("sum", agree=["text"], fee=Fee("0.029", 30, 0))
    assert checked_passes([listed]) == [Subset("sum", agree=("text",), fee=Fee(Decimal("0.029"), 30, 0))]


def test_the_edges_of_every_bound_are_allowed() -> None:
    passes = [
        Nearest("n", before=0, after=36_525, most=119, margin=0, confirm=-1, least_text=1),
        Subset("s", most_lines=2, most_pool=2, work=0, span=0, suggest_from=0, most_chance=1),
        Balance("b", days=0, most_lines=2, most_pool=2),
        Reversed("r", 0),
        Near("d", ("sign_flip",), before=0, after=0, tolerance_cents=0, rare_lines=0),
    ]
    assert checked_passes(passes) == passes


def stored(*jotted: str, **keys: str) -> pl.DataFrame:
    """Lines with key columns, the same for each."""
    return lines(*jotted).with_columns(pl.lit(value).alias(f"key_{name}") for name, value in keys.items())


def test_a_column_that_the_sides_lack_is_told_with_those_that_they_have() -> None:
    left, right = stored("b 70 4", store="101", till="1"), stored("g 70 4", store="101", batch="7")
    passes = [Equal("a", ("date", "key_stor")), Nearest("b", agree=("key_till",)), Subset("c", together=("key_till",))]
    with pytest.raises(ConfigError, match="the passes cannot be used") as fault:
        match(left, right, passes)
    shared = "date, text, reference, currency, key_store"
    assert fault.value.problems == (
        f"pass 1 (a): `on` names key_stor: the two sides do not both have it; choose among {shared}",
        f"pass 2 (b): `agree` names key_till: the two sides do not both have it; choose among {shared}",
        f"pass 3 (c): `together` names key_till: the right side does not have it; choose among {shared}, key_batch",
    )


def test_every_key_column_means_those_that_both_sides_have() -> None:
    left, right = stored("b 70 4", store="101", till="1"), stored("g 70 4", store="101", batch="7")
    assert groups(match(left, right, [Nearest("near", agree=("key_*",))])) == {"b = g": ("match", "same amount, store")}
    assert pairs(match(left, stored("g 70 4", store="102"), [Nearest("near", agree=("key_*",))])) == {}


def test_equal_keys_alone_are_refused_where_the_sides_share_none() -> None:
    with pytest.raises(ConfigError) as fault:
        match(stored("b 70 4", till="1"), stored("g 70 4", batch="7"), [Equal("keys", ("key_*",))])
    assert fault.value.problems == (
        "pass 1 (keys): `on` names key_* alone: the two sides have no key column in common",
    )


def test_lines_of_one_batch_are_summed_though_only_one_side_knows_batches() -> None:
    right = pl.concat([stored("g1 30.17 4", "g2 40.29 4", batch="7"), stored("g3 12.11 4", batch="8")])
    sums = [Subset("batch", together=("date", "key_*"), suggest_from=1.0)]
    assert pairs(match(lines("b 70.46 4"), right, sums)) == {"b = g1 g2": "match"}
    split = pl.concat([stored("g1 30.17 4", batch="7"), stored("g2 40.29 4", batch="8")])
    assert pairs(match(lines("b 70.46 4"), split, sums)) == {}


@pytest.mark.parametrize("name", ["key_store", "key_*", "reference", "text"])
def test_every_kind_of_pass_may_agree_on_every_column(name: str) -> None:
    left = stored("b1 70.46 4 K Oak", "b2 20 4 K Oak", "b3 -20 5 K Oak", store="101")
    right = stored("g1 30.17 4 K Oak", "g2 40.29 4 K Oak", store="101")
    cents = {"tolerance_cents": 5, "fee": Fee(Decimal("0.029"), 30, 5000)}
    passes = [
        Equal("equal", (name,), sums=False),
        Near("near", ("transposition", "fee_netted", "fee_capped", "within_tolerance"), 3, 3, agree=(name,), **cents),
        Nearest("nearest", agree=(name,), texts=True),
        Reversed("void", 30, agree=(name,), sides=("left",)),
        Subset("sum", agree=(name,), together=(name,), words=True, suggest_from=1.0),
        Balance("balance", agree=(name,)),
    ]
    assert pairs(match(left, right, passes)) == {"b2 b3 =": "match", "b1 = g1 g2": "match"}


def test_two_passes_of_one_name_or_named_as_decisions_are_refused() -> None:
    for names in (("a", "a"), ("decided", "a")):
        with pytest.raises(ConfigError, match="two passes have one name"):
            match(BANK, BOOK, [Nearest(name) for name in names])
