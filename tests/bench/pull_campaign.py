"""Seeded pulls through the real connectors while the books change between pages and the process is killed.

`nice python tests/bench/pull_campaign.py --seeds 1-2000` prints a line for each seed that fails and one line of
figures. A seed names a service, its rows, its page size, what changes between two calls, and where SIGKILL ends the
pull: at some touch of the disk, or at some call. Afterwards the pull is taken up, under churn; then it is checked
that no row is missing or doubled, and once the books stand still that the folder of the close and every stored
row are those of a pull that nothing disturbed.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import tomllib
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # small rows, and processes that are forked from this one
TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))  # run as a program, the helpers of the tests are not on the path

import polars as pl  # noqa: E402
from make_books import books  # noqa: E402
from pull_rig import PERIOD, START, die_at, fingerprint, make_workspace  # noqa: E402

from recon.errors import RemoteError  # noqa: E402
from recon.period import Period  # noqa: E402
from recon.pulling import Feed, PullRequest, pull  # noqa: E402
from recon.pulling.credentials import Purse  # noqa: E402
from recon.pulling.interfaces import Link  # noqa: E402
from recon.pulling.services import services_of  # noqa: E402
from recon.sandbox import gp_tables, portico, retail  # noqa: E402
from recon.sandbox.app import make_app  # noqa: E402
from recon.sandbox.signing_in import services_text  # noqa: E402
from recon.sandbox.world import DEMO_ACCESS, Clock, Rows, World  # noqa: E402
from recon.store import SourceStore  # noqa: E402
from recon.wire.client import in_process  # noqa: E402
from recon.workspace import load_workspace  # noqa: E402
from recon.workspace.supply import Supply  # noqa: E402

HOME = "http://127.0.0.1:1"
ENVIRON = {key.upper().replace(".", "_"): value for key, value in DEMO_ACCESS.items()}
FIRST = dt.date(2026, 9, 1)
DAYS = 20
PULLED = Period(PERIOD, dt.date(2026, 9, 6), dt.date(2026, 9, 15))  # lies in two windows of ten days
MARGIN = "margin_days = 10"  # of the template; without a margin there are fewer windows, and a pull is quicker
Record = dict[str, Any]


def sales(dice: Random, count: int) -> Rows:
    """Transactions of GP-API, many on one day, some deposits and a few disputes."""
    busy = dice.randrange(DAYS)

    def moment() -> str:
        day = busy if dice.random() < 0.4 else dice.randrange(DAYS)
        at = dt.datetime.combine(FIRST, dt.time(dice.randrange(24), dice.randrange(60)), dt.UTC)
        return f"{at + dt.timedelta(days=day):%Y-%m-%dT%H:%M:%S.000Z}"

    common = {"currency": "USD", "system": {"mid": "101023947262", "hierarchy": "001-002"}}
    kinds = ("SALE", "SALE", "SALE", "REFUND")
    sold = [
        {
            "id": f"TRN_{n:05d}", "time_created": moment(), "status": "CAPTURED", "type": dice.choice(kinds),
            "amount": str(dice.randrange(1, 99999)), "reference": f"R{n}", **common,
        }
        for n in range(count)
    ]  # fmt: skip
    funded = [
        {
            "id": f"DEP_{n:04d}", "time_created": moment(), "status": "FUNDED", "funding_type": "CREDIT",
            "amount": str(dice.randrange(1, 99999)), **common,
        }
        for n in range(count // 4)
    ]  # fmt: skip
    disputed = [
        {
            "id": f"DIS_{n:04d}", "stage": dice.choice(("CHARGEBACK", "REVERSAL")), "stage_time_created": moment()[:19],
            "status": "CLOSED", "amount": str(dice.randrange(1, 99999)), **common,
        }
        for n in range(count // 8)
    ]  # fmt: skip
    tables = {"gp_transactions": sold, "gp_deposits": funded, "gp_disputes": disputed}
    return {table: gp_tables.kept(table, rows) for table, rows in tables.items()}


def gateway_sales(dice: Random, count: int) -> Rows:
    """Transactions of Portico in a batch a week."""
    days = [dice.randrange(DAYS) for _ in range(count)]
    sold = [
        {
            "GatewayTxnId": str(200_000_000 + n), "DeviceId": "7", "ServiceName": "CreditSale", "TxnStatus": "C",
            "TxnUtcDT": f"{FIRST + dt.timedelta(days=day)}T12:00:00",
            "TxnDT": f"{FIRST + dt.timedelta(days=day)}T08:00:00",
            "GatewayRspCode": "0", "RspCode": "00", "Amt": f"{dice.randrange(1, 9999) / 100:.2f}", "CardType": "Visa",
            "MaskedCardNbr": "426397******5262", "BatchId": str(1 + day // 7),
        }
        for n, day in enumerate(days)
    ]  # fmt: skip
    batches = [
        {
            "SiteId": "21232", "MerchName": "CAFE", "DeviceId": "7", "BatchId": str(1 + week), "BatchStatus": "C",
            "OpenUtcDT": f"{FIRST + dt.timedelta(days=7 * week)}T10:00:00",
            "CloseUtcDT": f"{FIRST + dt.timedelta(days=7 * week + 6)}T22:00:00",
            "CloseDT": f"{FIRST + dt.timedelta(days=7 * week + 6)}T18:00:00",
        }
        for week in range(DAYS // 7 + 1)
    ]  # fmt: skip
    tables = {"portico_transactions": sold, "portico_batches": batches}
    return {table: portico.kept(table, rows) for table, rows in tables.items()}


def tickets(dice: Random, count: int) -> Rows:
    """Tickets of a shop, each with a line and a payment."""
    found = []
    for n in range(1, count + 1):
        day = FIRST + dt.timedelta(days=dice.randrange(DAYS))
        paid = f"{dice.randrange(1, 9999) / 100:.2f}"
        found.append(
            {
                "id": n, "public_id": str(n), "status": "complete", "source_location_id": 1, "total": paid,
                "completed_at": f"{day}T16:00:00Z", "local_completed_at": f"{day}T12:00:00", "completed?": True,
                "voided?": False, "lines": [{"id": n * 10, "type": "ItemLine", "qty": 1, "value": paid}],
                "payments": [{"id": n * 10, "status": "complete", "amount": paid, "payment_type_id": 7}],
            }
        )  # fmt: skip
    return {"retail_tickets": retail.kept("sales/tickets", found)}


def ledger(dice: Random, count: int) -> Rows:
    """Ledger lines in entries of two, on days around the month."""
    made = {name: [dict(row) for row in rows] for name, rows in books(count).items()}
    for batch in made["intacct_batch"]:
        batch["batch_date"] = (FIRST + dt.timedelta(days=dice.randrange(DAYS))).isoformat()
    day_of = {batch["recordno"]: batch["batch_date"] for batch in made["intacct_batch"]}
    for line in made["intacct_line"]:
        line["entry_date"] = day_of[line["batchkey"]]
    for account in made["intacct_account"]:
        account["normalbalance"] = "debit"
    return made


@dataclass(frozen=True)
class Surface:
    """One service under trial: its rows, what of them may change, and how small its pages are made."""

    kinds: tuple[str, ...]
    rows: Callable[[Random, int], Rows]
    stirred: Mapping[str, str]  # by table: a statement that edits the row of one key
    watched: Mapping[str, tuple[str, str]]  # by source: the table and column that its row ids come from
    touches: int  # of the disk by a pull, about
    calls: int
    sizes: tuple[int, int] = (2, 12)


LINES = {"intacct_line": "UPDATE intacct_line SET document = 'E' || recordno WHERE recordno = ?"}
SURFACES: Mapping[str, Surface] = {
    "gp_api": Surface(
        ("payments", "deposits"),
        sales,
        {
            table: f"UPDATE {table} SET body = json_set(body, '$.amount', '{cents}') WHERE id = ?"
            for table, cents in (("gp_transactions", 707), ("gp_deposits", 808), ("gp_disputes", 909))
        },
        {"gp_api.transactions": ("gp_transactions", "id"), "gp_api.deposits": ("gp_deposits", "id")},
        300,
        20,
        (6, 30),
    ),
    "portico": Surface(
        ("payments",),
        gateway_sales,
        {"portico_transactions": "UPDATE portico_transactions SET Amt = '7.07' WHERE GatewayTxnId = ?"},
        {"portico.activity": ("portico_transactions", "GatewayTxnId")},
        240,
        30,
    ),
    "retail": Surface(
        ("tickets",),
        tickets,
        {"retail_tickets": "UPDATE retail_tickets SET body = json_set(body, '$.note', 'edited') WHERE id = ?"},
        {"retail.tickets": ("retail_tickets", "id")},
        200,
        12,
    ),
    "intacct_xml": Surface(
        ("ledger", "accounts", "balances"), ledger, LINES, {"intacct.gldetail": ("intacct_line", "recordno")}, 200, 15
    ),
    "intacct_rest": Surface(
        ("ledger", "accounts"),
        ledger,
        LINES,
        {
            "intacct.journal_entry_line": ("intacct_line", "recordno"),
            "intacct.journal_entry": ("intacct_batch", "recordno"),
        },
        250,
        25,
    ),
}


def supply_of(name: str, surface: Surface) -> Supply:
    """A sources.toml in which everything of the surface comes from it."""
    sources = {kind: {"from": "api", "service": name} for kind in surface.kinds}
    return Supply.model_validate({**tomllib.loads(services_text(HOME, [name])), "sources": sources})


@dataclass
class Stirring:
    """The sandbox with people at work in it: after a call a row may come, go or change; at some call all ends."""

    app: Any
    world: World
    surface: Surface
    dice: Random | None
    die_at_call: int = 0
    done: Counter[str] = field(default_factory=Counter)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the call, then stir the rows."""
        self.done["calls"] += 1
        if self.done["calls"] == self.die_at_call and self.die_at_call % 2:
            os.kill(os.getpid(), signal.SIGKILL)
        await self.app(scope, receive, send)
        if self.dice is not None and self.dice.random() < 0.35:
            self._stir(self.dice)
        if self.done["calls"] == self.die_at_call:
            os.kill(os.getpid(), signal.SIGKILL)

    def _stir(self, dice: Random) -> None:
        table = dice.choice(sorted(self.surface.stirred))
        how = dice.choice(("insert", "delete", "edit", "both"))
        self.done[how] += 1
        if how == "edit":
            key = self.world.tables[table].key
            keys = self.world.query(f"SELECT {key} FROM {table} ORDER BY 1")
            if keys:
                self.world.write(self.surface.stirred[table], dice.choice(keys))
            return
        counts = {"insert": (dice.randrange(1, 3), 0), "delete": (0, dice.randrange(1, 3)), "both": (1, 1)}
        insert, delete = counts[how]
        self.world.churn(table, insert=insert, delete=delete, seed=dice.randrange(1 << 30))


@dataclass(frozen=True)
class Trial:
    """One seed: what is pulled, and what happens to it."""

    seed: int
    folder: Path

    @property
    def name(self) -> str:
        """The service."""
        return sorted(SURFACES)[self.seed % len(SURFACES)]

    @property
    def surface(self) -> Surface:
        """What is known of the service."""
        return SURFACES[self.name]

    @property
    def is_calm(self) -> bool:
        """True where nothing changes while the pull is killed: then the whole workspace must be the same."""
        return Random(f"calm {self.seed}").random() < 0.25

    def dice(self, what: str) -> Random:
        """Chance for one purpose, the same for the same seed."""
        return Random(f"{what} {self.seed}")

    def world(self) -> World:
        """The rows of the seed, in a file that outlives its process; no row is older than the file's own."""
        dice = self.dice("rows")
        file = self.folder / "world.db"
        clock = Clock(lambda: START)
        if file.exists():
            return World.of_rows({}, file=file, clock=clock)
        world = World.of_rows(self.surface.rows(dice, dice.choice((3, 20, 40, 60))), file=file, clock=clock)
        make_app(world)
        world.write("CREATE TABLE ever (place TEXT, id TEXT, at_first INTEGER)")
        for table, column in self.surface.watched.values():
            world.write(f"INSERT INTO ever SELECT '{table}', {column}, 1 FROM {table}")
            world.write(
                f"CREATE TRIGGER {table}_ever AFTER INSERT ON {table} BEGIN "
                f"INSERT INTO ever VALUES ('{table}', NEW.{column}, 0); END"
            )
        return world

    def pull(self, workspace: Path, world: World, dice: Random | None, *, die_at_call: int = 0) -> Counter[str]:
        """Pull the period once; what was done to the rows meanwhile."""
        stirring = Stirring(make_app(world), world, self.surface, dice, die_at_call)
        company, supply = load_workspace(workspace), supply_of(self.name, self.surface)
        link = Link(workspace, workspace.parent / "own", {self.name: in_process(stirring)})
        services = services_of(supply, Purse(ENVIRON), link, lambda: START)
        low, high = self.surface.sizes
        size = self.dice("size").randrange(low, high)
        for service in services:
            service.feeds = _smaller(service.feeds, size)
        pull(PullRequest(company, supply, PULLED, services, lambda: START))
        return stirring.done


def _smaller(feeds: Callable[[Any], Any], size: int) -> Callable[[Any], list[Feed]]:
    """The same feeds in pages of so many rows."""

    def made(wire: Any) -> list[Feed]:
        found = [replace(feed) for feed in feeds(wire)]
        for feed in found:
            known = vars(feed.source)
            if "_retail" in known:
                known["_retail"].per_page = size
            known.update({name: size for name in ("_size", "_page_size") if name in known})
        return found

    return made


def killed(trial: Trial, number: int) -> None:
    """A pull that SIGKILL ends somewhere, unless it ends before."""
    dice = trial.dice(f"kill {number}")
    world = trial.world()
    churn = None if trial.is_calm else trial.dice(f"churn {number}")
    at_call = dice.randrange(1, trial.surface.calls) if dice.random() < 0.3 else 0
    if not at_call:
        die_at(dice.randrange(1, trial.surface.touches))
    trial.pull(trial.folder / "rough", world, churn, die_at_call=at_call)


def judged(trial: Trial) -> Iterator[str]:
    """What is wrong with the pull after it was taken up, and after the books have come to rest."""
    rough, smooth = trial.folder / "rough", trial.folder / "smooth"
    world = trial.world()
    if not trial.is_calm:
        try:
            done = trial.pull(rough, world, trial.dice("last churn"))
            yield from (f"note {name}={count}" for name, count in done.items())
        except RemoteError as fault:
            yield "note refused=1" if fault.exit_code == 3 else f"the fault has exit code {fault.exit_code}"
            trial.pull(rough, world, None)  # takes up the refused pull, whose finished windows are not read again
        else:
            yield from _missing_or_doubled(trial, world)
    trial.pull(rough, world, None)
    trial.pull(smooth, world, None)
    if trial.is_calm:
        if fingerprint(rough) != fingerprint(smooth):
            yield "the workspace differs from that of an undisturbed pull"
        return
    if fingerprint(rough / "sources") != fingerprint(smooth / "sources"):
        yield "the folder of the close differs from that of an undisturbed pull"
    for source in _sources(smooth):
        if _standing(rough, source) != _standing(smooth, source):
            yield f"the rows of {source} differ from those of an undisturbed pull"


def _missing_or_doubled(trial: Trial, world: World) -> Iterator[str]:
    for source, (table, column) in trial.surface.watched.items():
        seen = [row_id for row_id, _ in _standing(trial.folder / "rough", source)]
        now = {str(row[0]) for row in world.query(f"SELECT {column} FROM {table}")}
        ever = world.query("SELECT id, at_first FROM ever WHERE place = ?", (table,))
        always = {row_id for row_id, at_first in ever if at_first} & now
        if len(seen) != len(set(seen)):
            yield f"{source}: a row is doubled"
        if missing := always - set(seen):
            yield f"{source}: {len(missing)} rows are missing that stood there all the time: {sorted(missing)[:5]}"
        if strange := set(seen) - {row_id for row_id, _ in ever}:
            yield f"{source}: {len(strange)} rows never stood there: {sorted(strange)[:5]}"


def _sources(workspace: Path) -> list[str]:
    return sorted(path.name for path in (workspace / "pulled").iterdir() if (path / "versions").is_dir())


def _standing(workspace: Path, source: str) -> list[tuple[str, str]]:
    """Ids and contents of the rows that stand in the store."""
    found = SourceStore(workspace / "pulled" / source).history().collect()
    last = found.unique("row_id", keep="last", maintain_order=True).filter(~pl.col("deleted"))
    return sorted(last.select("row_id", "content").rows())


def small_workspace(folder: Path) -> Path:
    """The template's workspace, which reads no day beside the period's own."""
    made = make_workspace(folder)
    policy = made / "policy.toml"
    policy.write_text(policy.read_text(encoding="utf-8").replace(MARGIN, "margin_days = 0"), encoding="utf-8")
    return made


def in_child(work: Callable[[], Any]) -> tuple[str, list[str]]:
    """How a process ended that was forked for the work, and what it told."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 1
        try:
            told = work()
            os.write(writing, json.dumps(list(told or ())).encode())
            code = 0
        except RemoteError:
            code = 3
        except BaseException:
            os.write(writing, json.dumps([traceback.format_exc()[-1500:]]).encode())
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        data = stream.read()
    _, status = os.waitpid(child, 0)
    how = "killed" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
    return how, json.loads(data) if data else []


def tried(seed: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """What happened to the seed, counted, and what is wrong with it."""
    trial = Trial(seed, folder)
    counts: Counter[str] = Counter(pulls=1, calm=int(trial.is_calm))
    small_workspace(folder / "rough")
    small_workspace(folder / "smooth")
    wrong: list[str] = []
    for number in range(trial.dice("kills").choice((1, 1, 2, 3))):
        how, told = in_child(lambda number=number: killed(trial, number))
        counts[how] += 1
        wrong += told
    how, told = in_child(lambda: judged(trial))
    wrong += [one for one in told if not one.startswith("note ")]
    for note in (one.removeprefix("note ") for one in told if one.startswith("note ")):
        name, _, count = note.partition("=")
        counts[f"{name} under the last churn"] += int(count)
    if how != "exit 0":
        wrong.append(f"the judge ended with {how}")
    return counts, [f"seed {seed} ({trial.name}{', calm' if trial.is_calm else ''}): {one}" for one in wrong]


def campaign(first: int, last: int, home: Path) -> tuple[Counter[str], list[str]]:
    """All seeds from first to last; counts, and what is wrong."""
    gc.freeze()
    counts, wrong = Counter[str](), list[str]()
    for seed in range(first, last + 1):
        (folder := home / str(seed)).mkdir(parents=True)
        one, said = tried(seed, folder)
        counts += one
        wrong += said
        sys.stdout.write("".join(f"{line}\n" for line in said))
        sys.stdout.flush()
        shutil.rmtree(folder)
    return counts, wrong


def main() -> None:
    """Try the seeds that the command line names."""
    parser = argparse.ArgumentParser(description="Pull under churn and kills, and compare with undisturbed pulls.")
    parser.add_argument("--seeds", default="1-100", help="such as 1-2000")
    parser.add_argument("--folder", type=Path, help="where to work; memory is faster than a disk")
    words = parser.parse_args()
    first, _, last = words.seeds.partition("-")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=words.folder) as home:
        counts, wrong = campaign(int(first), int(last or first), Path(home))
    figures = {"seeds": words.seeds, "wrong": len(wrong), "seconds": round(time.perf_counter() - began), **counts}
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
