"""Words of the REST interface: envelopes of results and of errors, and who calls."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, Response

from recon.sandbox.intacct.failures import Failure, Reason, error_facts
from recon.sandbox.world import World

RESULT, META, ERROR = "ia::result", "ia::meta", "ia::error"


@dataclass(frozen=True)
class RestCaller:
    """Who calls, in which entity, with which query and headers, and how this call goes wrong."""

    world: World
    user: str
    entity: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    faults: Collection[str] = ()


@dataclass(frozen=True)
class Told:
    """What is answered: a status and a body (None: none)."""

    status: int
    body: Any = None

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        """The answer on the wire."""
        if self.body is None:
            return Response(status_code=self.status, headers=dict(headers or {}))
        return JSONResponse(self.body, self.status, headers=dict(headers or {}))


def refused(failure: Failure) -> Told:
    """A refusal by the service: the error stands inside the result, as it does on live traffic."""
    meta = {"totalCount": 1, "totalSuccess": 0, "totalError": 1}
    return Told(failure.status, {RESULT: {ERROR: error_facts(failure)}, META: meta})


def turned_away(status: int, error_id: str, message: str, code: str = "invalidRequest") -> Told:
    """A refusal by the gateway: the error stands at the top, and its details are an object."""
    error = {"code": code, "message": message, "errorId": error_id, "details": {"requestId": "sandbox"}}
    return Told(status, {ERROR: error})


def malformed(text: str, error_id: str = "REST-1064") -> Failure:
    """A body that does not keep to the documents."""
    return Failure(Reason("XL03000003", text, error_id=error_id))


def mapping_of(body: bytes) -> dict[str, Any]:
    """The JSON object of a body.

    Raises: Failure where it is none.
    """
    found = json_of(body)
    if not isinstance(found, dict):
        raise malformed("Payload is not a JSON object")
    return found


def json_of(body: bytes) -> Any:
    """The JSON value of a body; numbers with a point stay text, so that no cent is lost.

    Raises: Failure where it is no JSON.
    """
    try:
        return json.loads(body, parse_float=str)
    except ValueError as cause:
        raise malformed("Payload contains errors: it is not JSON") from cause


def nested(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    """The values by dotted names, as objects within objects."""
    found: dict[str, Any] = {}
    for name, value in zip(names, values, strict=True):
        *path, last = name.split(".")
        place = found
        for step in path:
            place = place.setdefault(step, {})
        place[last] = value
    return found
