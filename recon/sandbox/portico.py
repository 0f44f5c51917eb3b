"""The Portico gateway's reports: SOAP in, SOAP out, dollars, no pages, code 10 where there is nothing to report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from recon.demo import MadeMonth
from recon.sandbox import card_rows
from recon.sandbox.world import Row, Rows, Table, World

PATH = "/Hps.Exchange.PosGateway/PosGatewayService.asmx"
NAMESPACE = "{http://Hps.Exchange.PosGateway}"
DATACENTER = ZoneInfo("America/Chicago")
_MONEY = ("Amt", "AuthAmt", "SettlementAmt", "GratuityAmtInfo", "CashbackAmtInfo", "SurchargeAmtInfo")
_TRANSACTION = (
    "GatewayTxnId", "SiteId", "DeviceId", "MerchName", "MerchNbr", "UserName", "ServiceName", "TxnUtcDT", "TxnDT",
    "OriginalGatewayTxnId", "SiteTrace", "GatewayRspCode", "GatewayRspMsg", "TxnStatus", "RspCode", "RspText",
    "AuthCode", "CardType", "MaskedCardNbr", "CardHolderFirstName", "CardHolderLastName", "DebitCreditInd",
    "SaleReturnInd", *_MONEY, "InvoiceNbr", "CustomerID", "Description", "RefNbr", "ClientTxnId", "ClerkID", "BatchId",
)  # fmt: skip
_BATCH = (
    "SiteId", "MerchName", "DeviceId", "BatchId", "BatchStatus", "BatchSeqNbr", "OpenUtcDT", "CloseUtcDT",
    "OpenTxnId", "CloseTxnId", "BatchTxnCnt", "BatchTxnAmt", "OpenDT", "CloseDT",
)  # fmt: skip
# What a report calls the columns, in the order of its schema; a name without a column of its own is the column's.
_ACTIVITY = (
    "DeviceId", "UserName", "ServiceName", "GatewayTxnId", "TxnUtcDT", "OriginalGatewayTxnId", "SiteTrace",
    "GatewayRspCode", "GatewayRspMsg", "Status:TxnStatus", "IssuerRspCode:RspCode", "IssuerRspText:RspText",
    "MaskedCardNbr", "Amt", "TxnDT", "AuthAmt", "SettlementAmt", "ClerkID",
)  # fmt: skip
_DETAIL = (
    "GatewayTxnId", "TxnUtcDT", "TxnDT", "TxnStatus", "SiteTrace", "DebitCreditInd", "SaleReturnInd", "CardType",
    "MaskedCardNbr", "CardHolderFirstName", "CardHolderLastName", "GratuityAmtInfo", "CashbackAmtInfo",
    "SurchargeAmtInfo", "Amt", "AuthAmt", "SettlementAmt", "RspCode", "RspText", "AuthCode", "ServiceName", "ClerkID",
)  # fmt: skip
_FOUND = (
    "GatewayTxnId", "ClientTxnId", "DeviceId", "GatewayRspCode", "GatewayRspMsg", "CardType", "MaskedCardNbr",
    "ServiceName", "TxnStatus", "AuthCode", "Amt", "AuthAmt", "SettlementAmt", "GratuityAmtInfo", "UserName",
    "ClerkID", "TxnUtcDT", "TxnDT", "RspCode", "RspText", "RefNbr", "SiteTrace", "OriginalGatewayTxnId", "InvoiceNbr",
)  # fmt: skip
_CRITERIA = {
    "AuthCode": "AuthCode", "InvoiceNbr": "InvoiceNbr", "SettlementAmt": "SettlementAmt", "RefNbr": "RefNbr",
    "BatchId": "BatchId", "SiteTrace": "SiteTrace", "ClientTxnId": "ClientTxnId", "CardNbrFirstSix": "first6",
    "CardNbrLastFour": "last4", "AcctNbrLastFour": "last4", "DeviceId": "DeviceId", "ServiceName": "ServiceName",
}  # fmt: skip
Asked = Mapping[str, str]


class PorticoFault(Exception):
    """A gateway code other than 0, with the gateway's words; the reply then holds no transaction."""

    def __init__(self, code: int, words: str) -> None:
        self.code, self.words = code, words
        super().__init__(words)


def tables() -> list[Table]:
    """The gateway's transactions and its batches."""
    sold = {**dict.fromkeys(_TRANSACTION, "TEXT"), "utc": "TEXT", "first6": "TEXT", "last4": "TEXT"}
    batches = {**dict.fromkeys(_BATCH, "TEXT"), "utc": "TEXT"}
    by = (("utc",), ("DeviceId", "utc"), ("BatchId", "utc"), ("InvoiceNbr",))
    return [
        Table("portico_transactions", sold, "GatewayTxnId", by),
        Table("portico_batches", batches, "BatchId", (("DeviceId", "utc"),)),
    ]


def made(month: MadeMonth) -> Rows:
    """The rows of a made month."""
    return {
        "portico_transactions": kept("portico_transactions", card_rows.portico_transactions(month)),
        "portico_batches": kept("portico_batches", card_rows.portico_batches(month)),
    }


def kept(table: str, records: Any) -> list[Row]:
    """Records as the reports carry them as rows of a table: with the moment by which they are found."""
    if table == "portico_batches":
        return [{**record, "utc": _plain(record["OpenUtcDT"])} for record in records]
    found: list[Row] = []
    for record in records:
        masked = record.get("MaskedCardNbr") or ""
        found.append({**record, "utc": _plain(record["TxnUtcDT"]), "first6": masked[:6], "last4": masked[-4:]})
    return found


def _plain(text: str) -> str:
    """A UTC moment as text that sorts: no zone, no zeros at the end of the fraction.

    Raises: PorticoFault for a text that is no moment.
    """
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as cause:
        raise PorticoFault(7, f"Invalid report parameters: {text}") from cause
    moment = moment.astimezone(dt.UTC) if moment.tzinfo else moment
    fraction = f".{moment.microsecond:06d}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}"


def routes(world: World) -> list[BaseRoute]:
    """The gateway's one address, over the rows that the world holds."""
    world.hold(*tables(), made=made)

    async def serve(request: Request) -> Response:
        try:
            root = fromstring(await request.body(), forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError):
            return _soap("<soap:Fault><faultcode>soap:Client</faultcode><faultstring>malformed</faultstring>"
                         "</soap:Fault>", 500)  # fmt: skip
        try:
            if "no_permission" in request.scope.get("recon.faults", frozenset()):
                raise PorticoFault(-21, "Unauthorized")
            body = _answer(world, root)
            code, words = 0, "Success"
        except PorticoFault as fault:
            body, code, words = "", fault.code, fault.words
        return _soap(_reply(world, body, code, words), 200)

    return [Route(PATH, serve, methods=["POST"])]


def _soap(body: str, status: int) -> Response:
    envelope = (
        '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<soap:Body>{body}</soap:Body></soap:Envelope>"
    )
    return Response(envelope.encode(), status, {"Content-Type": "text/xml; charset=utf-8"})


def _reply(world: World, body: str, code: int, words: str) -> str:
    now = world.clock.now()
    header = _element(
        "Header",
        _fields(
            ("LicenseId", "SiteId", "DeviceId", "GatewayTxnId", "GatewayRspCode", "GatewayRspMsg", "RspDT"),
            (card_rows.LICENSE_ID, card_rows.SITE_ID, "1525000", f"{now:%H%M%S%f}", str(code), words, _local(now)),
        ),
    )
    transaction = _element("Transaction", body) if code == 0 else ""
    version = _element("Ver1.0", header + transaction)
    return f'<PosResponse rootUrl="http://127.0.0.1/" xmlns="http://Hps.Exchange.PosGateway">{version}</PosResponse>'


def _local(moment: dt.datetime) -> str:
    return f"{moment.astimezone(DATACENTER):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}"


def _element(name: str, inside: str) -> str:
    return f"<{name}>{inside}</{name}>"


def _fields(names: tuple[str, ...], values: tuple[Any, ...]) -> str:
    """One element a field that has a value."""
    return "".join(
        [
            f"<{name}>{escape(value)}</{name}>"
            for name, value in zip(names, values, strict=True)
            if value not in (None, "")
        ]
    )


def _answer(world: World, root: Any) -> str:
    """What the report that was asked for says.

    Raises: PorticoFault with the gateway's code.
    """
    version = root.find(f".//{NAMESPACE}PosRequest/{NAMESPACE}Ver1.0")
    header = version.find(f"{NAMESPACE}Header") if version is not None else None
    transaction = version.find(f"{NAMESPACE}Transaction") if version is not None else None
    if header is None or transaction is None or len(transaction) != 1:
        raise PorticoFault(-1, "Portico error: request is not valid")
    _check_access(world, {child.tag.removeprefix(NAMESPACE): child.text or "" for child in header})
    request = transaction[0]
    name = request.tag.removeprefix(NAMESPACE)
    report = _REPORTS.get(name)
    if report is None:
        raise PorticoFault(-1, f"Portico error: {name} is not served here")
    asked = {child.tag.removeprefix(NAMESPACE): child.text or "" for child in request.iter() if len(child) == 0}
    known, answer = report
    unknown = sorted(asked.keys() - known - {name, "Criteria", "TzConversion"})
    if unknown:
        raise PorticoFault(7, f"Invalid report parameters: {', '.join(unknown)}")
    return _element(name, answer(world, {key: value for key, value in asked.items() if value}))


def _check_access(world: World, header: Asked) -> None:
    """Let in who brings the secret key, or the site's licence with user and password."""
    if "SecretAPIKey" in header:
        known = header["SecretAPIKey"] == world.access["portico.secret_api_key"]
    else:
        given = (header.get("LicenseId"), header.get("SiteId"), header.get("Password"))
        known = given == (card_rows.LICENSE_ID, card_rows.SITE_ID, world.access["portico.secret_api_key"])
    if not known:
        raise PorticoFault(-2, "Authentication error: the credentials are not valid")


def _window(world: World, asked: Asked, start: str, end: str, days_before: int) -> tuple[str, str]:
    """From when to when, in UTC; without a word from whole days before today until tomorrow."""
    today = world.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    first = asked.get(start) or asked.get("RptStartUtcDT") or (today - dt.timedelta(days=days_before)).isoformat()
    last = asked.get(end) or asked.get("RptEndUtcDT") or (today + dt.timedelta(days=1)).isoformat()
    return _plain(first), _plain(last)


def _shown(columns: tuple[str, ...], asked: Asked) -> tuple[tuple[str, ...], str]:
    """The names of a report's fields and the columns they stand for; local times only if they are wanted."""
    zone = asked.get("TzConversion", "")
    if zone not in ("", "Merchant", "UTC", "Datacenter"):
        raise PorticoFault(7, "Invalid report parameters: TzConversion")
    pairs = [tuple(column.split(":")) if ":" in column else (column, column) for column in columns]
    if not zone:
        pairs = [pair for pair in pairs if pair[0] not in ("TxnDT", "OpenDT", "CloseDT")]
    if zone == "UTC":
        twins = {"TxnDT": "TxnUtcDT", "OpenDT": "OpenUtcDT", "CloseDT": "CloseUtcDT"}
        pairs = [(name, twins.get(column, column)) for name, column in pairs]
    return tuple(name for name, _ in pairs), ", ".join(column for _, column in pairs)


def _rows(element: str, names: tuple[str, ...], rows: list[tuple[Any, ...]], asked: Asked) -> str:
    """The rows as repeated elements.

    Raises: PorticoFault 10 if there are none.
    """
    if not rows:
        raise PorticoFault(10, "Report is empty")
    if asked.get("TzConversion") == "Datacenter":
        rows = [_in_datacenter(names, row) for row in rows]
    return "".join([_element(element, _fields(names, row)) for row in rows])


def _in_datacenter(names: tuple[str, ...], row: tuple[Any, ...]) -> tuple[Any, ...]:
    at = dict(zip(names, row, strict=True))
    for name in ("TxnDT", "OpenDT", "CloseDT"):
        instant = at.get(name.replace("DT", "UtcDT"))
        if name in at and instant:
            moment = dt.datetime.fromisoformat(_plain(instant)).replace(tzinfo=dt.UTC)
            at[name] = f"{moment.astimezone(DATACENTER):%Y-%m-%dT%H:%M:%S}"
    return tuple(at.values())


def _activity(world: World, asked: Asked) -> str:
    start, end = _window(world, asked, "RptStartUtcDT", "RptEndUtcDT", 0)
    names, columns = _shown(_ACTIVITY, asked)
    device, values = (" AND DeviceId = ?", [asked["DeviceId"]]) if "DeviceId" in asked else ("", [])
    where = f"utc >= ? AND utc < ?{device} ORDER BY utc, GatewayTxnId"
    found = world.query(f"SELECT {columns} FROM portico_transactions WHERE {where}", (start, end, *values))  # noqa: S608
    details = _rows("Details", names, found, asked)
    titles = ("RptStartUtcDT", "RptEndUtcDT", "SiteId", "MerchName", "DeviceId", "TxnCnt")
    told = (start, end, card_rows.SITE_ID, _merchant(world), asked.get("DeviceId", ""), str(len(found)))
    return _element("Header", _fields(titles, told)) + details


def _merchant(world: World) -> str:
    found = world.one("SELECT MerchName FROM portico_transactions WHERE MerchName IS NOT NULL LIMIT 1")
    return found[0] if found else ""


def _history(world: World, asked: Asked) -> str:
    start, end = _window(world, asked, "RptStartUtcDT", "RptEndUtcDT", 6)
    names, columns = _shown(_BATCH[2:], asked)
    device, values = (" AND DeviceId = ?", [asked["DeviceId"]]) if "DeviceId" in asked else ("", [])
    where = f"utc >= ? AND utc < ?{device} ORDER BY DeviceId, utc"
    found = world.query(f"SELECT {columns} FROM portico_batches WHERE {where}", (start, end, *values))  # noqa: S608
    details = _rows("Details", names, found, asked)
    amounts = [Decimal(row[names.index("BatchTxnAmt")] or 0) for row in found]
    titles = ("RptStartUtcDT", "RptEndUtcDT", "SiteId", "MerchName", "BatchCnt", "BatchAmt")
    told = (start, end, card_rows.SITE_ID, _merchant(world), str(len(found)), f"{sum(amounts):f}")
    return _element("Header", _fields(titles, told)) + details


def _batch_head(world: World, asked: Asked) -> tuple[str, str]:
    """The batch that is asked for, or the device's open one, and its facts."""
    names, columns = _shown(_BATCH, asked)
    if "BatchId" in asked:
        where, values = "BatchId = ?", [asked["BatchId"]]
    else:
        where, values = "BatchStatus = 'O' AND DeviceId = ?", [asked.get("DeviceId", "1525000")]
    found = world.one(f"SELECT {columns}, BatchId FROM portico_batches WHERE {where}", values)  # noqa: S608
    if found is None:
        raise PorticoFault(9 if "BatchId" in asked else 5, "No transaction associated with batch")
    return found[-1], _element("Header", _fields(names, found[:-1]))


def _batch_detail(world: World, asked: Asked) -> str:
    batch, head = _batch_head(world, asked)
    names, columns = _shown(_DETAIL, asked)
    extra = ("Description", "InvoiceNbr", "CustomerID")
    wanted = f"{', '.join(extra)}, {columns}"
    found = world.query(
        f"SELECT {wanted} FROM portico_transactions WHERE BatchId = ? ORDER BY utc, GatewayTxnId",  # noqa: S608
        (batch,),
    )
    if not found:
        raise PorticoFault(10, "Report is empty")
    if asked.get("TzConversion") == "Datacenter":
        found = [(*row[:3], *_in_datacenter(names, row[3:])) for row in found]
    more = [_fields(extra, row[:3]) for row in found]
    details = (
        _element("Details", _fields(names, row[3:]) + (_element("AdditionalTxnFields", also) if also else ""))
        for row, also in zip(found, more, strict=True)
    )
    return head + "".join(details)


def _batch_summary(world: World, asked: Asked) -> str:
    batch, head = _batch_head(world, asked)
    rows = world.query(
        "SELECT CardType, SaleReturnInd, SettlementAmt, GratuityAmtInfo FROM portico_transactions WHERE BatchId = ?",
        (batch,),
    )
    if not rows:
        raise PorticoFault(10, "Report is empty")
    return head + "".join(
        _element("Details", _summed(card or "", [row[1:] for row in rows if row[0] == card]))
        for card in sorted({row[0] for row in rows}, key=str)
    )


def _summed(card: str, rows: list[tuple[Any, ...]]) -> str:
    sales = [Decimal(amount or 0) for kind, amount, _ in rows if kind != "R"]
    returns = [Decimal(amount or 0) for kind, amount, _ in rows if kind == "R"]
    tips = sum((Decimal(tip or 0) for _, _, tip in rows), Decimal(0))
    zero = Decimal("0.00")
    sold, returned = sum(sales, zero), sum(returns, zero)
    names = ("CardType", "SaleCnt", "SaleAmt", "ReturnCnt", "ReturnAmt", "TotalCnt", "TotalAmt", "TotalGratuityAmtInfo")
    told = (len(sales), f"{sold:f}", len(returns), f"{returned:f}", len(rows), f"{sold - returned:f}", f"{tips:f}")
    return _fields(names, (card, *map(str, told)))


def _find(world: World, asked: Asked) -> str:
    names, columns = _shown(_FOUND, asked)
    if "TxnId" in asked:
        clauses, values = ["GatewayTxnId = ?"], [asked["TxnId"]]
    else:
        clauses, values = ["utc >= ?", "utc < ?"], list(_window(world, asked, "StartUtcDT", "EndUtcDT", 6))
    for name, column in _CRITERIA.items():
        if name in asked:
            clauses.append(f"{column} = ?")
            values.append(asked[name])
    where = f"{' AND '.join(clauses)} ORDER BY utc, GatewayTxnId"
    found = world.query(f"SELECT {columns} FROM portico_transactions WHERE {where}", values)  # noqa: S608
    return _rows("Transactions", names, found, asked)


def _one_transaction(world: World, asked: Asked) -> str:
    columns = (
        "GatewayTxnId", "SiteId", "MerchName", "DeviceId", "UserName", "ServiceName", "GatewayRspCode",
        "GatewayRspMsg", "TxnUtcDT", "OriginalGatewayTxnId", "MerchNbr",
    )  # fmt: skip
    data = ("TxnStatus", "CardType", "MaskedCardNbr", *_MONEY, "RefNbr", "RspCode", "RspText", "AuthCode")
    statement = f"SELECT {', '.join((*columns, *data))} FROM portico_transactions WHERE GatewayTxnId = ?"  # noqa: S608
    found = world.one(statement, (asked.get("TxnId", ""),))
    if found is None:
        raise PorticoFault(10, "Report is empty")
    names = tuple("ReqUtcDT" if name == "TxnUtcDT" else name for name in columns)
    return _fields(names, found[: len(columns)]) + _element("Data", _fields(data, found[len(columns) :]))


def _close(world: World, asked: Asked) -> str:
    device = asked.get("DeviceId", "1525000")
    found = world.one(
        "SELECT BatchId, BatchTxnCnt, BatchTxnAmt, BatchSeqNbr FROM portico_batches "
        "WHERE BatchStatus = 'O' AND DeviceId = ?",
        (device,),
    )
    if found is None:
        raise PorticoFault(5, "No current batch for the device")
    moment = f"{world.clock.now():%Y-%m-%dT%H:%M:%S}"
    world.write("UPDATE portico_batches SET BatchStatus = 'C', CloseUtcDT = ? WHERE BatchId = ?", (moment, found[0]))
    return _fields(("BatchId", "TxnCnt", "TotalAmt", "BatchSeqNbr"), found)


_DAYS = {"RptStartUtcDT", "RptEndUtcDT"}
_REPORTS: Mapping[str, tuple[set[str], Callable[[World, Asked], str]]] = {
    "ReportActivity": (_DAYS | {"DeviceId"}, _activity),
    "ReportBatchHistory": (_DAYS | {"DeviceId"}, _history),
    "ReportBatchDetail": ({"BatchId", "DeviceId"}, _batch_detail),
    "ReportBatchSummary": ({"BatchId", "DeviceId"}, _batch_summary),
    # The vendor's Python SDK sends the window of its reports here too.
    "FindTransactions": (_DAYS | {"StartUtcDT", "EndUtcDT", "TxnId", *_CRITERIA}, _find),
    "ReportTxnDetail": ({"TxnId"}, _one_transaction),
    "BatchClose": ({"DeviceId"}, _close),
}
