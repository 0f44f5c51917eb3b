"""The REST interface of Intacct: tokens, the query service, objects, reports, and requests that count once."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Route

from recon.sandbox.intacct import rest_objects, rest_query, rest_reports, rest_together
from recon.sandbox.intacct.failures import Failure, Reason
from recon.sandbox.intacct.records import is_entity
from recon.sandbox.intacct.rest_words import (
    META,
    RESULT,
    RestCaller,
    Told,
    json_of,
    mapping_of,
    refused,
    turned_away,
)
from recon.sandbox.intacct.tables import TABLES, made
from recon.sandbox.intacct_xml import KIND
from recon.sandbox.world import Session, World

BASE = "/ia/api/v1"
TOKEN_SECONDS = 43_200
REFRESH, CODE = "intacct.refresh", "intacct.code"
_REFRESH_SECONDS, _CODE_SECONDS = 30 * 86_400, 300
_REPLAYED_FOR = dt.timedelta(hours=48)
_ENTITY_HEADER = "x-ia-api-param-entity"
_IN_FORM = "application/x-www-form-urlencoded"

Handler = Callable[[RestCaller, Request, bytes], Response]


def routes(world: World) -> list[BaseRoute]:
    """Every address below /ia/api/v1."""
    world.hold(*TABLES, made=made)
    handled: list[tuple[str, str, Handler]] = [
        ("POST", "/services/core/query", _query),
        ("POST", "/services/bulk/job/create", _start_job),
        ("GET", "/services/bulk/job/status", lambda caller, *_: rest_together.job_status(caller).response()),
        ("GET", "/services/core/model", lambda caller, _request, _body: rest_objects.model(caller).response()),
        ("GET", "/services/core/session/id", _session_id),
        ("GET", "/services/company-config/dimensions/list", _dimensions),
        ("GET", "/services/reports/status", lambda caller, _request, _body: rest_reports.status(caller).response()),
        ("GET", "/services/reports/download", _download),
        ("POST", "/services/reports/{report:path}", _submit),
        ("GET", "/objects/{application}/{name}", _list),
        ("POST", "/objects/{application}/{name}", _once(_create)),
        ("PATCH", "/objects/{application}/{name}", _once(_change)),
        ("GET", "/objects/{application}/{name}/{keys}", _read),
        ("PATCH", "/objects/{application}/{name}/{keys}", _once(_change)),
        ("DELETE", "/objects/{application}/{name}/{keys}", _delete),
    ]
    handled.append(("POST", "/services/core/composite", _composite(handled)))
    return [
        Route(BASE + "/oauth2/token", partial(_token, world), methods=["POST"]),
        Route(BASE + "/oauth2/authorize", partial(_authorize, world), methods=["GET"]),
        *(Route(BASE + path, _signed_in(world, handler), methods=[method]) for method, path, handler in handled),
    ]


async def _authorize(world: World, request: Request) -> Response:
    """Back to the application with a code: the sandbox's user consents to everything."""
    asked = request.query_params
    back = asked.get("redirect_uri", "")
    if asked.get("response_type") != "code" or asked.get("client_id") != world.access["intacct.client_id"] or not back:
        return JSONResponse({"error": "invalid_request"}, 400)
    who = f"{world.access['intacct.user_id']}@{world.access['intacct.company_id']}"
    code = world.open_session(CODE, who, _CODE_SECONDS, redirect_uri=back)
    answer = {"code": code.token} | ({"state": asked["state"]} if "state" in asked else {})
    return RedirectResponse(f"{back}{'&' if '?' in back else '?'}{urlencode(answer)}", 302)


async def _token(world: World, request: Request) -> Response:
    """An access token and a refresh token, for credentials, a code or a refresh token that was not used yet."""
    if not request.headers.get("content-type", "").startswith(_IN_FORM):
        return turned_away(400, "GW-0014", "Content type is not supported").response()
    asked = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    given = (asked.get("client_id"), asked.get("client_secret"))
    if given != (world.access["intacct.client_id"], world.access["intacct.client_secret"]):
        return turned_away(401, "GW-0011", "Invalid Request: the client is not known", "invalidClient").response()
    if not asked.get("grant_type"):
        return turned_away(400, "GW-0015", "Required attribute grant_type is missing").response()
    if asked["grant_type"] == "client_credentials" and "@" not in asked.get("username", ""):
        return turned_away(400, "GW-0012", "The user name names no company: user@company").response()
    who = _granted(world, asked)
    if who is None:
        return turned_away(400, "GW-0011", "Invalid token, code or user name", "invalidGrant").response()
    user, entity = who
    session = world.open_session(KIND, user, TOKEN_SECONDS, entity=entity)
    again = world.open_session(REFRESH, f"{user}|{entity}", _REFRESH_SECONDS)
    facts = {"token_type": "Bearer", "access_token": _signed(world, session), "refresh_token": again.token}
    return JSONResponse({**facts, "expires_in": TOKEN_SECONDS})


def _granted(world: World, asked: Mapping[str, str]) -> tuple[str, str] | None:
    """User and entity; what was used once is used up."""
    kind = asked.get("grant_type")
    if kind == "client_credentials":
        return _user_and_entity(world, asked.get("username", ""))
    if kind == "refresh_token":
        session = world.session(REFRESH, asked.get("refresh_token", ""))
        if session is None:
            return None
        world.end_session(session.token)
        user, _, entity = session.who.partition("|")
        return user, entity
    if kind == "authorization_code":
        session = world.session(CODE, asked.get("code", ""))
        if session is None or session.facts.get("redirect_uri") != asked.get("redirect_uri"):
            return None
        world.end_session(session.token)
        return _user_and_entity(world, session.who)
    return None


def _user_and_entity(world: World, username: str) -> tuple[str, str] | None:
    """The parts of user@company|entity, if the sandbox knows all of them."""
    user, _, rest = username.partition("@")
    company, _, entity = rest.partition("|")
    if (user, company) != (world.access["intacct.user_id"], world.access["intacct.company_id"]):
        return None
    return (user, entity) if not entity or is_entity(world, entity) else None


def _part(facts: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(facts).encode()).rstrip(b"=").decode()


def _signed(world: World, session: Session) -> str:
    """A token of three parts, the second of which carries the session, which the XML gateway takes too."""
    facts = {"sessionId": session.token, "sub": session.who, "exp": int(session.expires_at.timestamp())}
    words = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(facts)}"
    return f"{words}.{_signature(world, words)}"


def _signature(world: World, words: str) -> str:
    key = world.access["intacct.client_secret"].encode()
    digest = hmac.new(key, words.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _session_of(world: World, token: str) -> Session | None:
    words, _, signature = token.rpartition(".")
    if not words or not secrets.compare_digest(signature.encode(), _signature(world, words).encode()):
        return None
    payload = words.partition(".")[2]
    try:
        facts = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, binascii.Error):
        return None
    return world.session(KIND, str(facts.get("sessionId", "")))


def _signed_in(world: World, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The handler behind the gateway: who has no valid token, or names no entity of the company, is turned away."""

    async def handled(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer":
            return turned_away(401, "GW-0034", "Authorization is not Bearer", "unauthorized").response()
        if token.count(".") != 2:
            return turned_away(401, "GW-0031", "The token cannot be decoded", "unauthorized").response()
        session = _session_of(world, token)
        if session is None:
            return turned_away(401, "GW-0036", "The token is not valid", "unauthorized").response()
        entity = request.headers.get(_ENTITY_HEADER) or session.facts.get("entity", "")
        if entity and not is_entity(world, entity):
            reason = Reason("XL03000006", f"Entity '{entity}' is not valid", error_id="REST-1028")
            return refused(Failure(reason)).response()
        faults = request.scope.get("recon.faults", frozenset())
        caller = RestCaller(world, session.who, entity, request.query_params, request.headers, faults)
        try:
            return handler(caller, request, await request.body())
        except Failure as failure:
            return refused(failure).response()

    return handled


def _once(handler: Handler) -> Handler:
    """The handler behind a store of answers: a request with a key that is known gets the answer it got then."""

    def handled(caller: RestCaller, request: Request, body: bytes) -> Response:
        key = request.headers.get("idempotency-key", "")
        if not key:
            return handler(caller, request, body)
        if len(key) > 256:
            return turned_away(400, "GW-0015", "Idempotency-Key has at most 256 characters").response()
        digest = hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + body).hexdigest()
        found = caller.world.one("SELECT digest, status, body, seen_at FROM intacct_replay WHERE key = ?", (key,))
        if found is not None:
            return _replayed(caller.world, key, digest, found)
        with caller.world.transaction():
            response = _told(handler, caller, request, body)
            row = {"key": key, "digest": digest, "status": response.status_code, "body": bytes(response.body).decode()}
            caller.world.insert("intacct_replay", [{**row, "seen_at": caller.world.clock.now()}])
        response.headers["idempotency-key"] = key
        return response

    return handled


def _told(handler: Handler, caller: RestCaller, request: Request, body: bytes) -> Response:
    """What the handler answers; its refusal is an answer too, and is kept like one."""
    try:
        with caller.world.transaction():
            return handler(caller, request, body)
    except Failure as failure:
        return refused(failure).response()


def _replayed(world: World, key: str, digest: str, found: tuple[Any, ...]) -> Response:
    stored, status, body, seen_at = found
    seen = dt.datetime.fromisoformat(seen_at)
    if stored != digest or world.clock.now() - seen > _REPLAYED_FOR:
        reason = Reason("XL03000011", "The idempotency key was used for another request", error_id="REST-1090")
        return refused(Failure(reason, status=409)).response()
    headers = {"idempotency-key": key, "x-ia-idempotency-cached-date": seen.isoformat()}
    return Response(body, status, headers, media_type="application/json")


def _name(request: Request) -> str:
    return f"{request.path_params['application']}/{request.path_params['name']}"


def _composite(handled: Sequence[tuple[str, str, Handler]]) -> Handler:
    """The handler of composite requests, each part of which goes where it would go by itself."""
    places = [(Route(path, lambda _: Response(), methods=[method]), handler) for method, path, handler in handled]

    def composite(caller: RestCaller, request: Request, body: bytes) -> Response:
        def ask(method: str, path: str, headers: Mapping[str, str], part: bytes) -> tuple[int, Any]:
            raw = [(name.lower().encode(), str(value).encode()) for name, value in headers.items()]
            place, _, query = path.removeprefix(BASE).partition("?")
            scope = {**request.scope, "method": method, "path": place, "root_path": "", "headers": raw}
            scope |= {"query_string": query.encode(), "path_params": {}}
            for route, handler in places:
                match, found = route.matches(scope)
                if match is Match.FULL:
                    inner = Request({**scope, **found})
                    one = replace(caller, query=inner.query_params, headers=inner.headers)
                    answer = _told(handler, one, inner, part)
                    return answer.status_code, json.loads(bytes(answer.body)) if answer.body else None
            reason = Reason("XL03000003", f"{method} {place} is not known", error_id="REST-1031")
            return 404, refused(Failure(reason)).body

        return rest_together.composite(json_of(body), ask).response()

    return composite


def _start_job(caller: RestCaller, request: Request, body: bytes) -> Response:
    return rest_together.start_job(caller, request.headers.get("content-type", ""), body).response()


def _query(caller: RestCaller, _request: Request, body: bytes) -> Response:
    asked = json_of(body)
    if isinstance(asked, list):
        return rest_together.queries(caller, asked).response()
    return rest_query.query(caller, mapping_of(body)).response()


def _list(caller: RestCaller, request: Request, _body: bytes) -> Response:
    return rest_objects.listed(caller, _name(request)).response()


def _read(caller: RestCaller, request: Request, _body: bytes) -> Response:
    return rest_objects.read(caller, _name(request), request.path_params["keys"]).response()


def _create(caller: RestCaller, request: Request, body: bytes) -> Response:
    return rest_objects.create(caller, _name(request), json_of(body)).response()


def _change(caller: RestCaller, request: Request, body: bytes) -> Response:
    key = request.path_params.get("keys", "")
    return rest_objects.change(caller, _name(request), key, json_of(body)).response()


def _delete(caller: RestCaller, request: Request, _body: bytes) -> Response:
    return rest_objects.delete(caller, _name(request), request.path_params["keys"]).response()


def _submit(caller: RestCaller, request: Request, body: bytes) -> Response:
    told, headers = rest_reports.submit(caller, request.path_params["report"], mapping_of(body))
    return told.response(headers)


def _download(caller: RestCaller, _request: Request, _body: bytes) -> Response:
    return Response(rest_reports.download(caller), media_type="text/csv")


def _session_id(caller: RestCaller, request: Request, _body: bytes) -> Response:
    session = _session_of(caller.world, request.headers["authorization"].partition(" ")[2])
    token = session.token if session else ""
    return Told(200, {RESULT: {"sessionId": token, "expiresIn": TOKEN_SECONDS}, META: {"totalCount": 1}}).response()


def _dimensions(_caller: RestCaller, _request: Request, _body: bytes) -> Response:
    names = ("location", "department", "customer", "vendor", "employee", "project", "item", "class")
    rows = [{"dimensionName": name, "dimensionLabel": name.title(), "isUserDefinedDimension": False} for name in names]
    return Told(200, {RESULT: rows, META: {"totalCount": len(rows)}}).response()
