"""GP-API: signing in and asking. Reports are read by `gp_reports`."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
import random
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import quote

from recon.wire import Answer, Ask, Broken, Misunderstood, NotSignedIn, Refused, Secret, Wire, redacted

PRODUCTION = "https://apis.globalpay.com/ucp"
VERSION = "2021-03-22"
_MARGIN = dt.timedelta(seconds=60)  # a token that ends sooner is renewed before it is used
_SHORTEST = dt.timedelta(seconds=30)
_CREDENTIALS = "40004"
_MISSING = {"40118", "40073"}  # how a missing record is told, by resource
_SETTLEMENT = "DAA_"
_SAID = 200
_TRIES = 3
_FIRST_WAIT = 1.0  # seconds; doubled each time, drawn evenly below
_SIGN_OF_ERROR = b'"error_code"'


def utc_now() -> dt.datetime:
    """The present moment in UTC."""
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class GpCredentials:
    """An application and its key; the account of settlement reports is found in the token unless it is named."""

    app_id: str
    app_key: Secret
    account_name: str | None = None


@dataclass(frozen=True)
class Account:
    """An account of the merchant, as a token names it."""

    id: str
    name: str
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True)
class SignedIn:
    """A token and whom it speaks for."""

    token: Secret
    merchant_id: str
    merchant_name: str
    accounts: tuple[Account, ...]
    ends_at: dt.datetime  # by our clock, a margin before its end
    skew: dt.timedelta | None  # the vendor's clock less ours; None where it did not tell


@dataclass(frozen=True)
class GpFault:
    """An error as GP-API states it."""

    status: int
    error: str
    detailed: str
    description: str

    @property
    def is_missing(self) -> bool:
        """True where the record or the resource does not exist; resources tell it in different ways."""
        return self.status == 404 or self.detailed in _MISSING

    def __str__(self) -> str:
        named = " ".join(word for word in (self.error, self.detailed) if word)
        return f"{self.description or 'no reason given'} ({named or self.status})"


class GpApi:
    """One merchant's GP-API. Requests may be made at the same time; all share one token, renewed in time."""

    def __init__(
        self,
        wire: Wire,
        credentials: GpCredentials,
        *,
        clock: Callable[[], dt.datetime] = utc_now,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._wire = wire
        self.credentials = credentials
        self._clock = clock
        self._pause = pause
        self._signed_in: SignedIn | None = None
        self._signing_in = asyncio.Lock()

    async def signed_in(self) -> SignedIn:
        """The token in use; signs in if there is none, or it is about to end.

        Raises: NotSignedIn where the application or its key is not known; RemoteError.
        """
        async with self._signing_in:
            known = self._signed_in
            if known is None or self._clock() >= known.ends_at:
                self._signed_in = known = await self._sign_in()
            return known

    async def get(
        self, path: str, query: Sequence[tuple[str, str]] = (), read: Callable[[Answer], Any] = Answer.json
    ) -> Mapping[str, Any] | GpFault:
        """The object at the path, or the vendor's reason for having none; a token that has ended is renewed once.

        `read` is how the JSON of the object is read.

        Raises: NotSignedIn, Unreachable, Throttled, Broken; Misunderstood where the answer is no object.
        """
        answer, token = await self._get(path, query)
        if answer.status == 401:
            await self._forget(token)
            answer, _ = await self._get(path, query)
        if answer.status == 401:
            raise NotSignedIn(
                f"GP-API does not take a token that it has just given: {fault_of(answer)}; "
                "check the clock of this machine and the application's permissions"
            )
        return _object(answer, read) if answer.status == 200 else fault_of(answer)

    async def one(self, path: str, identifier: str) -> Mapping[str, Any] | None:
        """The record of that id, as at "settlement/deposits"; None where there is none.

        Raises: RemoteError.
        """
        found = await self.get(f"/{path}/{quote(identifier, safe='')}")
        if isinstance(found, GpFault):
            if found.is_missing:
                return None
            refuse(found, f"/{path}")
        return found

    async def settlement_account(self) -> tuple[tuple[str, str], ...]:
        """The query field that names the account of settlement reports: by name, as the documents want it, else by id.

        Raises: Refused where the token has no such account; RemoteError.
        """
        if self.credentials.account_name:
            return (("account_name", self.credentials.account_name),)
        known = await self.signed_in()
        account = next((one for one in known.accounts if one.id.startswith(_SETTLEMENT)), None)
        if account is None:
            raise Refused(
                "This GP-API application has no account for settlement reports; ask Global Payments to add one, or "
                "name it as account_name",
                accounts=", ".join(one.id for one in known.accounts) or "none",
            )
        return (("account_name", account.name),) if account.name else (("account_id", account.id),)

    async def _get(self, path: str, query: Sequence[tuple[str, str]]) -> tuple[Answer, Secret]:
        token = (await self.signed_in()).token
        headers = {"authorization": f"Bearer {token.reveal()}", "x-gp-version": VERSION}
        return await self._meant(lambda: Ask("GET", path, tuple(query), headers, wants="json")), token

    async def _meant(self, ask: Callable[[], Ask]) -> Answer:
        """The answer to the request; an error that stands under status 200 is a failure that may pass.

        Raises: Broken where it stays; RemoteError.
        """
        for attempt in range(_TRIES):
            answer = await self._wire.ask(ask())
            if answer.status != 200 or _SIGN_OF_ERROR not in answer.body[:_SAID] or not fault_of(answer).error:
                return answer
            if attempt + 1 < _TRIES:
                await self._pause(random.uniform(0.0, _FIRST_WAIT * 2**attempt))  # noqa: S311 (spreads load)
        raise Broken(f"GP-API states an error as if it were an answer: {fault_of(answer)}; try again later")

    async def _forget(self, token: Secret) -> None:
        """Forget the token unless another request has renewed it meanwhile."""
        async with self._signing_in:
            if self._signed_in is not None and self._signed_in.token is token:
                self._signed_in = None

    async def _sign_in(self) -> SignedIn:
        answer = await self._ask_token()
        if answer.status == 403 and fault_of(answer).detailed == _CREDENTIALS:
            # A nonce counts once: where the first try was answered into the void, the second is refused for that.
            answer = await self._ask_token()
        if answer.status in (401, 403):
            raise NotSignedIn(
                f"GP-API does not know these credentials: {fault_of(answer)}; "
                "check app_id, app_key and whether they belong to this environment"
            )
        if answer.status != 200:
            refuse(fault_of(answer), "/accesstoken")
        return self._read_token(_object(answer))

    async def _ask_token(self) -> Answer:
        return await self._meant(self._token_request)

    def _token_request(self) -> Ask:
        nonce = f"{self._clock():%Y-%m-%dT%H:%M:%S.%f}-{secrets.token_hex(8)}"
        secret = secret_of(nonce, self.credentials.app_key)
        body = {
            "app_id": self.credentials.app_id,
            "nonce": nonce,
            "secret": secret,
            "grant_type": "client_credentials",
        }
        headers = {"x-gp-version": VERSION, "content-type": "application/json"}
        return Ask("POST", "/accesstoken", (), headers, json.dumps(body).encode(), wants="json")

    def _read_token(self, found: Mapping[str, Any]) -> SignedIn:
        token = found.get("token")
        if not isinstance(token, str) or not token:
            raise Misunderstood("GP-API signed in without giving a token; check the address of the service")
        now = self._clock()
        scope = _mapping(found.get("scope"))
        lasts = _seconds(found.get("seconds_to_expire"))
        made = _moment(found.get("time_created"))
        return SignedIn(
            Secret(token),
            str(scope.get("merchant_id") or ""),
            str(scope.get("merchant_name") or ""),
            tuple(_account(one) for one in _list(scope, "accounts") if isinstance(one, Mapping)),
            now + max(lasts - _MARGIN, _SHORTEST),
            made - now if made is not None else None,
        )


def secret_of(nonce: str, app_key: Secret) -> str:
    """The proof of a key: SHA-512 of nonce and key as lower-case hex."""
    return hashlib.sha512((nonce + app_key.reveal()).encode()).hexdigest()


def fault_of(answer: Answer) -> GpFault:
    """What the vendor says went wrong, also where it does not say it in its usual form."""
    try:
        found = answer.json()
    except Broken:  # whatever stands there instead of an error is told as it is
        found = None
    told = _mapping(found)
    error, detailed = (str(told.get(name) or "") for name in ("error_code", "detailed_error_code"))
    description = str(told.get("detailed_error_description") or "")
    if not told:
        description = answer.body[: 4 * _SAID].decode("utf-8", "replace")
    return GpFault(answer.status, error, detailed, redacted(description)[:_SAID])


def refuse(fault: GpFault, path: str) -> NoReturn:
    """Raise the exception of a vendor's error that is no missing record."""
    if fault.status == 403:
        raise Refused(
            f"GP-API does not allow {path}: {fault}; give the application that permission, or correct account_name"
        )
    raise Misunderstood(f"GP-API refused {path}: {fault}", status=fault.status)


def _account(found: Mapping[str, Any]) -> Account:
    rights = tuple(str(one) for one in _list(found, "permissions"))
    return Account(str(found.get("id") or ""), str(found.get("name") or ""), rights)


def _object(answer: Answer, read: Callable[[Answer], Any] = Answer.json) -> Mapping[str, Any]:
    found = read(answer)
    if not isinstance(found, Mapping):
        raise Misunderstood("GP-API answered with something else than an object; check the address of the service")
    return found


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(found: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = found.get(name)
    return value if isinstance(value, list) else ()


def _seconds(value: object) -> dt.timedelta:
    """How long a token lasts; where that is not told, as short as the vendor may make it."""
    try:
        return dt.timedelta(seconds=int(str(value)))
    except (ValueError, OverflowError):
        return _MARGIN + _SHORTEST


def _moment(value: object) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
