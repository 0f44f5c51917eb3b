"""An examination of a workspace: its files, its credentials, each service that it names, and what it keeps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import polars as pl

from recon.doctor.attachments import attachment_findings
from recon.doctor.books import closed_books_finding, untold_books
from recon.doctor.findings import (
    NOBODY_ASKED,
    Finding,
    balances_findings,
    books_finding,
    chart_findings,
    clock_finding,
    of_fault,
    posting_findings,
)
from recon.errors import ReconError
from recon.intacct.attachments import Attachments
from recon.store import Source, SourceStore, Spare, Window
from recon.store.port import rows_of
from recon.wire import NotSignedIn, Unreachable, redacted
from recon.wire.loop import run
from recon.workspace import Workspace, load_workspace
from recon.workspace.downloads import absent_downloads
from recon.workspace.supply import CALLED, ServiceName, Supply, read_supply

_LOOKED_BACK = dt.timedelta(days=7)
_CHART = "accounts"


class Feed(Protocol):
    """One source of a service, and the canonical frame that it feeds."""

    @property
    def source(self) -> Source:
        """What is read."""
        ...

    @property
    def frame(self) -> str:
        """The frame's name."""
        ...


class Patient(Protocol):
    """A service that can be examined."""

    @property
    def name(self) -> ServiceName:
        """As sources.toml calls it."""
        ...

    @property
    def address(self) -> str:
        """Where it is asked."""
        ...

    @property
    def skew(self) -> dt.timedelta | None:
        """The service's clock less ours at its last answer."""
        ...

    def open(self) -> AbstractAsyncContextManager[Sequence[Feed]]:
        """Its feeds, while it can be asked."""
        ...

    def books(self) -> Source | None:
        """Its entities, of which it may tell from which day their books are open; None where it keeps no books."""
        ...

    def attachments(self) -> Attachments | None:
        """Where it keeps attachments, while it can be asked; None where it keeps none."""
        ...

    def accounts(self, rows: Mapping[str, Sequence[Mapping[str, object]]]) -> pl.DataFrame | None:
        """ACCOUNTS of raw rows by source; None where the service has no chart."""
        ...


Opened = Callable[[Workspace, Supply], Sequence[Patient]]


def examine(workspace: Path, store: Path, today: dt.date, open_services: Opened) -> list[Finding]:
    """What is well, wrong and unknown, in the order in which it would hinder a pull."""
    try:
        company = load_workspace(workspace)
        supply = read_supply(workspace)
    except ReconError as fault:
        return [*of_fault("workspace", fault)]
    findings = [Finding("workspace", "well", "policy, rules, profiles, mappings and sources.toml can be used")]
    findings += [books_finding(supply.books.closed_through, today), *balances_findings(supply)]
    findings += posting_findings(supply, company.policy.posting)
    absent = (one.rpartition(": ") for one in absent_downloads(company, supply))
    findings += [Finding("downloads", "unknown", said, mend) for said, _, mend in absent]
    findings += _store_findings(store)
    try:
        patients = open_services(company, supply)
    except ReconError as fault:
        return [*findings, *of_fault("credentials and authorities", fault)]
    if not patients:
        return [*findings, Finding(NOBODY_ASKED, "well", "everything comes from files and folders; nobody is asked")]
    found = "every credential and file of authorities that sources.toml names is there"
    findings.append(Finding("credentials and authorities", "well", found))
    for patient in patients:
        findings += run(_examined(patient, company, supply, today))
    return findings


def _store_findings(store: Path) -> Iterator[Finding]:
    """Whether everything that was pulled still is what was written."""
    folders = sorted({path.parent.parent for path in store.rglob("versions/*.parquet")})
    for folder in folders:
        try:
            SourceStore(folder).check()
        except ReconError as fault:
            yield from of_fault("store", fault)
            return
    if folders:
        yield Finding("store", "well", f"what was pulled from {len(folders)} sources is what was written")


async def _examined(patient: Patient, company: Workspace, supply: Supply, today: dt.date) -> list[Finding]:
    """The service's address, sign-in and clock, the right to read each source, closed books, attachments, the chart."""
    findings: list[Finding] = []
    charted: dict[str, Sequence[Mapping[str, object]]] = {}
    try:
        async with patient.open() as feeds:
            for feed in feeds:
                found, rows = await _looked(patient, feed, today)
                findings.append(found)
                if found.state == "wrong" and len(findings) == 1:
                    return findings  # where the first question fails, the others fail the same way
                if feed.frame == _CHART and found.state == "well":
                    charted[feed.source.name] = rows
            findings += await _books(patient, supply.books.closed_through)
            held = patient.attachments() if supply.posted_to == patient.name else None
            if held is not None:
                findings += await attachment_findings(CALLED[patient.name], held, company.policy.posting)
    except ReconError as fault:
        return [*findings, *of_fault(f"{CALLED[patient.name]}: {patient.address}", fault)]
    findings.append(clock_finding(CALLED[patient.name], patient.skew))
    chart = patient.accounts(charted) if charted else None
    if chart is not None:
        findings += chart_findings(company.policy, chart)
    return findings


async def _books(patient: Patient, closed_through: dt.date | None) -> list[Finding]:
    """Whether the service's own closed books are those of `sources.toml`; nothing of a service without books."""
    source = patient.books()
    if source is None:
        return []
    try:
        rows = await rows_of(source)
    except ReconError as fault:
        return [untold_books(CALLED[patient.name], redacted(str(fault)))]
    return [closed_books_finding(CALLED[patient.name], rows, closed_through)]


async def _looked(patient: Patient, feed: Feed, today: dt.date) -> tuple[Finding, Sequence[Mapping[str, object]]]:
    """Whether the source can be read, and its rows: one page, of the chart all."""
    check = f"{CALLED[patient.name]}: right to read {feed.source.name}"
    rows: list[Mapping[str, object]] = []
    pages = feed.source.pages(Window(today - _LOOKED_BACK, today), None)
    try:
        async for page in pages:
            rows += page.rows
            if feed.frame != _CHART:
                break
    except ReconError as fault:
        at_the_door = {NotSignedIn: "sign-in", Unreachable: patient.address}
        what = next((place for kind, place in at_the_door.items() if isinstance(fault, kind)), "")
        return next(of_fault(f"{CALLED[patient.name]}: {what}" if what else check, fault)), []
    finally:
        close = getattr(pages, "aclose", None)
        if close is not None:
            await close()
    if isinstance(feed.source, Spare) and feed.source.absence:
        mend = "nothing, if you do not have this report; else give the application the right to read it"
        return Finding(check, "unknown", f"the pull does without it: {redacted(feed.source.absence)}", mend), rows
    return Finding(check, "well", f"{patient.address} answers"), rows
