"""What a run compares for each subject that can be signed, as digests: a later run tells by them what changed since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import polars as pl

from recon.canonical import Canonical
from recon.found import Compared, ComparedPart
from recon.money import from_cents, to_cents
from recon.policy import Policy, proved_accounts

_LINE = ("document", "posting_date", "journal", "account", "location", "department")
_BATCH = ("account", "location", "group", "batch_id")
_ASKED, _STANDS = "what the sources ask for", "what stands in the ledger"
_SLICE = 100_000  # rows that are read into one text at a time


def compared_by_subject(
    only: Sequence[str],
    expected: pl.DataFrame,
    posted: pl.DataFrame,
    canonical: Canonical,
    policy: Policy,
    *,
    waiting: pl.DataFrame,
) -> tuple[Compared, ...]:
    """What is compared for the reconciliations of the run, and for the accounts that only these move.

    `expected` and `posted` are EXPECTED and LEDGER lines of the period alone, with cents: what is posted around it is
    nothing that was signed. `waiting` are the batches in transit with account, location, group, batch_id and cents.
    """
    journals = pl.col("journal")
    found = [
        Compared(
            "reconciliation",
            name,
            (
                _part(_ASKED, expected.filter(pl.col("reconciliation") == name)),
                _part(_STANDS, posted.filter(journals.is_in(policy.journals_of(name)))),
            ),
        )
        for name in only
    ]
    for account in sorted(proved_accounts(policy, canonical.accounts)):
        moving = policy.reconciliations_moving(account)
        if moving and set(moving) <= set(only):
            parts = _parts_on(pl.col("account") == account, expected, posted, canonical.balances, waiting)
            found.append(Compared("account", account, tuple(parts)))
    return tuple(found)


def _parts_on(
    mine: pl.Expr, expected: pl.DataFrame, posted: pl.DataFrame, balances: pl.DataFrame | None, waiting: pl.DataFrame
) -> Iterator[ComparedPart]:
    """All lines on an account, whatever their journal, its opening, and the batches that prove what is left on it."""
    yield _part(_ASKED, expected.filter(mine))
    yield _part(_STANDS, posted.filter(mine))
    if balances is not None:
        opening = balances.filter(mine).with_columns(cents=to_cents("opening"))
        yield _part("its opening balance", opening.filter(pl.col("cents") != 0), ("account", "location"))
    none = pl.DataFrame(schema={**dict.fromkeys(_BATCH, pl.String), "cents": pl.Int64})
    yield _part("the deposits in transit", none if waiting.is_empty() else waiting.filter(mine), _BATCH)


def _part(title: str, lines: pl.DataFrame, named: Sequence[str] = _LINE) -> ComparedPart:
    """The lines as one digest, whatever their order and their ids."""
    summed = lines.group_by(named).agg(pl.col("cents").sum(), rows=pl.len())
    told = [
        pl.concat_str(pl.lit("="), pl.col(name).cast(pl.String)).fill_null("") for name in (*named, "cents", "rows")
    ]
    texts = summed.select(text=pl.concat_str(told, separator="\x1f").sort())
    digest = hashlib.sha256()
    for some in texts.iter_slices(_SLICE):
        digest.update("".join(f"{text}\n" for text in some["text"]).encode())
    debits = lines.filter(pl.col("cents") > 0)["cents"].sum()
    return ComparedPart(title, lines.height, from_cents(int(debits or 0)), digest.hexdigest())
