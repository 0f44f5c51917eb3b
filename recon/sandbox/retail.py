"""Heartland Retail's collections: bearer token or OAuth2, pages with totals, filters it refuses by name."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from recon.demo import MadeMonth
from recon.sandbox import retail_rows
from recon.sandbox.retail_rows import written
from recon.sandbox.world import Row, Rows, Table, World

USUAL_PER_PAGE, MOST_PER_PAGE = 20, 5000
TOKEN_SECONDS = 7200
_TIMES = {"created_at": "TEXT", "updated_at": "TEXT", "completed_at": "TEXT", "local_completed_at": "TEXT"}
_OPERATORS = {"$eq": "=", "$neq": "<>", "$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<=", "$like": "LIKE"}
_PARTS = ("lines", "payments")  # what a ticket holds beside its own fields, embedded only if asked for


@dataclass(frozen=True)
class Collection:
    """One resource: its table and the columns that may be filtered and sorted by."""

    table: str
    columns: Mapping[str, str]
    made: Callable[[MadeMonth], Iterator[Mapping[str, Any]]]
    parts: tuple[str, ...] = ()


_NAMED = {"public_id": "TEXT", "name": "TEXT"}
COLLECTIONS: Mapping[str, Collection] = {
    "sales/tickets": Collection(
        "retail_tickets",
        {"public_id": "TEXT", "station_id": "INTEGER", "customer_id": "INTEGER", "status": "TEXT", **_TIMES},
        retail_rows.tickets,
        _PARTS,
    ),
    "sales/orders": Collection(
        "retail_orders", {"public_id": "TEXT", "customer_id": "INTEGER", "status": "TEXT", **_TIMES}, retail_rows.orders
    ),
    "payments": Collection(
        "retail_payments",
        {"type": "TEXT", "status": "TEXT", "deposit": "TEXT", "payment_type_id": "INTEGER", **_TIMES},
        retail_rows.payments,
    ),
    "payment_types": Collection("retail_payment_types", {"name": "TEXT", "type": "TEXT"}, retail_rows.payment_types),
    "locations": Collection("retail_locations", _NAMED, retail_rows.locations),
    "items": Collection("retail_items", {"public_id": "TEXT", "description": "TEXT"}, retail_rows.items),
    "customers": Collection("retail_customers", {**_NAMED, "email": "TEXT", **_TIMES}, retail_rows.customers),
    "gift_cards": Collection("retail_gift_cards", {"number": "TEXT", **_TIMES}, retail_rows.gift_cards),
}


class RetailFault(Exception):
    """An error as Heartland Retail tells it."""

    def __init__(self, status: int, error: str, message: str, **details: object) -> None:
        self.status, self.error, self.message, self.details = status, error, message, details
        super().__init__(message)


def tables() -> list[Table]:
    """A table a collection: what is filtered by, and the record itself."""
    found = []
    for one in COLLECTIONS.values():
        columns = {"id": "INTEGER", **one.columns, **dict.fromkeys(one.parts, "TEXT"), "body": "TEXT"}
        indexes = tuple((name, "id") for name in ("local_completed_at", "updated_at") if name in columns)
        found.append(Table(one.table, columns, "id", indexes))
    return found


def made(month: MadeMonth) -> Rows:
    """The rows of a made month."""
    return {one.table: kept(name, one.made(month)) for name, one in COLLECTIONS.items()}


def kept(collection: str, records: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Records of a collection, as its answers carry them (money as Decimal), as rows of its table."""
    one = COLLECTIONS[collection]
    found: list[Row] = []
    for record in records:
        rest = {name: value for name, value in record.items() if name not in ("id", *one.parts)}
        parts = {name: f"[{','.join(written(part) for part in record.get(name) or ())}]" for name in one.parts}
        columns = {name: _filtered(record.get(name)) for name in one.columns}
        found.append({"id": record["id"], **columns, **parts, "body": written(rest)})
    return found


def _filtered(value: object) -> object:
    """A value as it is compared with the words of a filter."""
    return str(value).lower() if isinstance(value, bool) else value


def routes(world: World) -> list[BaseRoute]:
    """Everything below `/api`, and the page on which a shop lets an application in."""
    world.hold(*tables(), made=made)

    async def serve(request: Request) -> Response:
        try:
            path = request.path_params["rest"].strip("/")
            if path == "oauth/token" and request.method == "POST":
                return _said(_token(world, await request.body()))
            _check_access(world, request)
            if "no_permission" in request.scope.get("recon.faults", frozenset()):
                raise RetailFault(403, "forbidden", "You do not have permission to do this")
            if request.method != "GET":
                raise RetailFault(405, "method_not_allowed", "Method not allowed")
            return _said(_answer(world, path, request))
        except RetailFault as fault:
            told = {"error": fault.error, "message": fault.message, "details": fault.details}
            return _said(json.dumps(told), fault.status)

    async def authorize(request: Request) -> Response:
        asked = request.query_params
        if asked.get("client_id") != world.access["retail.client_id"] or "redirect_uri" not in asked:
            return _said(json.dumps({"error": "invalid_client"}), 400)
        code = world.open_session("retail_code", asked["client_id"], 600, redirect=asked["redirect_uri"]).token
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked.get('state', '')})}")

    return [
        Route("/api/{rest:path}", serve, methods=["GET", "POST", "PUT", "DELETE"]),
        Route("/oauth/authorize", authorize, methods=["GET"]),
    ]


def _said(body: str, status: int = 200) -> Response:
    return Response(body.encode(), status, {"Content-Type": "application/json"})


def _token(world: World, body: bytes) -> str:
    """A token for a code or for an earlier refresh token, which is spent by it."""
    form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    mine = (world.access["retail.client_id"], world.access["retail.client_secret"])
    if (form.get("client_id"), form.get("client_secret")) != mine:
        raise RetailFault(401, "invalid_client", "Client authentication failed")
    if form.get("grant_type") == "client_credentials":
        alone = world.open_session("retail", mine[0], TOKEN_SECONDS)
        return json.dumps({"access_token": alone.token, "token_type": "bearer", "expires_in": TOKEN_SECONDS})
    grants = {"authorization_code": ("retail_code", "code"), "refresh_token": ("retail_refresh", "refresh_token")}
    kind, field = grants.get(form.get("grant_type", ""), ("", ""))
    session = world.session(kind, form.get(field, "")) if kind else None
    if session is None:
        raise RetailFault(400, "invalid_grant", "The provided authorization grant is invalid, expired, or revoked")
    world.extend_session(session.token, -1)
    token = world.open_session("retail", mine[0], TOKEN_SECONDS)
    refresh = world.open_session("retail_refresh", mine[0], 90 * 86_400)
    told = {"access_token": token.token, "token_type": "bearer", "expires_in": TOKEN_SECONDS}
    return json.dumps(told | {"refresh_token": refresh.token})


def _check_access(world: World, request: Request) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secrets.compare_digest(token.encode(), world.access["retail.token"].encode()):
        return
    if scheme.lower() != "bearer" or world.session("retail", token) is None:
        raise RetailFault(401, "unauthorized", "Invalid or missing access token")


def _answer(world: World, path: str, request: Request) -> str:
    """A collection's page, one record, or the parts of one record."""
    if path in COLLECTIONS:
        return _page(world, COLLECTIONS[path], request)
    above, _, last = path.rpartition("/")
    if above in COLLECTIONS and last.isdigit():
        return _record(_found(world, COLLECTIONS[above], last), ())
    top, _, number = above.rpartition("/")
    if top in COLLECTIONS and last in COLLECTIONS[top].parts and number.isdigit():
        one = COLLECTIONS[top]
        part = _found(world, one, number)[2 + one.parts.index(last)]
        count = len(json.loads(part))
        return f'{{"total":{count},"pages":1,"results":{part}}}'
    raise RetailFault(404, "not_found", f"No such resource: {path}")


def _found(world: World, one: Collection, number: str) -> tuple[Any, ...]:
    wanted = ", ".join(("id", "body", *one.parts))
    found = world.one(f"SELECT {wanted} FROM {one.table} WHERE id = ?", (int(number),))  # noqa: S608
    if found is None:
        raise RetailFault(404, "not_found", "Resource not found")
    return found


def _record(row: tuple[Any, ...], parts: tuple[str, ...]) -> str:
    """A record as JSON: its id, its fields, and the parts that were asked for."""
    more = "".join([f',"{name}":{text}' for name, text in zip(parts, row[2:], strict=False)])
    return f'{{"id":{row[0]},{row[1][1:-1]}{more}}}'


def _page(world: World, one: Collection, request: Request) -> str:
    asked = request.query_params.multi_items()
    _check_fields(asked)
    page = _whole(asked, "page", 1, 1_000_000)
    per_page = _whole(asked, "per_page", USUAL_PER_PAGE, MOST_PER_PAGE)
    parts = tuple(value for name, value in asked if name in ("_include[]", "_include"))
    if set(parts) - set(one.parts):
        raise RetailFault(400, "invalid_request", "Unknown include", include=sorted(set(parts) - set(one.parts)))
    clauses, values = _conditions(one, asked)
    where = " AND ".join(clauses) or "1"
    wanted = ", ".join(("id", "body", *parts))
    rows = world.query(
        f"SELECT {wanted} FROM {one.table} WHERE {where} ORDER BY {_order(one, asked)} LIMIT ? OFFSET ?",  # noqa: S608
        (*values, per_page, (page - 1) * per_page),
    )
    counted = world.one(f"SELECT count(*) FROM {one.table} WHERE {where}", values)  # noqa: S608
    total = counted[0] if counted else 0
    only = [value for name, value in asked if name in ("_only[]", "_only")]
    records = [_record(row, parts) for row in rows]
    if only:
        records = [written({key: value for key, value in _read(text).items() if key in only}) for text in records]
    faults = request.scope.get("recon.faults", frozenset())
    if "extra_fields" in faults:
        records = [f'{text[:-1]},"nobody_knows":[{{"what":"this is"}}]}}' for text in records]
    listed = f"[{','.join(records)}]" if records or "null_arrays" not in faults else "null"
    return f'{{"total":{total},"pages":{-(-total // per_page)},"per_page":{per_page},"results":{listed}}}'


def _read(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return found


def _check_fields(asked: list[tuple[str, str]]) -> None:
    known = {"page", "per_page", "_filter", "sort", "sort[]", "_only", "_only[]", "_include", "_include[]"}
    unknown = sorted({name for name, _ in asked if name not in known and not name.startswith("~[")})
    if unknown:
        raise RetailFault(400, "invalid_request", f"Unknown parameter: {', '.join(unknown)}")


def _whole(asked: list[tuple[str, str]], name: str, usual: int, top: int) -> int:
    text = next((value for key, value in asked if key == name), str(usual))
    if not text.isdigit() or not 1 <= int(text) <= top:
        raise RetailFault(400, "invalid_request", f"{name} must be between 1 and {top}")
    return int(text)


def _order(one: Collection, asked: list[tuple[str, str]]) -> str:
    """The columns to sort by, the id last so that equal ones keep an order."""
    found = []
    for name, value in asked:
        if name in ("sort", "sort[]"):
            field, _, way = value.partition(",")
            if field not in ("id", *one.columns) or way not in ("", "asc", "desc"):
                raise RetailFault(400, "invalid_request", f"{field} is not sortable")
            found.append(f"{field} {way or 'asc'}")
    return ", ".join([*found, "id"])


def _conditions(one: Collection, asked: list[tuple[str, str]]) -> tuple[list[str], list[object]]:
    """What the rows must fulfil: `~[field]=v`, `~[field][$op]=v` and `_filter` as JSON, all of them."""
    wanted: list[tuple[str, str, Any]] = []
    for name, value in asked:
        if name.startswith("~["):
            field, _, operator = name[2:].removesuffix("]").partition("][")
            wanted.append((field, operator or "$eq", value))
        elif name == "_filter":
            wanted += _filters(value)
    clauses: list[str] = []
    values: list[object] = []
    for field, operator, value in wanted:
        if field not in ("id", *one.columns):
            raise RetailFault(400, "invalid_request", f"{field} is not filterable", field=field)
        many = operator in ("$in", "$nin")
        if not many and operator not in _OPERATORS:
            raise RetailFault(400, "invalid_request", f"{operator} is no operator")
        if many:
            listed = value if isinstance(value, list) else str(value).split(",")
            clauses.append(f"{field} {'IN' if operator == '$in' else 'NOT IN'} ({','.join('?' * len(listed))})")
            values += listed
        else:
            clauses.append(f"{field} {_OPERATORS[operator]} ?")
            values.append(value)
    return clauses, values


def _filters(text: str) -> Iterator[tuple[str, str, Any]]:
    try:
        found = json.loads(text)
    except ValueError as cause:
        raise RetailFault(400, "invalid_request", "_filter is not JSON") from cause
    if not isinstance(found, dict):
        raise RetailFault(400, "invalid_request", "_filter must be an object")
    for field, value in found.items():
        if isinstance(value, dict):
            yield from ((field, operator, operand) for operator, operand in value.items())
        else:
            yield field, "$eq", value
