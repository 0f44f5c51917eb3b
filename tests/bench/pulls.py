"""Pulls against the vendors' public SDKs: the same rows from the same server, side by side, as one line of JSON.

    python tests/bench/pulls.py [--rows 100000] [--only gp_api portico intacct_xml intacct_rest]

The sandbox runs in a process of its own, each client in a fresh one. For each interface are told: what the SDK needs
for its list of rows (`sdk`), what `recon` needs for the same rows as a canonical frame (`read`), and for a whole
`recon pull`, durable store and canonical files included (`pull`): CPU seconds of the client without its imports, wall
seconds, and the most memory. The ratios are of CPU. Ends with 1, and says why, where a ratio or the memory of a pull
goes beyond its bound. Needs the test extra.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1]))

PERIOD = "2026-09"
FIRST_DAY, LAST_DAY, DAY_AFTER = map(dt.datetime.fromisoformat, ("2026-09-01", "2026-09-30", "2026-10-01"))
INTERFACES = ("gp_api", "portico", "intacct_xml", "intacct_rest")
# What the ratios may be: above what they were when the README's table was measured, by what they differ between runs.
MOST_CPU = {
    "gp_api": {"read": 1.2, "pull": 2.2},
    "portico": {"read": 0.2, "pull": 0.55},
    "intacct_xml": {"read": 0.32, "pull": 0.55},
    "intacct_rest": {"read": 2.2, "pull": 6.3},
}
MOST_MEMORY_MB = 500  # of a pull
_KIND = {"gp_api": "payments", "portico": "payments", "intacct_xml": "ledger", "intacct_rest": "ledger"}
_REST_OBJECT = "/objects/general-ledger/journal-entry-line"


def serve(rows: int) -> None:
    """Serve so many rows at every interface on a free port of this machine, whose number is the first line out."""
    from make_books import books

    from recon.sandbox import card_rows, gp_api, gp_tables, intacct_rest, intacct_xml, portico, retail  # noqa: F401
    from recon.sandbox.app import make_app
    from recon.sandbox.serve import bound, server_of
    from recon.sandbox.world import World

    world = World.of_rows(
        {
            **books(rows),
            "gp_transactions": gp_tables.kept("gp_transactions", map(_sale, range(rows))),
            "portico_transactions": portico.kept("portico_transactions", map(_activity, range(rows))),
        }
    )
    listener = bound("127.0.0.1", 0)
    _say(listener.getsockname()[1])
    surfaces = [gp_api.routes, portico.routes, intacct_xml.routes, intacct_rest.routes]
    server_of(make_app(world, surfaces)).run(sockets=[listener])


def _sale(n: int) -> dict[str, Any]:
    """One card sale as GP-API lists it."""
    day = f"2026-09-{n % 28 + 1:02d}"
    return {
        "id": f"TRN_{n:07d}", "time_created": f"{day}T{n % 24:02d}:{n % 60:02d}:30.52Z", "time_last_updated": "",
        "time_created_reference": f"{day}T12:00:00", "status": "FUNDED", "type": "SALE", "channel": "CP",
        "capture_mode": "AUTO", "amount": str(1000 + n % 9000), "currency": "USD", "gratuity_amount": "100",
        "cashback_amount": "", "surcharge_amount": "", "reference": f"INV-{n}", "order_reference": f"INV-{n}",
        "order": {"reference": f"INV-{n}"}, "batch_id": f"BAT_{n % 28}", "country": "US", "merchant_id": "MER_juniper",
        "merchant_name": "Corner", "account_id": "TRA_juniper", "account_name": "transaction_processing",
        "action_create_id": "ACT", "parent_resource_id": f"TRN_{n:07d}",
        "platforms": [{"type": "PORTICO", "transaction_id": f"2{n:011d}"}],
        "payment_method": {
            "result": "00", "message": "APPROVAL", "entry_mode": "CHIP", "name": "",
            "card": {
                "brand": "VISA", "funding": "CREDIT", "authcode": "120001", "brand_reference": f"MWE{n}",
                "masked_number_first6last4": f"426397XXXXXX{n % 9000 + 1000}",
            },
        },
        "system": {
            "mid": "101023947262", "tid": "0001", "hierarchy": "055-70-024-011-019", "name": "CORNER CAFE LLC",
            "dba": "CORNER CAFE",
        },
    }  # fmt: skip


def _activity(n: int) -> dict[str, str]:
    """One card sale as Portico reports it."""
    day = f"2026-09-{n % 28 + 1:02d}"
    return {
        "GatewayTxnId": f"2{n:011d}", "SiteId": "21232", "DeviceId": "1525000", "MerchName": "CAFE", "UserName": "u",
        "ServiceName": "CreditSale", "TxnUtcDT": f"{day}T{n % 24:02d}:{n % 60:02d}:30.52", "TxnDT": f"{day}T08:00:00",
        "OriginalGatewayTxnId": "0", "GatewayRspCode": "0", "GatewayRspMsg": "Success", "TxnStatus": "C",
        "RspCode": "00", "RspText": "APPROVAL", "AuthCode": "1", "CardType": "Visa",
        "MaskedCardNbr": "426397******5262", "SaleReturnInd": "S", "Amt": "20.00", "AuthAmt": "20.00",
        "SettlementAmt": "23.00", "GratuityAmtInfo": "3.00", "InvoiceNbr": f"INV-{n}", "BatchId": "1",
    }  # fmt: skip


# How each SDK is pointed at the sandbox and asked for its rows; the setting-up is not timed.
Rows = Callable[[], int]


def sdk_gp_api(url: str, access: Mapping[str, str]) -> Rows:
    """GlobalPayments.Api's list of transactions."""
    from globalpayments.api import GpApiConfig, ServicesContainer
    from globalpayments.api.builders import TransactionReportBuilder
    from globalpayments.api.entities.enums import CardChannel, ReportType, SearchCriteria

    app = {"app_id": access["gp_api.app_id"], "app_key": access["gp_api.app_key"]}
    channel = CardChannel.CARD_NOT_PRESENT
    ServicesContainer.configure(GpApiConfig(**app, channel=channel, country="US", service_url=f"{url}/ucp"))

    def read() -> int:
        count, page = 0, 1
        while True:
            report = TransactionReportBuilder(ReportType.FindTransactionsPaged).with_paging(page, 1000)
            asked = report.where(SearchCriteria.StartDate, FIRST_DAY)
            got = len(asked.and_with(SearchCriteria.EndDate, LAST_DAY).execute().result)
            count, page = count + got, page + 1
            if got < 1000:
                return count

    return read


def sdk_portico(url: str, access: Mapping[str, str]) -> Rows:
    """GlobalPayments.Api's report of activity."""
    from globalpayments.api import PorticoConfig, ServicesContainer
    from globalpayments.api.services import ReportingService

    software = {"developer_id": "0", "version_number": "0"}
    key = access["portico.secret_api_key"]
    ServicesContainer.configure(PorticoConfig(secret_api_key=key, service_url=url, **software))

    def read() -> int:
        report = ReportingService.activity().with_start_date(FIRST_DAY)
        return len(report.with_end_date(DAY_AFTER).execute())

    return read


def sdk_intacct_xml(url: str, access: Mapping[str, str]) -> Rows:
    """sageintacctsdk's list of ledger lines."""
    import sageintacctsdk.apis.api_base as base
    from sageintacctsdk import SageIntacctSDK

    made = base.ApiBase.__init__

    def pointed(self: Any, *args: Any, **named: Any) -> None:
        made(self, *args, **named)
        self._ApiBase__api_url = f"{url}/ia/xml/xmlgw.phtml"

    base.ApiBase.__init__ = pointed
    names = ("sender_id", "sender_password", "user_id", "company_id", "user_password")
    sdk = SageIntacctSDK(*(access[f"intacct.{name}"] for name in names))
    return lambda: len(sdk.gl_detail.get_all())


def sdk_intacct_rest(url: str, access: Mapping[str, str]) -> Rows:
    """sageintacctrestsdk's pages of ledger lines, with the fields that `recon` asks for."""
    import intacctsdk.apis.api_base as base
    import intacctsdk.intacctsdk as top

    top.BASE_URL = base.BASE_URL = f"{url}/ia/api/v1"
    secrets = {"client_id": access["intacct.client_id"], "client_secret": access["intacct.client_secret"]}
    sdk = top.IntacctRESTSDK(username="recon@JUNIPER", **secrets)
    lines = base.ApiBase(sdk, object_path=_REST_OBJECT)
    lines.update_access_token(sdk.access_token)
    fields = access["fields"].split()
    rows: list[Any] = []

    def read() -> int:
        for page in lines.get_all_generator(fields, order_by=[{"key": "asc"}]):
            rows.extend(page)
        return len(rows)

    return read


SDKS = {"gp_api": sdk_gp_api, "portico": sdk_portico, "intacct_xml": sdk_intacct_xml, "intacct_rest": sdk_intacct_rest}


def own(name: str, url: str, access: Mapping[str, str], folder: Path, *, whole: bool) -> Rows:
    """`recon`'s rows of one interface: as a canonical frame, or through a whole pull into the workspace."""
    from recon.period import parse_period
    from recon.pulling import PullRequest, pull
    from recon.pulling.services import Opened, utc_now
    from recon.workspace import load_workspace
    from recon.workspace.supply import Supply

    workspace = folder / "workspace"
    shutil.copytree(HERE.parents[2] / "recon" / "workspace" / "template", workspace)
    (workspace / "sources").mkdir()
    sources = {_KIND[name]: {"from": "api", "service": name}}
    supply = Supply.model_validate({"services": {name: _settings(name, url, access)}, "sources": sources})
    opened = Opened(load_workspace(workspace), supply, utc_now)
    services = opened.services()
    period = parse_period(PERIOD)
    if whole:
        request = PullRequest(opened.company, supply, period, services, utc_now)
        return lambda: pull(request).rows[_KIND[name]]
    return lambda: _framed(name, services[0])


def _framed(name: str, service: Any) -> int:
    """The rows of the interface as its canonical frame: each page as columns as it comes, and the frame of them all."""
    import polars as pl

    from recon.frames.decoding import texts
    from recon.heartland import gateway, settlement
    from recon.intacct import rest_ledger, xml_ledger
    from recon.store import Window
    from recon.wire import run

    def flat(fields: Sequence[str]) -> dict[str, tuple[str, ...]]:
        return {field: (field,) for field in fields}

    def nested(fields: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        return {path: tuple(path.split(".")) for path in fields.values()}

    wanted = {
        "gp_api": ("gp_api.transactions", nested(settlement.TRANSACTION_FIELDS), settlement.payments),
        "portico": ("portico.activity", nested(gateway.TRANSACTION_FIELDS), gateway.gateway_payments),
        "intacct_xml": ("intacct.gldetail", flat(xml_ledger.LINE_FIELDS), xml_ledger.ledger),
        "intacct_rest": ("intacct.journal_entry_line", flat(rest_ledger.LINE_FIELDS), rest_ledger.rest_ledger),
    }
    source_name, paths, framed = wanted[name]

    async def read() -> list[pl.DataFrame]:
        async with service.open() as feeds:
            source = next(feed.source for feed in feeds if feed.source.name == source_name)
            window = Window(dt.date(2026, 9, 1), dt.date(2026, 9, 30))
            return [texts(page.rows, paths) async for page in source.pages(window, None)]

    count: int = framed(pl.concat(run(read()))).frame.height
    return count


def _settings(name: str, url: str, access: Mapping[str, str]) -> dict[str, Any]:
    """The service as sources.toml would name it; its secrets go into the environment of this process."""

    def secret(key: str) -> dict[str, str]:
        variable = f"PULLS_{key.replace('.', '_').upper()}"
        os.environ[variable] = access[key]
        return {"env": variable}

    if name == "gp_api":
        return {"base_url": f"{url}/ucp", "app_id": access["gp_api.app_id"], "app_key": secret("gp_api.app_key")}
    if name == "portico":
        return {"base_url": url, "secret_api_key": secret("portico.secret_api_key")}
    if name == "intacct_xml":
        plain = {one: access[f"intacct.{one}"] for one in ("sender_id", "company_id", "user_id")}
        hidden = {one: secret(f"intacct.{one}") for one in ("sender_password", "user_password")}
        return {"base_url": url, **plain, **hidden}
    client = {"client_id": access["intacct.client_id"], "client_secret": secret("intacct.client_secret")}
    return {"base_url": url, **client, "user": "recon@JUNIPER"}


def measure(name: str, way: str, url: str) -> dict[str, Any]:
    """One client's rows, CPU and wall seconds, and most memory in MB; of this process."""
    access = json.loads(os.environ["PULLS_ACCESS"])
    with tempfile.TemporaryDirectory() as folder:
        make = SDKS[name](url, access) if way == "sdk" else own(name, url, access, Path(folder), whole=way == "pull")
        cpu, wall = time.process_time(), time.perf_counter()
        rows = make()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"rows": rows, "cpu": round(cpu, 2), "wall": round(wall, 2), "memory_mb": most}


@contextlib.contextmanager
def served(rows: int) -> Iterator[str]:
    """The sandbox's address while it runs in a process of its own."""
    server = subprocess.Popen([sys.executable, HERE, "--serve", str(rows)], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.terminate()
        server.wait()


def compare(rows: int, names: Sequence[str], repeat: int) -> dict[str, Any]:
    """For each interface the figures of SDK, reading and pull (the least CPU of so many runs) and the ratios."""
    from judging import judges_python

    from recon.intacct.readings import JOURNAL_ENTRY_LINE as LINE
    from recon.sandbox.world import DEMO_ACCESS

    unknown = {"journalEntry.baseLocation.id", "audit.createdByUser.id"}  # to the sandbox, as to some companies
    fields = " ".join(field for field in (*LINE.needed, *LINE.wished) if field not in unknown)
    access, judges = json.dumps({**DEMO_ACCESS, "fields": fields}), judges_python()
    found: dict[str, Any] = {}
    with served(rows) as url:
        for name in names:
            runs: dict[str, list[dict[str, Any]]] = {"sdk": [], "read": [], "pull": []}
            for _ in range(repeat):
                for way, mine in runs.items():
                    python = judges if way == "sdk" else sys.executable  # the SDKs live in an environment of their own
                    said = subprocess.run(
                        [python, HERE, "--measure", name, way, url],
                        check=True, capture_output=True, text=True, env=os.environ | {"PULLS_ACCESS": access},
                    )  # fmt: skip
                    mine.append(json.loads(said.stdout))
            best = {way: min(mine, key=lambda one: one["cpu"]) for way, mine in runs.items()}
            if {one["rows"] for one in best.values()} != {rows}:
                raise SystemExit(f"{name}: not everybody got {rows} rows: {best}")
            ratios = {way: round(best[way]["cpu"] / best["sdk"]["cpu"], 2) for way in ("read", "pull")}
            found[name] = {**best, "ratio": ratios}
    return found


def beyond(found: Mapping[str, Any]) -> list[str]:
    """What goes beyond its bound, a sentence each; no sentence where nothing does."""
    ratios = [
        f"{name}: {way} takes {ratio} of the SDK's CPU time, more than {MOST_CPU[name][way]}"
        for name, one in found.items()
        for way, ratio in one["ratio"].items()
        if ratio > MOST_CPU[name][way]
    ]
    memory = [
        f"{name}: a pull takes {one['pull']['memory_mb']} MB, more than {MOST_MEMORY_MB}"
        for name, one in found.items()
        if one["pull"]["memory_mb"] > MOST_MEMORY_MB
    ]
    return ratios + memory


def _say(line: object) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Run what the command line asks for."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=100_000)
    asked.add_argument("--repeat", type=int, default=1)
    asked.add_argument("--only", nargs="+", choices=INTERFACES, default=INTERFACES)
    asked.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    asked.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.serve is not None:
        serve(given.serve)
    elif given.measure:
        _say(json.dumps(measure(*given.measure)))
    else:
        found = compare(given.rows, given.only, given.repeat)
        _say(json.dumps(found))
        if sentences := beyond(found):
            raise SystemExit("\n".join(sentences))


if __name__ == "__main__":
    main()
