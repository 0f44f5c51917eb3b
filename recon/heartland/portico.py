"""The client of the Portico gateway: its reports as pages of raw rows, a UTC day or a batch a page."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recon.heartland.gateway import ID_FIELDS
from recon.heartland.soap import Reply, envelope, read_reply
from recon.store.content import made_up_id
from recon.store.port import Page, Window
from recon.wire import Answer, Ask, Broken, Misunderstood, NotSignedIn, Refused, Secret, Wire

BASE_URL = "https://api2.heartlandportico.com"
PATH = "/Hps.Exchange.PosGateway/PosGatewayService.asmx"
EMPTY = (9, 10)  # no transaction in the batch, nothing to report: an answer, not an error
_SIGN_IN = (-21, -2)
_PASSING = (1, 15, 20, 21, 22, 30, 31, 50)  # the gateway's own trouble: a read may be tried again
_REFUSED = (7,)
_TRIES = 4
_DAY = dt.timedelta(days=1)
_HISTORY_DAYS = 7


@dataclass(frozen=True)
class SecretKey:
    """The site's secret API key."""

    secret_api_key: Secret
    developer_id: str = ""
    version_number: str = ""

    def header(self) -> tuple[tuple[str, str], ...]:
        """What stands in the request's header."""
        return (("SecretAPIKey", self.secret_api_key.reveal()), *_software(self.developer_id, self.version_number))


@dataclass(frozen=True)
class DeviceLogin:
    """Licence, site and device with a user and his password."""

    license_id: str
    site_id: str
    device_id: str
    user_name: str
    password: Secret
    developer_id: str = ""
    version_number: str = ""

    def header(self) -> tuple[tuple[str, str], ...]:
        """What stands in the request's header, in the order of the vendor's schema."""
        return (
            ("LicenseId", self.license_id),
            ("SiteId", self.site_id),
            ("DeviceId", self.device_id),
            ("UserName", self.user_name),
            ("Password", self.password.reveal()),
            *_software(self.developer_id, self.version_number),
        )


def _software(developer_id: str, version_number: str) -> tuple[tuple[str, str], ...]:
    pairs = (("DeveloperID", developer_id), ("VersionNbr", version_number))
    return tuple(pair for pair in pairs if pair[1])


class Portico:
    """The reports of one site. Amounts are dollars; local times come beside the UTC ones, never instead."""

    def __init__(
        self,
        wire: Wire,
        credentials: SecretKey | DeviceLogin,
        *,
        device_id: str = "",
        pause: Callable[[float], Any] = asyncio.sleep,
    ) -> None:
        self._wire = wire
        self._credentials = credentials
        self._device_id = device_id
        self._pause = pause

    async def activity(self, start: dt.datetime, end: dt.datetime) -> Sequence[Mapping[str, Any]]:
        """Every transaction of the time (UTC, end excluded), whatever became of it.

        Raises: RemoteError.
        """
        return (await self.report("ReportActivity", self._window(start, end))).rows("Details")

    async def transactions(self, start: dt.datetime, end: dt.datetime, **criteria: str) -> Sequence[Mapping[str, Any]]:
        """Transactions of the time (UTC) that fit the criteria, such as InvoiceNbr or BatchId.

        Raises: RemoteError.
        """
        fields = [("TzConversion", "Merchant"), ("Criteria.StartUtcDT", _utc(start)), ("Criteria.EndUtcDT", _utc(end))]
        fields += [(f"Criteria.{name}", value) for name, value in criteria.items()]
        return (await self.report("FindTransactions", fields)).rows("Transactions")

    async def batches(self, start: dt.datetime, end: dt.datetime) -> tuple[Mapping[str, Any], ...]:
        """The batches that were opened in the time (UTC, end excluded), with the site's name.

        Raises: RemoteError.
        """
        reply = await self.report("ReportBatchHistory", self._window(start, end))
        head = {name: value for name, value in reply.head().items() if name in ("SiteId", "MerchName")}
        return tuple({**head, **row} for row in reply.rows("Details"))

    async def batch_details(self, batch_id: str) -> tuple[Mapping[str, Any], ...]:
        """The transactions of one batch, each with the batch's own facts.

        Raises: RemoteError.
        """
        fields = [("BatchId", batch_id), ("TzConversion", "Merchant")]
        reply = await self.report("ReportBatchDetail", fields)
        wanted = ("SiteId", "MerchName", "DeviceId", "BatchId", "BatchStatus", "BatchSeqNbr", "CloseUtcDT", "CloseDT")
        head = {name: value for name, value in reply.head().items() if name in wanted}
        return tuple({"BatchId": batch_id, **head, **row} for row in reply.rows("Details"))

    async def batch_summary(self, batch_id: str) -> tuple[Mapping[str, Any], ...]:
        """What a batch holds by card: counts and dollars, tips inside.

        Raises: RemoteError.
        """
        reply = await self.report("ReportBatchSummary", [("BatchId", batch_id)])
        return tuple({"BatchId": batch_id, **row} for row in reply.rows("Details"))

    async def report(self, name: str, fields: Sequence[tuple[str, str]]) -> Reply:
        """The gateway's reply; code 10, an empty report, and 9, an empty batch, are replies without rows.

        Raises: NotSignedIn, Refused, Misunderstood, Broken by the gateway's code; what the wire raises.
        """
        for tried in range(1, _TRIES + 1):
            reply = await self._once(name, fields)
            if reply.code not in _PASSING or tried == _TRIES:
                break
            await self._pause(random.uniform(0, 2**tried))  # noqa: S311 - a pause, not a secret
        _refuse(reply, name)
        return reply

    async def _once(self, name: str, fields: Sequence[tuple[str, str]]) -> Reply:
        body = envelope(self._credentials.header(), name, fields)
        headers = {"Content-Type": "text/xml; charset=utf-8"}
        answer = await self._wire.ask(Ask("POST", PATH, headers=headers, body=body, wants="xml"))
        _check_status(answer)
        return read_reply(answer, name)

    def _window(self, start: dt.datetime, end: dt.datetime) -> list[tuple[str, str]]:
        device = [("DeviceId", self._device_id)] if self._device_id else []
        return [("RptStartUtcDT", _utc(start)), ("RptEndUtcDT", _utc(end)), *device, ("TzConversion", "Merchant")]


def _utc(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S}Z"


def _check_status(answer: Answer) -> None:
    if answer.status in (401, 403):
        kind = NotSignedIn if answer.status == 401 else Refused
        raise kind("Portico refused the request; check the secret API key and the address", status=answer.status)
    if 400 <= answer.status < 500:
        raise Misunderstood("Portico did not take the request; check the address", status=answer.status)


def _refuse(reply: Reply, name: str) -> None:
    """Raise for a code that is neither success nor an empty report."""
    if reply.code == 0 or reply.code in EMPTY:
        return
    told = f"code {reply.code}, {reply.words!r}"
    if reply.code in _SIGN_IN:
        raise NotSignedIn(f"Portico does not know these credentials ({told}); check the secret API key and the site")
    if reply.code in _REFUSED:
        raise Misunderstood(f"Portico did not accept what {name} was asked for ({told})")
    if reply.code in _PASSING:
        raise Broken(f"Portico failed at {name} again and again ({told}); try again later")
    raise Misunderstood(f"Portico answered {name} with {told}")


@dataclass(frozen=True)
class PorticoSource:
    """One report of the gateway as a source of a pull; windows are UTC days."""

    name: str
    key: str
    steps: Callable[[Window, str | None], AsyncIterator[Page]]
    id_fields: tuple[str, ...] = ID_FIELDS
    day_fields: tuple[str, ...] = ("TxnDT", "TxnUtcDT", "OpenUtcDT")

    def row_id(self, row: Mapping[str, object]) -> str:
        """The gateway's number of the transaction or of the batch; where it gives none, the digest of the row."""
        return str(row.get(self.key) or "") or made_up_id(row)

    def pages(self, window: Window, cursor: str | None) -> AsyncIterator[Page]:
        """A page a day, a week of batches, or a batch. Raises: RemoteError."""
        return self.steps(window, cursor)


def portico_sources(portico: Portico) -> dict[str, PorticoSource]:
    """Every source of the gateway by its name."""
    by_days = (
        ("portico.activity", "GatewayTxnId", portico.activity, 1),
        ("portico.transactions", "GatewayTxnId", portico.transactions, 1),
        ("portico.batches", "BatchId", portico.batches, _HISTORY_DAYS),
    )
    found = [PorticoSource(name, key, _by_days(fetch, days)) for name, key, fetch, days in by_days]
    found += [
        PorticoSource("portico.batch_details", "GatewayTxnId", _by_batches(portico, portico.batch_details)),
        PorticoSource("portico.batch_summaries", "row_id", _by_batches(portico, _named_summary(portico))),
    ]
    return {source.name: source for source in found}


Fetch = Callable[[dt.datetime, dt.datetime], Any]


def _by_days(fetch: Fetch, days: int) -> Callable[[Window, str | None], AsyncIterator[Page]]:
    async def pages(window: Window, cursor: str | None) -> AsyncIterator[Page]:
        day = window.start if cursor is None else _day(cursor)
        while day <= window.end:
            until = min(day + days * _DAY, window.end + _DAY)
            rows = await fetch(_midnight(day), _midnight(until))
            day = until
            yield Page(rows, day.isoformat() if day <= window.end else None)

    return pages


def _day(cursor: str) -> dt.date:
    try:
        return dt.date.fromisoformat(cursor)
    except ValueError as cause:
        raise Misunderstood("the saved cursor of Portico is no day; pull the window from its start") from cause


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _by_batches(portico: Portico, fetch: Callable[[str], Any]) -> Callable[[Window, str | None], AsyncIterator[Page]]:
    async def pages(window: Window, cursor: str | None) -> AsyncIterator[Page]:
        every: dict[str, str] = {}
        unnamed: list[Mapping[str, Any]] = []  # nobody can ask what they hold: they are told as they came
        day = window.start
        while day <= window.end:
            until = min(day + _HISTORY_DAYS * _DAY, window.end + _DAY)
            for row in await portico.batches(_midnight(day), _midnight(until)):
                if number := str(row.get("BatchId") or ""):
                    every[f"{row.get('OpenUtcDT', '')} {number}"] = number
                else:
                    unnamed.append(row)
            day = until
        places = sorted(place for place in every if cursor is None or place > cursor)
        for place in places:
            rows = await fetch(every[place])
            yield Page(tuple(rows), place)
        yield Page(tuple(unnamed), None)

    return pages


def _named_summary(portico: Portico) -> Callable[[str], Any]:
    async def fetch(batch_id: str) -> tuple[Mapping[str, Any], ...]:
        rows = await portico.batch_summary(batch_id)
        return tuple({"row_id": f"{batch_id}:{row.get('CardType', '')}", **row} for row in rows)

    return fetch
