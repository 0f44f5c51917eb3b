"""The REST API of Sage Intacct: signed in, scoped to an entity, errors in one shape."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal

from recon.intacct.asking import Condition, as_rest
from recon.intacct.credentials import CodeCredentials, RestCredentials
from recon.intacct.faults import told
from recon.intacct.gateway import utc_now
from recon.intacct.paging import Slice
from recon.intacct.rest_replies import TRIES, is_signed_out, patiently, raise_rest, read_json, read_slice, rest_faults
from recon.intacct.signing_in import SignIn
from recon.wire import Answer, Ask, Broken, NotSignedIn, Wire
from recon.wire.tokens import RefreshTokens

ROOT = "/ia/api/v1"
QUERY = "/services/core/query"
# The other spelling in circulation, X-IA-API-ParamEntity, is silently ignored by Intacct.
ENTITY_HEADER = "X-IA-API-Param-Entity"
_UNSCOPED = "company-config/entity"
Read = Callable[[Answer], Any]


class RestApi:
    """The REST API for one application, at the top level or in one entity."""

    def __init__(
        self,
        wire: Wire,
        credentials: RestCredentials | CodeCredentials,
        *,
        root: str = ROOT,
        tokens: RefreshTokens | None = None,
        clock: Callable[[], dt.datetime] = utc_now,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._wire = wire
        self.entity = credentials.entity
        self.sign_in = SignIn(wire, credentials, root=root, clock=clock, pause=pause, tokens=tokens)
        self._root = root
        self._pause = pause

    async def query(
        self,
        name: str,
        fields: Sequence[str],
        condition: Condition | None,
        *,
        order: str,
        skip: int,
        size: int,
        read: Read = Answer.json,
    ) -> Slice:
        """One page of records of an object, entity-private ones included, ordered by one field.

        `read` is how the JSON of the page is read.

        Raises: NotSignedIn, Refused, Throttled, Broken, Misunderstood; NotDone where Intacct refuses the question.
        """
        asked: dict[str, Any] = {"object": name, "fields": list(fields)}
        if condition is not None:
            asked["filters"], asked["filterExpression"] = as_rest(condition)
        asked |= {
            "filterParameters": {"includePrivate": True},  # anywhere else it fails the query
            "orderBy": [{order: "asc"}],
            "start": skip + 1,
            "size": size,
        }
        payload = await self.read("POST", QUERY, asked, scoped=name != _UNSCOPED, as_json=read)
        return read_slice(payload, skip)

    async def read(
        self,
        method: Literal["GET", "POST"],
        path: str,
        body: object = None,
        *,
        scoped: bool = True,
        as_json: Read = Answer.json,
    ) -> Any:
        """The JSON of a request that changes nothing.

        Raises: as `query` does.
        """
        answer, payload = await patiently(
            lambda: self.send(method, path, body, repeatable=True, scoped=scoped), self._pause, TRIES, as_json
        )
        if answer.status >= 400 or rest_faults(payload):
            raise_rest(answer, payload, f"reading {path}")
        return payload

    async def send(
        self,
        method: Literal["GET", "POST", "PATCH", "DELETE"],
        path: str,
        body: object = None,
        *,
        repeatable: bool,
        scoped: bool = True,
        idempotency_key: str | None = None,
    ) -> Answer:
        """The answer to one request below the API's root, whatever its status; signs in once more if it must.

        Raises: NotSignedIn, RemoteError.
        """
        data = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        for again in (False, True):
            bearer = await self.sign_in.bearer()
            headers = self._headers(bearer.reveal(), scoped=scoped, key=idempotency_key, has_body=bool(data))
            ask = Ask(method, self._root + path, headers=headers, body=data, repeatable=repeatable, wants="json")
            answer = await self._wire.ask(ask)
            if answer.status not in (400, 401):
                return answer
            faults = rest_faults(_json_or_none(answer))
            if not is_signed_out(answer.status, faults):
                return answer
            self.sign_in.forget(bearer)
            if again:
                raise NotSignedIn(f"Intacct does not take its own access token: {told(faults)}; check the application")
        raise AssertionError("the loop returns or raises")

    def _headers(self, bearer: str, *, scoped: bool, key: str | None, has_body: bool) -> Mapping[str, str]:
        headers = {"accept": "application/json", "authorization": f"Bearer {bearer}"}
        if has_body:
            headers["content-type"] = "application/json"
        if self.entity and scoped:
            headers[ENTITY_HEADER] = self.entity
        if key:
            headers["idempotency-key"] = key
        return headers


def _json_or_none(answer: Answer) -> object:
    try:
        return read_json(answer)
    except Broken:
        return None
