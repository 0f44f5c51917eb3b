"""What the state database keeps of signed periods, as rows and as frames."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from recon.canonical import SignedSubject
from recon.found import ComparedPart
from recon.frames import RESULT_FRAMES
from recon.frames.results import OpenItems
from recon.lifecycle import Correction
from recon.money import from_cents
from recon.period import Period, parse_period
from recon.policy import Policy
from recon.reporting.model import RunRecord
from recon.signoff.carried import Carried, company_of, text_of
from recon.signoff.corrected import corrected_variances, prior_corrections
from recon.signoff.gate import Left, Obstacle, Subject, gross_by_variance
from recon.state.periods import Kept, PeriodRow, SignOffRow, read_period_rows, read_sign_offs
from recon.state.store import StateStore
from recon.variances import still_uncorrected


def carried(store: StateStore, policy: Policy, period: Period) -> Carried:
    """The same, from an open database."""
    company, before = company_of(policy), period_before(period, policy.periods)
    items = frame_of(store, "open_item", company, [before])
    corrections = store.all()
    return Carried(
        tuple(_subject(one) for one in signatures(store, company, period.name).values()),
        items if items.height else None,
        f"open items of {before}, as signed",
        earlier_uncorrected(store, policy, period),
        prior_corrections(corrections, company, period, _rows_of_year(store, policy, period)),
    )


def earlier_uncorrected(store: StateStore, policy: Policy, period: Period) -> pl.DataFrame | None:
    """UNCORRECTED of the fiscal year's periods that ended before this one, the oldest first; None if there is none.

    Rows that were corrected by the end of the period, or whose waiting lines came late, are left out.
    """
    company = company_of(policy)
    rows = _rows_of_year(store, policy, period)
    corrected = corrected_variances(store.all(), company, period.end)
    rows = rows.filter(~pl.col("variance_id").is_in([*corrected]))
    parts = [
        still_uncorrected(ones, _settled(store, company, ones, policy, period))
        for ones in rows.partition_by("period", "reconciliation", maintain_order=True)
    ]
    left = pl.concat([rows.clear(), *parts])
    return left.sort("period_end", "variance_id", "account", "location", nulls_last=True) if left.height else None


def uncorrected_of_year(store: StateStore, record: RunRecord) -> pl.DataFrame:
    """UNCORRECTED of the year up to the period of a run: what stands signed as it was kept, the rest as the run has it.

    Rows of the run's own period come first.
    """
    found, policy = record.found, record.policy
    company, period = company_of(policy), found.period
    signed = [one.name for one in signatures(store, company, period.name)]
    own = found.frames["uncorrected"].filter(pl.col("period") == period.name, ~pl.col("reconciliation").is_in(signed))
    kept = frame_of(store, "uncorrected", company, [period.name], subjects=signed)
    earlier = earlier_uncorrected(store, policy, period)
    return pl.concat([kept, own, *([] if earlier is None else [earlier])])


def _rows_of_year(store: StateStore, policy: Policy, period: Period) -> pl.DataFrame:
    """UNCORRECTED of the earlier periods of the fiscal year as they were signed."""
    company, year = company_of(policy), policy.fiscal_year(period)
    names = {one.period for one in read_sign_offs(store, company)}
    known = (parse_period(name, policy.periods) for name in names)
    earlier = [one.name for one in known if one.end < period.start and policy.fiscal_year(one) == year]
    return frame_of(store, "uncorrected", company, sorted(earlier))


def _settled(store: StateStore, company: str, rows: pl.DataFrame, policy: Policy, period: Period) -> list[str]:
    """Waiting lines of one period and reconciliation that a later period, signed before this one, has open no more."""
    waiting = frozenset(rows["waits_for"].explode().drop_nulls().to_list())
    if not waiting:
        return []
    own, name = rows["period_end"][0], rows["reconciliation"][0]
    later = {
        one.period
        for one in read_sign_offs(store, company)
        if (one.kind, one.subject) == ("reconciliation", name)
        and own < parse_period(one.period, policy.periods).end < period.start
    }
    opens = [frame_of(store, "open_item", company, [one], subjects=[name])["line_id"].to_list() for one in later]
    return sorted(set().union(*(waiting.difference(ones) for ones in opens)))


def period_before(period: Period, named: Iterable[Period]) -> str:
    """The name of the period that ends on the day before this one: one of the company's own, or a month."""
    last = period.start - dt.timedelta(days=1)
    own = (one.name for one in named if one.end == last)
    return next(own, f"{last:%Y-%m}")


def standing(store: StateStore, company: str, period: str) -> dict[Subject, SignOffRow]:
    """The newest act of each subject of the period: signed, signed with exceptions, or reopened."""
    return {subject_of(one): one for one in read_sign_offs(store, company, period)}


def signatures(store: StateStore, company: str, period: str) -> dict[Subject, SignOffRow]:
    """The signature of each subject of the period that stands signed."""
    return {subject: act for subject, act in standing(store, company, period).items() if act.is_signature}


def unsigned(store: StateStore, record: RunRecord) -> dict[str, pl.DataFrame]:
    """The frames of a run, ADJUSTMENTS without those of reconciliations that stand signed."""
    frames = record.found.frames
    acts = signatures(store, company_of(record.policy), record.found.period.name)
    signed = [one.name for one in acts if one.kind == "reconciliation"]
    closed = frames["variances"].filter(pl.col("reconciliation").is_in(signed))["variance_id"]
    mine = pl.col("variance_ids").list.set_intersection(pl.lit(closed.to_list(), pl.List(pl.String))).list.len() == 0
    return {**frames, "adjustments": frames["adjustments"].filter(mine)}


def signed_over(store: StateStore, policy: Policy, one: Correction) -> SignOffRow | None:
    """The signature that stands over what the correction would book into, on its day; None where nothing is signed."""
    day, company = one.content.posting_date, company_of(policy)
    concerned = {Subject("account", line.account) for line in one.content.lines}
    concerned.add(Subject("reconciliation", one.reconciliation or ""))
    for name in sorted({row.period for row in read_sign_offs(store, company)}):
        if parse_period(name, policy.periods).has(day):
            for subject, act in signatures(store, company, name).items():
                if subject in concerned:
                    return act
    return None


def subject_of(row: SignOffRow) -> Subject:
    """What a kept row signs."""
    return Subject("account" if row.kind == "account" else "reconciliation", row.subject)


def inputs_text(parts: Iterable[ComparedPart]) -> str:
    """What a run compared for what is signed, as it is kept."""
    return json.dumps([[one.title, one.rows, str(one.debits), one.sha256] for one in parts], ensure_ascii=False)


def exception_text(one: Obstacle) -> str:
    """An obstacle that was forced, as it is kept."""
    return json.dumps({"id": one.item_id, "amount": str(one.amount), "words": one.words}, ensure_ascii=False)


def waived_of(row: SignOffRow) -> tuple[Left, ...]:
    """What was forced with the sign-off."""
    said = (json.loads(text) for text in row.exceptions)
    return tuple(Left(one["id"], Decimal(one["amount"]), one["words"]) for one in said)


def left_by(store: StateStore, signed: Iterable[SignOffRow]) -> list[tuple[str, Decimal]]:
    """What these standing signatures of one period left uncorrected, by item id: forced, accepted and passed."""
    found: list[tuple[str, Decimal]] = []
    for one in signed:
        found += [(item.item_id, item.amount) for item in waived_of(one)]
        rows = frame_of(store, "uncorrected", one.company, [one.period], subjects=[one.subject])
        found += gross_by_variance(rows).items()
    return found


def _subject(row: SignOffRow) -> SignedSubject:
    said = json.loads(row.inputs or "[]")
    parts = tuple(ComparedPart(title, rows, Decimal(debits), sha256) for title, rows, debits, sha256 in said)
    subject = subject_of(row)
    return SignedSubject(subject.kind, subject.name, row.run_id, row.actor, row.at.date(), parts)


def item_rows(items: pl.DataFrame) -> list[PeriodRow]:
    """OPEN_ITEMS as they are kept."""
    return [_kept(f"{row['side']}:{row['line_id']}", row) for row in items.iter_rows(named=True)]


def uncorrected_rows(rows: pl.DataFrame) -> list[PeriodRow]:
    """UNCORRECTED as they are kept."""
    named = (f"{row['variance_id']}:{row['account']}:{row['location'] or ''}" for row in rows.iter_rows(named=True))
    return [_kept(name, row) for name, row in zip(named, rows.iter_rows(named=True), strict=True)]


def _kept(name: str, row: Mapping[str, Any]) -> PeriodRow:
    texts = {column: None if value is None else text_of(value) for column, value in row.items()}
    return PeriodRow(name, row["account"], row["cause"], int(row["amount"] * 100), texts)


def frame_of(
    store: StateStore, kept: Kept, company: str, periods: Sequence[str], *, subjects: Collection[str] | None = None
) -> pl.DataFrame:
    """OPEN_ITEMS or UNCORRECTED of the periods as they were kept, by id; of every subject if none are named."""
    schema = OpenItems if kept == "open_item" else RESULT_FRAMES["uncorrected"]
    found = read_period_rows(store, kept, company, periods)
    chosen = (ones for (_, name), ones in found.items() if subjects is None or name in subjects)
    rows = sorted((one for ones in chosen for one in ones), key=lambda one: one.item_id)
    texts = [{**one.row, "amount": str(from_cents(one.amount_cents))} for one in rows]
    empty = schema.create_empty()
    frame = pl.DataFrame(texts, schema=dict.fromkeys(empty.columns, pl.String))
    return schema.validate(frame.select(_read(name, kind) for name, kind in empty.schema.items()), cast=True)


def _read(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if kind == pl.Boolean:
        return column == "True"
    if isinstance(kind, pl.List):
        return column.str.json_decode(kind)
    if isinstance(kind, pl.Datetime):
        return column.str.to_datetime(time_unit=kind.time_unit, time_zone=kind.time_zone)
    return column.str.to_date() if kind == pl.Date else column.cast(kind)
