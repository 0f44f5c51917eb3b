"""The largest clearing account in charts, or a sentence where a company has none."""

from __future__ import annotations

from recon.reporting.balances import clearing_accounts
from recon.reporting.charts import bridge_waterfall, clearing_by_day
from recon.reporting.drawing import alt
from recon.reporting.model import RunRecord
from recon.reporting.words import Sentence

NO_CLEARING = Sentence(
    "No clearing account: the chart marks none, and the policy posts card tenders and deposits to no account in common."
)


def clearing_days(record: RunRecord) -> alt.Chart | Sentence:
    """The running activity of the largest clearing account by day, per ledger and per source, Dr/(Cr)."""
    account = _largest(record)
    if account is None:
        return NO_CLEARING
    found = record.found
    return clearing_by_day(
        found.ledger, found.frames["expected"], account, start=found.period.start, end=found.period.end
    )


def clearing_way(record: RunRecord) -> alt.LayerChart | Sentence:
    """The way of the largest clearing account from ledger to source, Dr/(Cr)."""
    account = _largest(record)
    return NO_CLEARING if account is None else bridge_waterfall(record.found.frames["bridge"], account=account)


def _largest(record: RunRecord) -> str | None:
    return next(iter(clearing_accounts(record)), None)
