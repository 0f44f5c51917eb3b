"""GP-API's reports as the vendor documents them: tokens, windows, pages, errors by number.

Unknown query fields are refused, empty ones count as absent; ids that no record has find nothing. A list
without a start reaches thirty days back; the total stands on the first page of at most a month only.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import hmac
import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from recon.demo import COMPANY_NAME
from recon.sandbox.card_rows import ACCOUNTS, MERCHANT_ID
from recon.sandbox.gp_tables import NAMES, REPORTS, Report, instant, made, tables
from recon.sandbox.world import Session, World

VERSION = "2021-03-22"
TOKEN_SECONDS = 86_399
SMALL_BYTES = 1400  # an answer that fits one packet is not worth compressing
_INTERVALS = {
    "WEEK": 604_800, "DAY": 86_400, "12_HOURS": 43_200, "6_HOURS": 21_600, "3_HOURS": 10_800, "1_HOUR": 3600,
    "30_MINUTES": 1800, "10_MINUTES": 600, "5_MINUTES": 300,
}  # fmt: skip
_TOKEN_FIELDS = {
    "app_id", "nonce", "secret", "grant_type", "seconds_to_expire", "interval_to_expire", "restricted_token",
    "permissions", "credentials",
}  # fmt: skip
_PAGING = {"page", "page_size", "order", "order_by"}


class GpFault(Exception):
    """An error as GP-API tells it."""

    def __init__(self, status: int, error: str, detailed: str, description: str) -> None:
        self.status, self.error, self.detailed, self.description = status, error, detailed, description
        super().__init__(description)


def routes(world: World) -> list[BaseRoute]:
    """Everything below `/ucp`, over the rows that the world holds."""
    world.hold(*tables(), made=made)

    async def serve(request: Request) -> Response:
        try:
            found = await _answer(world, request)
        except GpFault as fault:
            told = {
                "error_code": fault.error,
                "detailed_error_code": fault.detailed,
                "detailed_error_description": fault.description,
            }
            return _json(request, json.dumps(told), fault.status)
        return found if isinstance(found, Response) else _json(request, found, 200)

    return [Route("/ucp/{rest:path}", serve, methods=["GET", "POST"])]


async def _answer(world: World, request: Request) -> str | Response:
    """The body of the answer to one request."""
    parts = [part for part in request.path_params["rest"].split("/") if part]
    if parts[:1] == ["merchants"]:
        _check_merchant(parts)
        parts = parts[2:]
    path = "/".join(parts)
    if request.headers.get("x-gp-version", "") != VERSION:
        raise GpFault(400, "INVALID_REQUEST_DATA", "40213", f"X-GP-Version header must be {VERSION}")
    if path == "accesstoken" and request.method == "POST":
        return _sign_in(world, await request.body())
    session = _session(world, request)
    if "no_permission" in request.scope.get("recon.faults", frozenset()):
        raise _not_authorized()
    if request.method == "GET":
        # The vendor's gateway fails on these with a content type; its own SDK takes care to send none.
        if parts and parts[0] in ("settlement", "disputes") and "json" in request.headers.get("content-type", ""):
            return HTMLResponse("<html><body><h1>502 Bad Gateway</h1></body></html>", 502)
        if path in REPORTS:
            return _list(world, session, REPORTS[path], request)
        if parts and "/".join(parts[:-1]) in REPORTS:
            return _detail(world, REPORTS["/".join(parts[:-1])], parts[-1], path)
    raise GpFault(404, "RESOURCE_NOT_FOUND", "40118", f"{request.method} /ucp/{path} is no resource of this service")


def _check_merchant(parts: Sequence[str]) -> None:
    if len(parts) < 2 or parts[1] != MERCHANT_ID:
        raise _not_authorized()


def _not_authorized() -> GpFault:
    return GpFault(403, "ACTION_NOT_AUTHORIZED", "40003", "Permission not enabled to execute action")


def _json(request: Request, body: str, status: int) -> Response:
    """The answer, compressed for whoever takes that."""
    raw = body.encode()
    headers = {"Content-Type": "application/json", "X-GP-Version": VERSION}
    if len(raw) > SMALL_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        raw = gzip.compress(raw, compresslevel=1)
        headers["Content-Encoding"] = "gzip"
    return Response(raw, status, headers)


def _sign_in(world: World, body: bytes) -> str:
    """A new token for an app that proves its key, as the vendor answers it."""
    try:
        asked = json.loads(body)
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise GpFault(400, "INVALID_REQUEST_DATA", "40213", "Request body is not valid JSON")
    unknown = sorted(asked.keys() - _TOKEN_FIELDS)
    if unknown:
        raise GpFault(400, "INVALID_REQUEST_DATA", "40043", f"Request contains unexpected fields: {', '.join(unknown)}")
    for name in ("app_id", "nonce", "secret", "grant_type"):
        if not asked.get(name):
            raise GpFault(400, "MANDATORY_DATA_MISSING", "40005", f"Request expects the following fields: {name}")
    if asked["grant_type"] != "client_credentials":
        raise GpFault(400, "INVALID_REQUEST_DATA", "40213", "grant_type contains unexpected data")
    seconds = _seconds(asked)
    app_id, nonce = world.access["gp_api.app_id"], str(asked["nonce"])
    secret = hashlib.sha512((nonce + world.access["gp_api.app_key"]).encode()).hexdigest()
    known = asked["app_id"] == app_id and hmac.compare_digest(secret, str(asked["secret"]))
    if not known or len(nonce) > 50 or not _is_new(world, nonce):
        words = "Credentials not recognized to create access token."
        raise GpFault(403, "ACTION_NOT_AUTHORIZED", "40004", words)
    session = world.open_session("gp_api", app_id, seconds)
    return json.dumps(
        {
            "token": session.token,
            "type": "Bearer",
            "scope": {"merchant_id": MERCHANT_ID, "merchant_name": COMPANY_NAME, "accounts": ACCOUNTS},
            "app_id": app_id,
            "app_name": "sandbox",
            "time_created": _written(world.clock.now()),
            "seconds_to_expire": seconds,
            "email": "",
        }
    )


def _seconds(asked: Mapping[str, Any]) -> int:
    """For how long the token is wanted."""
    wanted, interval = asked.get("seconds_to_expire"), asked.get("interval_to_expire")
    if wanted:
        if not str(wanted).isdigit() or not 60 <= int(wanted) <= 604_800:
            raise GpFault(400, "INVALID_REQUEST_DATA", "40213", "seconds_to_expire contains unexpected data")
        return int(wanted)
    if interval and interval not in _INTERVALS:
        raise GpFault(400, "INVALID_REQUEST_DATA", "40213", "interval_to_expire contains unexpected data")
    return _INTERVALS[interval] if interval else TOKEN_SECONDS


def _is_new(world: World, nonce: str) -> bool:
    """True the first time that the nonce is seen."""
    if world.one("SELECT 1 FROM gp_nonces WHERE nonce = ?", (nonce,)):
        return False
    world.insert("gp_nonces", [{"nonce": nonce}])
    return True


def _session(world: World, request: Request) -> Session:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    session = world.session("gp_api", token) if scheme == "Bearer" else None
    if session is None:
        raise GpFault(401, "NOT_AUTHENTICATED", "40001", "Invalid access token")
    return session


def _detail(world: World, report: Report, wanted: str, path: str) -> str:
    """One record, or the error that this resource has for a record that is not there."""
    found = world.one(f"SELECT id, body FROM {report.table} WHERE id = ?", (wanted,))  # noqa: S608
    if found is None and report.table == "gp_cases":
        words = "101,Unable to locate dispute record for that ID. Please recheck the ID provided."
        raise GpFault(400, "INVALID_REQUEST_DATA", "40073", words)
    if found is None or not report.by_id:
        words = f"{NAMES[report.table]} {wanted} not found at this /ucp/{path}"
        raise GpFault(404, "RESOURCE_NOT_FOUND", "40118", words)
    return _with_id(*found)


def _with_id(identifier: str, body: str) -> str:
    """A record as JSON: its id first, then what is kept of it."""
    return f'{{"id":{json.dumps(identifier)},{body[1:]}' if body != "{}" else f'{{"id":{json.dumps(identifier)}}}'


def _list(world: World, session: Session, report: Report, request: Request) -> str:
    """One page of a report."""
    asked = {name: value for name, value in request.query_params.items() if value != ""}
    _check_fields(report, asked)
    page, size = _whole(asked, "page", 1, 1_000_000), _whole(asked, "page_size", 5, 1000)
    order = _one_of(asked, "order", "DESC", ("ASC", "DESC"))
    by = _one_of(asked, "order_by", "TIME_CREATED", tuple(report.sorts))
    clauses, values, echo = _conditions(world, report, asked)
    where = " AND ".join(clauses)
    rows = world.query(
        f"SELECT id, body FROM {report.table} WHERE {where} "  # noqa: S608
        f"ORDER BY {report.sorts[by]} {order}, id {order} LIMIT ? OFFSET ?",
        (*values, size, (page - 1) * size),
    )
    head: dict[str, Any] = {}
    if page == 1 and _within_a_month(echo):
        count = world.one(f"SELECT count(*) FROM {report.table} WHERE {where}", values)  # noqa: S608
        head["total_record_count"] = count[0] if count else 0
    account = next((one for one in ACCOUNTS if one["id"].startswith(report.account)), ACCOUNTS[0])
    head |= {
        "current_page_size": len(rows),
        "merchant_id": MERCHANT_ID,
        "merchant_name": COMPANY_NAME,
        "account_id": account["id"],
        "account_name": account["name"],
        "filter": echo,
        "paging": {"page": page, "page_size": size, "order": order, "order_by": by},
    }
    action = {
        "id": f"ACT_{page}",
        "type": report.action,
        "time_created": _written(world.clock.now()),
        "result_code": "SUCCESS",
        "app_id": session.who,
        "app_name": "sandbox",
    }
    listed = _listed(rows, request.scope.get("recon.faults", frozenset()))
    return f'{json.dumps(head)[:-1]},"{report.array}":{listed},"action":{json.dumps(action)}}}'


def _listed(rows: Sequence[tuple[Any, ...]], faults: Collection[str]) -> str:
    """The records of a page as a JSON list; what the sandbox was asked to get wrong is wrong in it."""
    if not rows and "null_arrays" in faults:
        return "null"
    records = [_with_id(*row) for row in rows]
    if "extra_fields" in faults:
        records = [f'{record[:-1]},"nobody_knows":{{"what":["this","is"]}}}}' for record in records]
    return f"[{','.join(records)}]"


def _check_fields(report: Report, asked: Mapping[str, str]) -> None:
    """Refuse fields that the report does not have, and accounts that are somebody else's."""
    known = {*_PAGING, *report.filters, *report.windows, "account_id", "account_name", *report.ignored}
    unknown = sorted(asked.keys() - known)
    if unknown:
        raise GpFault(400, "INVALID_REQUEST_DATA", "40043", f"Request contains unexpected fields: {', '.join(unknown)}")
    given = {name: asked[name] for name in ("account_id", "account_name") if name in asked}
    mine = {"account_id": {one["id"] for one in ACCOUNTS}, "account_name": {one["name"] for one in ACCOUNTS}}
    if any(value not in mine[name] for name, value in given.items()):
        words = "Token does not match account_id or account_name in the request"
        raise GpFault(403, "ACTION_NOT_AUTHORIZED", "40003", words)
    if report.needs_account and not given:
        raise GpFault(400, "MANDATORY_DATA_MISSING", "40005", "Request expects the following fields: account_name")
    if not re.fullmatch(r"\d{5,15}", asked.get("system.mid", "00000")):
        raise GpFault(400, "INVALID_REQUEST_DATA", "40090", "system.mid value is invalid. Please check the format.")


def _whole(asked: Mapping[str, str], name: str, usual: int, top: int) -> int:
    text = asked.get(name, str(usual))
    if not text.isdigit() or not 1 <= int(text) <= top:
        raise GpFault(400, "INVALID_REQUEST_DATA", "40213", f"{name} contains unexpected data")
    return int(text)


def _one_of(asked: Mapping[str, str], name: str, usual: str, words: tuple[str, ...]) -> str:
    word = asked.get(name, usual)
    if word not in words:
        raise GpFault(400, "INVALID_REQUEST_DATA", "40213", f"{name} contains unexpected data")
    return word


def _conditions(world: World, report: Report, asked: Mapping[str, str]) -> tuple[list[str], list[str], dict[str, str]]:
    """What the page's rows must fulfil, and the vendor's echo of it."""
    clauses, values, echo = [], [], {}
    windows = {name: asked[name] for name in report.windows if name in asked}
    if not any(name.startswith("from") for name in windows):
        windows[report.usual_start] = (world.clock.now() - dt.timedelta(days=30)).date().isoformat()
    for name, text in windows.items():
        start = name.startswith("from")
        moment = instant(text, end=not start)
        if moment is None:
            raise GpFault(400, "INVALID_REQUEST_DATA", "40213", f"{name} contains unexpected data")
        clauses.append(f"{report.windows[name]} {'>=' if start else '<='} ?")
        values.append(moment)
        echo[name] = f"{moment[:23]}Z"
    for name, column in report.filters.items():
        value = asked.get(name, report.usual.get(name))
        if value is not None:
            clauses.append(f"{column} = ?")
            values.append(value)
            echo[name] = value
    return clauses, values, echo


def _within_a_month(echo: Mapping[str, str]) -> bool:
    """True if the window is a month at most: only then does the vendor count."""
    starts = [value for name, value in echo.items() if name.startswith("from")]
    ends = [value for name, value in echo.items() if name.startswith("to_") or name == "to"]
    if not ends:
        return True
    first, last = (dt.datetime.fromisoformat(text) for text in (max(starts), min(ends)))
    return last - first <= dt.timedelta(days=31)


def _written(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
