"""The law of closure over the wire: what a close proposes, once approved and posted, leaves nothing to book."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from desk_rig import INTACCT, PERIOD, STORES, USERS, posts_to, sandbox_secrets

from recon.compute import CloseRequest, compute, plan_close
from recon.demo import write_demo_month
from recon.desk import Seat, approve, door_of, mark_reviewed, take_in, take_seat
from recon.desk.ledger import poster_of
from recon.period import parse_period
from recon.posting.model import Report
from recon.pulling import PullRequest, pull
from recon.pulling.credentials import Purse
from recon.pulling.interfaces import Link
from recon.pulling.services import open_company, services_of
from recon.reporting.model import RunRecord
from recon.sandbox.app import make_app
from recon.sandbox.serve import serving
from recon.sandbox.world import World
from recon.wire.loop import run
from recon.workspace import init_workspace

APIS = {"xml": "intacct_xml", "rest": "intacct_rest"}
_FROM_FILES = """
[sources]
ledger = {{ from = "api", service = "{service}" }}
accounts = {{ from = "api", service = "{service}" }}
"""
_BALANCES = 'balances = { from = "api", service = "intacct_xml" }\n'


@dataclass(frozen=True)
class Company:
    """The demo company before its sandbox: ledger, chart and trial balance are pulled, the rest was downloaded."""

    workspace: Path
    world: World

    def closed(self, by: str) -> RunRecord:
        """The month as it is pulled and closed now."""
        opened = open_company(self.workspace)
        link = Link(self.workspace, self.workspace.parent / "home")
        services = services_of(opened.supply, Purse(sandbox_secrets()), link, opened.clock)
        month = parse_period(PERIOD, opened.company.policy.periods)
        pulled = pull(PullRequest(opened.company, opened.supply, month, services, opened.clock))
        request = CloseRequest(PERIOD, self.workspace, pulled.folder)
        with tempfile.TemporaryDirectory() as scratch:
            return replace(compute(plan_close(request), Path(scratch)), closed_by=by)

    @contextlib.contextmanager
    def seat(self, who: str) -> Iterator[Seat]:
        """The seat of a person; who it is, the tests of the commands have shown."""
        with take_seat(self.workspace, lambda _: who) as seat:
            yield seat

    def balances(self) -> dict[tuple[str, str | None], Decimal]:
        """The balance of every account and place in the ledger itself, posted entries alone."""
        rows = self.world.query(
            "SELECT l.accountno, l.location, sum(l.tr_type * l.cents) FROM intacct_line l JOIN intacct_batch b "
            "ON b.recordno = l.batchkey WHERE b.state = 'Posted' GROUP BY 1, 2"
        )
        return {(account, place): Decimal(cents).scaleb(-2) for account, place, cents in rows}


@contextlib.contextmanager
def company(folder: Path, api: str, mode: str, stores: int) -> Iterator[Company]:
    """The company, posting through this interface in this mode."""
    workspace = folder / "juniper"
    init_workspace(workspace)
    write_demo_month(workspace / "sources", period=PERIOD, stores=stores)
    for name in ("intacct_gl_detail", "trial_balance", "chart_of_accounts"):
        for path in (workspace / "sources").glob(f"{name}*"):
            path.unlink()
    (workspace / "users.csv").write_text(USERS.format(ann="", bob="", carla=""), encoding="utf-8")
    world = World.of_demo(period=PERIOD, stores=stores)
    with contextlib.closing(world), serving(make_app(world, INTACCT)) as url:
        posts_to(workspace, url, APIS[api], {'mode = "draft"': f'mode = "{mode}"'})
        with (workspace / "sources.toml").open("a", encoding="utf-8") as stream:
            stream.write(_FROM_FILES.format(service=APIS[api]) + (_BALANCES if api == "xml" else ""))
        yield Company(workspace, world)


def posted(made: Company, record: RunRecord) -> Report:
    """What became of all that the run proposes: reviewed by Bob, approved by Carla, posted by Ann."""
    with made.seat("bob") as seat:
        mark_reviewed(seat, take_in(seat, record).added)
    with made.seat("carla") as seat:
        approve(seat, seat.store.all(states=("reviewed",)))
    with made.seat("ann") as seat:
        door = door_of(seat, record, purse=Purse(sandbox_secrets()))

        async def done() -> Report:
            async with door.open() as ledger:
                return await poster_of(seat, ledger).post()

        return run(done())


def closes(folder: Path, api: str, mode: str, stores: int) -> None:
    """Assert the law for the company: closed, approved, posted, pulled and closed again."""
    with company(folder, api, mode, stores) as made:
        first = made.closed("ann")
        to_book = first.found.frames["variances"].filter(status="book")
        stood = made.balances()

        report = posted(made, first)
        second = made.closed("ann")

        assert to_book.height == first.found.frames["adjustments"].height > 5
        assert [one.words for one in report.done if one.what != "confirmed"] == []
        assert len(report.done) == to_book.height
        left = second.found.frames["variances"]
        assert left.filter(status="book").is_empty(), left.filter(status="book")["explanation"].to_list()
        assert second.found.entries_count == 0
        _same_but_booked(first, second)
        _balances_to_the_cent(made, stood, first, second)


def _same_but_booked(first: RunRecord, second: RunRecord) -> None:
    """What asked nobody for booking stands as it stood: the same findings, no new ones that ask."""
    asked = [record.found.frames["variances"].filter(status="ask")["variance_id"].sort() for record in (first, second)]
    assert asked[0].to_list() == asked[1].to_list()
    assert second.found.unexplained == first.found.unexplained == 0


def _balances_to_the_cent(
    made: Company, stood: dict[tuple[str, str | None], Decimal], first: RunRecord, second: RunRecord
) -> None:
    """Each balance moved by what was approved and by nothing else, and the close sees it so."""
    moved = first.found.frames["adjustment_lines"].group_by("account", "location").agg(pl.col("amount").sum())
    wanted = dict(stood)
    for account, place, amount in moved.iter_rows():
        wanted[account, place] = wanted.get((account, place), Decimal("0.00")) + amount
    nothing = Decimal("0.00")
    stands = {at: one for at, one in made.balances().items() if one != nothing}
    assert stands == {at: one for at, one in wanted.items() if one != nothing}
    checks = {one.name: one.passed for one in second.found.checks}
    assert checks["trial_balance"] is not False
    assert checks["bridge_unexplained"] is True


@pytest.fixture
def nobody_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No database of a team, and locks in a folder of the test's own."""
    monkeypatch.delenv("RECON_DATABASE_URL", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.usefixtures("nobody_else")
def test_what_was_proposed_approved_and_posted_leaves_nothing_to_book(tmp_path: Path) -> None:
    closes(tmp_path, "xml", "draft", STORES)


@pytest.mark.heavy
@pytest.mark.usefixtures("nobody_else")
@pytest.mark.parametrize("mode", ["direct", "draft"])
@pytest.mark.parametrize("api", list(APIS))
def test_the_whole_demo_company_closes_through_either_interface_in_either_mode(
    tmp_path: Path, api: str, mode: str
) -> None:
    closes(tmp_path, api, mode, 10)
