"""Result frames: the published tables of a run, under `data/` as Parquet and in the workbook."""

from __future__ import annotations

import dataframely as dy

from recon.frames.causes import CAUSE_NAMES, STATUSES
from recon.frames.events import Ledger, money, one_of, text


class Expected(Ledger):
    """Ledger lines that ought to stand in the period, with their rule and their sources."""

    reconciliation = text()
    rule = text()
    source_ids = dy.List(dy.String())


class Matches(dy.Schema):
    """One row per line that found its counterpart."""

    match_id = text()
    side = one_of("expected", "actual")
    line_id = text()
    amount = money()


class MatchGroups(dy.Schema):
    """One row per match, with the evidence; difference = expected - actual."""

    match_id = text()
    reconciliation = text()
    pass_ = dy.String(alias="pass")
    kind = one_of("match", "suggestion", "ambiguous")
    expected_count = dy.Int64()
    actual_count = dy.Int64()
    difference = money()
    days_apart = dy.Int64()
    alternatives = dy.Int64()
    alternatives_exact = dy.Bool()
    chance = dy.Float64(nullable=True)
    decided_by = text(nullable=True)
    explanation = text()


class Variances(dy.Schema):
    """One row per finding; the id lists name the lines that differ."""

    variance_id = text()
    reconciliation = text()
    cause = one_of(*CAUSE_NAMES)
    also = dy.List(dy.String())
    status = one_of(*STATUSES)
    posting_date = dy.Date(nullable=True)
    document = text(nullable=True)
    expected_line_ids = dy.List(dy.String())
    actual_line_ids = dy.List(dy.String())
    source_ids = dy.List(dy.String())
    candidates = dy.List(dy.String())
    explanation = text()
    first_seen = dy.Date(nullable=True)
    age_days = dy.Int64(nullable=True)


class VarianceLines(dy.Schema):
    """One row per variance, account, location and department; amount = expected - actual."""

    variance_id = text()
    account = text()
    location = text(nullable=True)
    department = text(nullable=True)
    amount = money()


class Bridge(dy.Schema):
    """One row per reconciliation (null: all), account, location and bridge row; Dr/(Cr).

    The amount is null where a row is not provided (opening without `balances`).
    """

    reconciliation = text(nullable=True)
    account = text()
    location = text(nullable=True)
    row = one_of(*"ABCDEFGHIJKLMNOPQ")
    label = text()
    count = dy.Int64()
    amount = money(nullable=True)


class TieOuts(dy.Schema):
    """One row per leg, location, business date and group; difference = left - right."""

    leg = text()
    location = text(nullable=True)
    business_date = dy.Date(nullable=True)
    group = text(nullable=True)
    left_amount = money(nullable=True)
    right_amount = money(nullable=True)
    difference = money(nullable=True)
    cause = text(nullable=True)
    left_ids = dy.List(dy.String())
    right_ids = dy.List(dy.String())


class Adjustments(dy.Schema):
    """One row per proposed entry."""

    posting_key = text()
    kind = one_of("correction", "accrual", "reversal")
    cause = text()
    journal = text()
    posting_date = dy.Date()
    reversal_date = dy.Date(nullable=True)
    class_ = dy.String(alias="class", check=lambda value: value.is_in(["bulk", "single"]))
    state = text()
    variance_ids = dy.List(dy.String())
    explanation = text()


class AdjustmentLines(dy.Schema):
    """One row per line of a proposed entry; debit above zero, the lines of an entry sum to 0.00."""

    posting_key = text()
    line_no = dy.Int64()
    account = text()
    location = text(nullable=True)
    department = text(nullable=True)
    class_ = dy.String(nullable=True, alias="class")
    project = text(nullable=True)
    customer = text(nullable=True)
    amount = money()


class OpenItems(Ledger):
    """One row per line, or deposit in transit, that the next period takes over.

    A deposit in transit is written as a ledger line on its clearing account: entry_id and document are
    the batch, posting_date the day on which it is due.
    """

    side = one_of("expected", "actual", "deposit")
    cause = text()
    first_seen = dy.Date()
    age_days = dy.Int64()


class Uncorrected(dy.Schema):
    """One row per variance, account and location that is known and was not booked; amount = expected - actual.

    Rows of earlier periods of the year come first, as far as they are not corrected since; the effect on pre-tax income
    is what booking it would add. `waits_for` are lines that stay open: what comes late settles the row.
    """

    period = text()
    period_end = dy.Date()
    variance_id = text()
    reconciliation = text()
    account = text()
    location = text(nullable=True)
    cause = text()
    treatment = one_of("accepted", "passed", "declined", "waived")
    amount = money()
    pretax_effect = money()
    waits_for = dy.List(dy.String())
    note = text(nullable=True)


class Rejects(dy.Schema):
    """One row per source row that could not be used."""

    source = text()
    row = dy.Int64(nullable=True)
    field = text(nullable=True)
    value = text(nullable=True)
    reason = text()


RESULT_FRAMES: dict[str, type[dy.Schema]] = {
    "expected": Expected,
    "matches": Matches,
    "match_groups": MatchGroups,
    "variances": Variances,
    "variance_lines": VarianceLines,
    "bridge": Bridge,
    "tie_outs": TieOuts,
    "adjustments": Adjustments,
    "adjustment_lines": AdjustmentLines,
    "open_items": OpenItems,
    "uncorrected": Uncorrected,
    "rejects": Rejects,
}
