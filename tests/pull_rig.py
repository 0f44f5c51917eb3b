"""A made-up service whose books may change between two pages, and a pull of it that may be killed at any point."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
import os
import random
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from recon.errors import RemoteError
from recon.frames import CANONICAL_FRAMES
from recon.period import parse_period
from recon.pulling import Feed, Given, Made, Pulled, PullRequest, pull
from recon.store import Page, Window, row_of
from recon.workspace import load_workspace
from recon.workspace.supply import ServiceName, Supply

TEMPLATE = Path(__file__).parents[1] / "recon" / "workspace" / "template"
PERIOD = "2026-09"
START = dt.datetime(2026, 10, 2, 7, 30, tzinfo=dt.UTC)
SUPPLY = {
    "services": {
        "intacct_rest": {"client_id": "x", "client_secret": {"env": "X"}, "user": "recon@ACME"},
    },
    "sources": {kind: {"from": "api", "service": "intacct_rest"} for kind in ("ledger", "accounts")},
}


def make_rows(seed: int, count: int) -> list[dict[str, Any]]:
    """Ledger lines of August to October, as a gateway gives them: text, ids in order."""
    chance = random.Random(seed)
    first = dt.date(2026, 8, 15)
    return [
        {
            "RECORDNO": number,
            "ENTRY_DATE": (first + dt.timedelta(days=chance.randrange(60))).isoformat(),
            "ACCOUNTNO": chance.choice(["1250", "4010", "2200"]),
            "AMOUNT": f"{chance.randrange(-99999, 99999) / 100:.2f}",
            "DOCUMENT": f"D{number}",
        }
        for number in range(1, count + 1)
    ]


@dataclass
class Books:
    """The rows that a service serves; a churn may change them before each page."""

    rows: list[dict[str, Any]]
    churn: random.Random | None = None
    next_id: int = 100_000
    pages: int = 0

    def stir(self) -> None:
        """Insert, edit or delete one row, as people do while somebody reads."""
        if self.churn is None or not self.rows:
            return
        at = self.churn.randrange(len(self.rows))
        match self.churn.choice(["insert", "edit", "delete", "rest"]):
            case "insert":
                self.next_id += 1
                self.rows.append({**self.rows[at], "RECORDNO": self.next_id, "DOCUMENT": f"D{self.next_id}"})
            case "edit":
                self.rows[at] = {**self.rows[at], "AMOUNT": f"{self.churn.randrange(99999) / 100:.2f}"}
            case "delete":
                del self.rows[at]


@dataclass
class Lines:
    """GL lines in order of record number, behind the last one that was given."""

    books: Books
    size: int
    name: str = "made.lines"
    id_fields: tuple[str, ...] = ("RECORDNO", "ACCOUNTNO")
    asked: list[str | None] = field(default_factory=list)
    fail_after: int | None = None

    def row_id(self, row: Mapping[str, object]) -> str:
        return str(row["RECORDNO"])

    async def pages(self, window: Window, cursor: str | None) -> AsyncIterator[Page]:
        while True:
            self.asked.append(cursor)
            if self.fail_after is not None and len(self.asked) > self.fail_after:
                raise RemoteError("the made-up service is not reached; try again later")
            await asyncio.sleep(0)
            self.books.stir()
            behind = int(cursor or 0)
            days = (window.start.isoformat(), window.end.isoformat())
            mine = [r for r in self.books.rows if days[0] <= r["ENTRY_DATE"] <= days[1] and r["RECORDNO"] > behind]
            mine.sort(key=lambda row: row["RECORDNO"])
            rows = mine[: self.size]
            cursor = str(rows[-1]["RECORDNO"]) if len(mine) > self.size else None
            yield Page(tuple(rows), cursor)
            if cursor is None:
                return


@dataclass
class Numbered(Lines):
    """The same lines by page number, as services do whose rows shift when others are inserted or deleted."""

    async def pages(self, window: Window, cursor: str | None) -> AsyncIterator[Page]:
        page = int(cursor or 1)
        while True:
            await asyncio.sleep(0)
            self.books.stir()
            days = (window.start.isoformat(), window.end.isoformat())
            mine = [r for r in self.books.rows if days[0] <= r["ENTRY_DATE"] <= days[1]]
            mine.sort(key=lambda row: row["RECORDNO"])
            rows = mine[(page - 1) * self.size : page * self.size]
            page += 1
            yield Page(tuple(rows), None if len(rows) < self.size else str(page))
            if len(rows) < self.size:
                return


@dataclass
class Chart:
    """The chart of accounts: master data, whatever the window."""

    name: str = "made.accounts"

    def row_id(self, row: Mapping[str, object]) -> str:
        return str(row["ACCOUNTNO"])

    async def pages(self, window: Window, cursor: str | None) -> AsyncIterator[Page]:
        await asyncio.sleep(0)
        yield Page(
            tuple({"ACCOUNTNO": number, "TITLE": f"Account {number}"} for number in ("1250", "2200", "4010")), None
        )


@dataclass
class MadeService:
    """A service of lines and accounts; fulfils Service."""

    lines: Lines
    name: ServiceName = "intacct_rest"
    account: str = "loopback ACME"

    def open(self) -> AbstractAsyncContextManager[Sequence[Feed]]:
        return self._opened()

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Sequence[Feed]]:
        yield (Feed(Chart(), "always"), Feed(self.lines))

    def frames(self, given: Given) -> Made:
        ledger = [
            {
                "line_id": f"made:{row['RECORDNO']}", "entry_id": row["DOCUMENT"], "journal": "GJ",
                "posting_date": dt.date.fromisoformat(row["ENTRY_DATE"]), "account": row["ACCOUNTNO"],
                "amount": row["AMOUNT"], "currency": given.currency,
            }
            for row in map(row_of, given.rows["made.lines"]["body"])
        ]  # fmt: skip
        chart = [
            {"account": row["ACCOUNTNO"], "title": row["TITLE"], "normal_balance": "debit"}
            for row in map(row_of, given.rows["made.accounts"]["body"])
        ]
        return Made({"ledger": _framed("ledger", ledger), "accounts": _framed("accounts", chart)})


def _framed(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    schema = CANONICAL_FRAMES[name].create_empty().schema
    given = pl.DataFrame(rows, schema=list(rows[0]), infer_schema_length=None) if rows else pl.DataFrame(schema=schema)
    return given.select(
        pl.col(column).cast(dtype) if column in given.columns else pl.lit(None, dtype).alias(column)
        for column, dtype in schema.items()
    )


def make_workspace(folder: Path) -> Path:
    """The template's workspace; its downloads have another owner and stay outside."""
    shutil.copytree(TEMPLATE, folder)
    (folder / "sources").mkdir()
    return folder


def pull_made(
    workspace: Path, lines: Lines, *, at: dt.datetime = START, closed: dt.date | None = None, fresh: bool = False
) -> Pulled:
    """A pull of the made-up service into the workspace."""
    supply = Supply.model_validate({**SUPPLY, "books": {"closed_through": closed}})
    company = load_workspace(workspace)
    return pull(PullRequest(company, supply, parse_period(PERIOD), [MadeService(lines)], lambda: at, fresh))


def fingerprint(folder: Path) -> dict[str, str]:
    """The digest of every file below the folder, by its path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


_TOUCHING = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.copyfile")


def die_at(point: int) -> None:
    """Let SIGKILL end this process when it is about to touch the disk for the n-th time from now."""
    seen = 0

    def watch(event: str, details: tuple[Any, ...]) -> None:
        nonlocal seen
        if event in _TOUCHING and not (event == "open" and isinstance(details[1], str) and "r" in details[1]):
            seen += 1
            if seen == point:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def serve_jobs() -> None:
    """For each line of stdin fork a pull, and answer how it ended: killed, done, or the fault."""
    for text in sys.stdin:
        job = json.loads(text)
        child = os.fork()
        if child == 0:
            _run_job(job)
        _, status = os.waitpid(child, 0)
        how = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
        sys.stdout.write(how + "\n")
        sys.stdout.flush()


def _run_job(job: dict[str, Any]) -> None:
    code = 1
    try:
        if job["die_at"]:
            die_at(job["die_at"])
        churn = random.Random(job["churn"]) if job["churn"] is not None else None
        books = Books(json.loads(Path(job["books"]).read_text()), churn)
        lines = (Numbered if job["numbered"] else Lines)(books, job["size"])
        try:
            pull_made(Path(job["workspace"]), lines)
            code = 0
        finally:
            if job["write_back"]:
                Path(job["books"]).write_text(json.dumps(books.rows))
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve_jobs()
