"""`recon pull` and `recon doctor` through the real connectors against the sandbox: in this process and as a program."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import random
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from make_books import small_world, tell_open_books_by_xml
from pull_rig import PERIOD, START, fingerprint, make_workspace
from sandbox_company import ENVIRON, Company, app_of, supply_text

from recon.compute import CloseRequest, compute, plan_close
from recon.demo import DemoMonth, write_demo_month
from recon.doctor import Finding
from recon.errors import ConfigError, RemoteError
from recon.sandbox.faults import made_fault
from recon.sandbox.serve import serving
from recon.sandbox.world import DEMO_ACCESS, World

CARD = "4111 1111 1111 1111"
BARE_CARD = "4111111111111111"
LEDGER = dict.fromkeys(("ledger", "accounts"), "intacct_xml")
EVERYTHING = {
    "tickets": "retail", "payments": "gp_api", "deposits": "gp_api",
    **dict.fromkeys(("ledger", "balances", "accounts"), "intacct_xml"),
}  # fmt: skip


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path / "company", small_world(400), LEDGER)


@pytest.fixture(scope="module")
def small_month(tmp_path_factory: pytest.TempPathFactory) -> DemoMonth:
    return write_demo_month(tmp_path_factory.mktemp("downloads"), stores=4)


@pytest.fixture(scope="module")
def demo_company(tmp_path_factory: pytest.TempPathFactory, small_month: DemoMonth) -> Company:
    found = Company(tmp_path_factory.mktemp("demo") / "company", World.of_demo(stores=4), EVERYTHING)
    for name in ("payroll_register.csv", "locations.csv"):
        shutil.copy(small_month.folder / name, found.root / "sources" / name)
    return found


def ledger(company: Company) -> pl.DataFrame:
    return pl.read_parquet(company.root / "sources" / PERIOD / "ledger.parquet")


def test_a_month_pulled_through_every_connector_closes_as_its_downloads_do(
    demo_company: Company, small_month: DemoMonth, tmp_path: Path
) -> None:
    pulled = demo_company.pull()
    before = fingerprint(demo_company.root)

    assert pulled.rejects.is_empty()
    assert pulled.copied == ("locations.csv", "payroll_register.csv")
    found = []
    for n, sources in enumerate((pulled.folder, small_month.folder)):
        plan = plan_close(CloseRequest(PERIOD, demo_company.root, sources))
        found.append(compute(plan, tmp_path / str(n)).found)
    through_api, from_files = found
    assert through_api.statuses == from_files.statuses
    causes = [one.frames["variances"].select("cause", "document").sort(pl.all()) for one in found]
    assert causes[0].equals(causes[1])
    fees = [one.frames["tie_outs"].filter(leg="fee-billing").drop("right_ids") for one in found]
    assert fees[0].equals(fees[1])
    assert fees[0].filter(group="monthly")["left_amount"].is_not_null().all()

    assert not any(one.any for one in demo_company.pull(START + dt.timedelta(days=1)).added.values())
    assert fingerprint(demo_company.root) == before


# XML tells of an account's own restriction nowhere; who made an entry stands in GLBATCH, which a pull does not read.
TOLD_BY_REST_ALONE = {"ledger": ("created_by",), "accounts": ("direct_posting",), "locations": ()}


def test_the_same_books_through_both_interfaces_are_the_same_frames(tmp_path: Path) -> None:
    world = World.of_demo(stores=2)
    kinds = dict.fromkeys(TOLD_BY_REST_ALONE, "")
    folders = [
        Company(tmp_path / name, world, dict.fromkeys(kinds, name)).pull().folder
        for name in ("intacct_xml", "intacct_rest")
    ]

    for name, alone in TOLD_BY_REST_ALONE.items():
        by_xml, by_rest = (pl.read_parquet(folder / f"{name}.parquet") for folder in folders)
        first = by_xml.columns[0]
        assert by_xml.drop(alone).sort(first).equals(by_rest.drop(alone).sort(first)), name
        for column in alone:
            assert by_xml[column].null_count() == by_xml.height
            assert by_rest[column].null_count() == 0
    by_rest = pl.read_parquet(folders[1] / "ledger.parquet")
    assert set(by_rest["book"]) == {"ACCRUAL", "TAX"}
    assert set(by_rest["entity"]) == {"10"}


def test_orders_are_kept_as_they_come_and_make_no_frame_yet(tmp_path: Path) -> None:
    company = Company(tmp_path / "company", World.of_demo(stores=2), {"orders": "intacct_xml"})
    sold = company.world.one(
        "SELECT count(*), sum(total) FROM intacct_sodocument WHERE docparid = 'Sales Invoice'"
        " AND whencreated BETWEEN '2026-08-22' AND '2026-10-11'"
    )

    pulled = company.pull()
    found = pl.concat(
        [
            pl.read_parquet(one)
            for one in (company.root / "pulled" / "intacct.sodocument" / "versions").glob("*.parquet")
        ]
    )
    bodies = [json.loads(body) for body in found["body"]]

    assert {name: one.new > 0 for name, one in pulled.added.items()} == {
        "intacct.sales_order": True, "intacct.sodocument": True,
    }  # fmt: skip
    assert {body["DOCPARID"] for body in bodies} == {"Sales Invoice"}
    assert (len(bodies), sum(int(Decimal(body["TOTAL"]) * 100) for body in bodies)) == sold
    assert list(pulled.folder.glob("*.parquet")) == []
    assert not any(one.any for one in company.pull(START + dt.timedelta(days=1)).added.values())


def test_rest_and_portico_give_the_same_month_but_for_what_they_do_not_tell(tmp_path: Path) -> None:
    world = World.of_demo(stores=3)
    xml = Company(tmp_path / "xml", world, {"payments": "gp_api", **LEDGER})
    rest = Company(tmp_path / "rest", world, {"payments": "portico", **dict.fromkeys(LEDGER, "intacct_rest")})
    folders = [one.pull().folder for one in (xml, rest)]
    keys = ["line_id", "entry_id", "posting_date", "account", "location", "amount", "document", "state"]

    by_xml, by_rest = (pl.read_parquet(folder / "ledger.parquet").select(keys).sort("line_id") for folder in folders)
    assert by_xml.equals(by_rest)
    sums = [
        # Of the margin GP-API also tells what was settled then and sold before: that is outside of the month.
        pl.read_parquet(folder / "payments.parquet")
        .filter(pl.col("kind").is_in(["sale", "refund"]), pl.col("created_at").dt.strftime("%Y-%m") == PERIOD)["amount"]
        .sum()
        for folder in folders
    ]
    assert sums[0] == sums[1]


def test_no_secret_stands_in_any_file_of_the_workspace(demo_company: Company) -> None:
    demo_company.pull()

    for path in demo_company.root.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        for secret in ENVIRON.values():
            assert secret.encode() not in data, path


def test_a_card_number_in_a_memo_is_masked_before_it_is_kept(company: Company) -> None:
    company.world.write("UPDATE intacct_line SET description = ? WHERE recordno = 7", (f"card {CARD} called",))

    company.pull()

    assert ledger(company).filter(pl.col("line_id") == "intacct:7")["memo"].item() == "card ************1111 called"
    assert not holding(company.root, "4111 1111", BARE_CARD)


def test_a_line_whose_account_is_a_card_number_is_set_aside_and_told(company: Company) -> None:
    company.world.write("UPDATE intacct_line SET accountno = ? WHERE recordno = 7", (BARE_CARD,))

    pulled = company.pull()

    assert ledger(company).filter(pl.col("line_id") == "intacct:7").is_empty()
    assert pulled.rejects.select("source", "field", "frame").rows() == [("intacct.gldetail", "ACCOUNTNO", "ledger")]
    assert not holding(company.root, BARE_CARD)


def holding(root: Path, *numbers: str) -> list[Path]:
    """The files that hold one of the numbers, Parquet files as text."""
    found = []
    for path in (path for path in root.rglob("*") if path.is_file()):
        data = path.read_bytes()
        if path.suffix == ".parquet":
            data = str(pl.read_parquet(path).to_dicts()).encode()
        found += [path for number in numbers if number.encode() in data]
    return found


def test_a_deleted_and_an_edited_entry_of_closed_books_are_findings(tmp_path: Path) -> None:
    company = Company(tmp_path / "company", small_world(400), LEDGER, closed="2026-09-30")
    company.pull()
    company.world.write("DELETE FROM intacct_line WHERE batchkey = 12")
    company.world.write("UPDATE intacct_line SET cents = cents + 100, trx_cents = cents + 100 WHERE batchkey = 13")

    pulled = company.pull(START + dt.timedelta(days=1))

    assert pulled.new_changes.select("row_id", "change").rows() == [
        ("23", "deleted"), ("24", "deleted"), ("25", "changed"), ("26", "changed"),
    ]  # fmt: skip
    deleted, _, changed, _ = pulled.new_changes["explanation"]
    assert deleted.startswith("intacct.gldetail 23 of 2026-09-13 was deleted")
    assert "AMOUNT: 1.77; DEBITAMOUNT: 1.77; TRX_DEBITAMOUNT: 1.77; ACCOUNTNO: 1010; LOCATIONID: " in deleted
    assert "AMOUNT: 1.84, now 2.84" in changed


def test_an_entry_of_an_open_day_is_no_change_in_books_closed_in_mid_month(tmp_path: Path) -> None:
    kinds = {**LEDGER, "balances": "intacct_xml"}  # which change with each of the month's days
    company = Company(tmp_path / "company", small_world(60), kinds, closed="2026-09-14")
    company.pull()
    company.world.write("DELETE FROM intacct_line WHERE batchkey = 13")  # of the 14th
    company.world.write("DELETE FROM intacct_line WHERE batchkey = 14")  # of the 15th

    assert company.pull(START + dt.timedelta(days=1)).new_changes["row_id"].to_list() == ["25", "26"]


@pytest.mark.parametrize("service", ["intacct_rest", "intacct_xml"])
def test_an_entity_that_intacct_holds_closed_further_than_the_company_is_judged_by_its_own_day(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_open_books_by_xml(monkeypatch)
    company = Company(tmp_path / "company", small_world(60), dict.fromkeys(LEDGER, service))
    company.world.write("UPDATE intacct_location SET open_from = '2026-09-17' WHERE locationid = '20'")
    company.pull()
    company.world.write("DELETE FROM intacct_line WHERE batchkey = 13")  # of the 14th, in the entity that is open
    company.world.write("DELETE FROM intacct_line WHERE batchkey = 14")  # of the 15th, in the one that is not
    company.world.write("DELETE FROM intacct_line WHERE batchkey = 16")  # of the 17th, its first open day

    found = company.pull(START + dt.timedelta(days=1)).new_changes

    assert found.select("row_id", "change", "closed_through").rows() == [
        (number, "deleted", dt.date(2026, 9, 16)) for number in ("27", "28")
    ]


def test_a_service_that_fails_for_good_is_told_in_a_sentence_and_the_pull_goes_on_later(company: Company) -> None:
    company.world.faults.switch_on(made_fault({"name": "no_permission", "skip": 3, "times": "all"}))
    with pytest.raises(RemoteError) as fault:
        company.pull()
    assert fault.value.exit_code == 3
    assert "permission" in str(fault.value)
    company.world.faults.clear()

    pulled = company.pull(START + dt.timedelta(hours=1))

    assert pulled.resumed
    assert ledger(company).height == 400


def test_a_company_that_was_misspelt_locks_nobody_out_of_the_workspace(company: Company) -> None:
    spelt = DEMO_ACCESS["intacct.company_id"]
    company.write(f'"{spelt}"', '"AMCE"')
    with pytest.raises(RemoteError):
        company.pull()
    company.write('"AMCE"', f'"{spelt}"')

    assert company.pull().rows["ledger"] > 0


def test_two_merchants_of_the_gateway_never_share_a_store(tmp_path: Path) -> None:
    company = Company(tmp_path / "company", World.of_rows({}), {"payments": "portico"})
    company.pull()
    company.environ["PORTICO_SECRET_API_KEY"] = "skapi_of_another_merchant"

    with pytest.raises(ConfigError, match=r"holds rows of loopback key [0-9a-f]{12}, but sources.toml names"):
        company.pull()


def test_a_site_that_is_told_stays_the_same_when_its_key_is_changed(tmp_path: Path) -> None:
    company = Company(tmp_path / "company", World.of_rows({}), {"payments": "portico"})
    named = (
        (company.root / "sources.toml").read_text().replace("[services.portico]", '[services.portico]\nsite_id = "7"')
    )
    (company.root / "sources.toml").write_text(named)
    before = company.services()[0].account
    company.environ["PORTICO_SECRET_API_KEY"] = "skapi_new"

    assert company.services()[0].account == before == "loopback 7"


def test_missing_credentials_are_named_all_at_once(company: Company) -> None:
    company.environ.clear()

    with pytest.raises(ConfigError) as fault:
        company.pull()

    assert len(fault.value.problems) == 2
    assert "INTACCT_USER_PASSWORD is not set" in str(fault.value)


def states(findings: list[Finding]) -> dict[str, str]:
    return {one.check: one.state for one in findings}


def test_several_services_that_cannot_be_read_are_told_one_by_one(tmp_path: Path) -> None:
    company = Company(tmp_path / "company", small_world(20), LEDGER | {"payments": "portico"})
    company.world.faults.switch_on(made_fault({"name": "no_permission", "times": "all"}))

    with pytest.raises(RemoteError) as caught:
        company.pull()

    first, *others = str(caught.value).splitlines()
    assert first == "2 services could not be read; what was read is kept:"
    assert sorted(one.split()[1] for one in others) == ["Intacct", "Portico"]
    assert all(one.startswith("  - ") for one in others)


def test_the_doctor_finds_nothing_wrong_where_nothing_is(demo_company: Company) -> None:
    findings = demo_company.examine()

    assert {one.check for one in findings if one.state != "well"} <= {
        "closed periods", "Intacct's XML gateway: closed books", "Portico: clock", "Heartland Retail: clock",
        "GP-API: clock",
    }  # fmt: skip
    assert states(findings)["chart of accounts"] == "well"
    assert max(one.exit_code for one in findings) == 0


def test_the_doctor_names_the_downloads_that_a_close_still_needs(company: Company) -> None:
    for path in (company.root / "sources").iterdir():
        path.unlink()

    told = [one for one in company.examine() if one.check == "downloads"]

    assert [one.said.partition(" come ")[0] for one in told] == ["tickets", "deposits", "payroll", "locations"]
    assert {one.mend for one in told} == {"download it there"}


def test_the_doctor_tells_that_rest_gives_no_balances(tmp_path: Path) -> None:
    world = small_world(40)
    rest = Company(tmp_path / "rest", world, dict.fromkeys(LEDGER, "intacct_rest"))
    both = Company(tmp_path / "both", world, {"ledger": "intacct_rest", "balances": "intacct_xml"})

    (told,) = (one for one in rest.examine() if one.check == "balances")

    assert (told.state, told.exit_code) == ("unknown", 0)
    assert "no trial balance" in told.said
    assert "intacct_xml" in told.mend
    assert "balances" not in {one.check for one in both.examine()}


@pytest.mark.parametrize(("service", "is_told"), [("intacct_rest", True), ("intacct_xml", False)])
def test_the_doctor_tells_that_nobody_knows_whether_rest_posts_a_draft(
    tmp_path: Path, service: str, is_told: bool
) -> None:
    found = Company(tmp_path / "juniper", small_world(40), dict.fromkeys(LEDGER, service)).examine()

    told = [(one.state, one.exit_code, 'mode = "direct"' in one.mend) for one in found if one.check == "posting"]

    assert told == ([("unknown", 0, True)] if is_told else [])


def test_the_doctor_tells_a_wrong_password_and_a_missing_one(company: Company) -> None:
    company.environ["INTACCT_USER_PASSWORD"] = "wrong-but-secret"
    findings = company.examine()
    refused = findings[-1]
    assert (refused.state, refused.exit_code) == ("wrong", 3)
    assert refused.check == "Intacct's XML gateway: sign-in"
    assert "does not accept the user" in refused.said
    assert "check company id, user id and user password" in refused.mend
    assert "wrong-but-secret" not in str(findings)

    del company.environ["INTACCT_USER_PASSWORD"]
    assert "INTACCT_USER_PASSWORD is not set; set it" in company.examine()[-1].said


def test_the_doctor_tells_what_the_chart_will_refuse(demo_company: Company) -> None:
    world = demo_company.world
    world.write("UPDATE intacct_account SET requireclass = 'true' WHERE accountno = '4010'")
    world.write("UPDATE intacct_account SET status = 'inactive' WHERE accountno = '2350'")
    world.write("DELETE FROM intacct_account WHERE accountno = '1250'")

    said = [one.said for one in demo_company.examine() if one.check == "chart of accounts"]

    assert any("account 4010 requires a class, and the rule gives none" in one for one in said)
    assert any("account 2350 is inactive in Intacct" in one for one in said)
    assert any("account 1250 is not in the chart of accounts" in one for one in said)


def test_the_doctor_tells_a_clock_that_is_wrong(company: Company) -> None:
    company.world.clock.move(dt.timedelta(minutes=-10))

    clock = next(one for one in company.examine() if one.check == "Intacct's XML gateway: clock")

    assert clock.state == "wrong"
    assert "ahead of the service's" in clock.said
    assert "NTP" in clock.mend


def test_the_doctor_tells_a_store_that_was_changed(company: Company) -> None:
    company.pull()
    segment = next((company.root / "pulled" / "intacct.gldetail" / "versions").glob("*.parquet"))
    segment.write_bytes(segment.read_bytes() + b"\0")

    assert states(company.examine())["store"] == "wrong"


COMMAND = [sys.executable, "-c", "from recon.cli import main; main()"]


def typed(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    run = [*COMMAND, *words]
    return subprocess.run(run, capture_output=True, text=True, env={**os.environ, **environ}, timeout=120, check=False)


@contextlib.contextmanager
def served(root: Path, world: World) -> Iterator[Path]:
    with serving(app_of(world)) as url:
        workspace = make_workspace(root)
        (workspace / "sources.toml").write_text(supply_text(url, LEDGER))
        yield workspace


def test_the_command_pulls_and_says_what_came_of_it(tmp_path: Path) -> None:
    with served(tmp_path / "Juniper & Sons", small_world(50)) as workspace:
        said = typed("pull", PERIOD, "--workspace", str(workspace), **ENVIRON)
        told = json.loads(typed("pull", PERIOD, "--workspace", str(workspace), "--json", **ENVIRON).stdout)
        examined = json.loads(typed("doctor", "--workspace", str(workspace), "--json", **ENVIRON).stdout)

    assert (said.returncode, said.stderr) == (0, "")
    assert "ledger.parquet: 50 rows" in said.stdout
    closed = closed_as_told(said.stdout, tmp_path)
    assert closed.returncode == 4, "these small books have no stores to close"
    assert f"folder={workspace / 'sources' / PERIOD}" in closed.stderr
    assert told["rows"] == {"accounts": 4, "ledger": 50}
    assert told["sources"]["intacct.gldetail"] == {"new": 0, "changed": 0, "deleted": 0}
    assert examined["exit_code"] == 1  # the template's accounts are not in these small books


def closed_as_told(said: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command that the last line of a pull names."""
    program, *words = shlex.split(said.splitlines()[-1].removeprefix("Next: "))
    assert program == "recon"
    return typed(*words, "--only", "sales", "--reports", str(folder / "reports"))


def test_the_command_ends_with_3_and_a_sentence_where_nobody_answers(tmp_path: Path) -> None:
    with served(tmp_path / "company", small_world(4)) as workspace:
        pass

    said = typed("pull", PERIOD, "--workspace", str(workspace), "--json", **ENVIRON)

    assert said.returncode == 3
    assert said.stderr.startswith("recon: ")
    assert "Traceback" not in said.stderr
    assert not any(secret in said.stderr + said.stdout for secret in ENVIRON.values())


@pytest.mark.parametrize("seed", range(3))
def test_the_command_killed_over_a_real_wire_ends_in_the_same_bytes(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    world = small_world(3000)
    arguments = ["pull", PERIOD, "--workspace"]
    with served(tmp_path / "smooth", world) as smooth:
        began = time.monotonic()
        assert typed(*arguments, str(smooth), **ENVIRON).returncode == 0
        took = time.monotonic() - began
        rough = make_workspace(tmp_path / "rough")
        shutil.copy(smooth / "sources.toml", rough / "sources.toml")
        for _ in range(3):
            child = subprocess.Popen(
                [*COMMAND, *arguments, str(rough)], env={**os.environ, **ENVIRON}, stderr=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )  # fmt: skip
            time.sleep(took * (0.3 + 0.6 * chance.random()))
            child.kill()
            child.wait()
        assert typed(*arguments, str(rough), **ENVIRON).returncode == 0

    assert fingerprint(rough / "sources") == fingerprint(smooth / "sources")
    assert bodies(rough) == bodies(smooth)


def bodies(workspace: Path) -> list[tuple[str, str]]:
    """Ids and contents of every version that is kept."""
    files = sorted((workspace / "pulled").glob("*/versions/*.parquet"))
    return sorted(row for file in files for row in pl.read_parquet(file).select("row_id", "content").rows())
