"""Signing in to the REST API (OAuth2): an application by itself, or with the leave that a person gave once."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from recon.errors import ConfigError
from recon.intacct.credentials import CodeCredentials, RestCredentials
from recon.intacct.faults import misunderstood, told
from recon.intacct.rest_replies import TRIES, patiently, rest_faults
from recon.wire import Ask, NotSignedIn, Secret, Wire
from recon.wire.tokens import RefreshTokens, exchanged_alone

TOKEN = "/oauth2/token"  # noqa: S105 (a path)
AUTHORIZE = "/oauth2/authorize"
_HEADERS = {"content-type": "application/x-www-form-urlencoded"}
_SHARE = 20  # an access token is renewed before the last twentieth of its life
_USUAL_LIFE = dt.timedelta(minutes=30)  # where the answer tells none


class SignIn:
    """The access token of one application, renewed in time; shared by all that ask at once."""

    def __init__(
        self,
        wire: Wire,
        credentials: RestCredentials | CodeCredentials,
        *,
        root: str,
        clock: Callable[[], dt.datetime],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        tokens: RefreshTokens | None = None,
    ) -> None:
        if isinstance(credentials, CodeCredentials) and tokens is None:
            raise ConfigError("a sign-in by authorization code needs a place for its refresh token")
        self._wire = wire
        self._credentials = credentials
        self._root = root
        self._clock = clock
        self._pause = pause
        self._tokens = tokens
        self._bearer: Secret | None = None
        self._renew_at = clock()
        self._one = asyncio.Lock()

    async def bearer(self) -> Secret:
        """An access token that is not about to end.

        Raises: NotSignedIn, RemoteError.
        """
        async with self._one:
            if self._bearer is None or self._clock() >= self._renew_at:
                self._bearer = await self._signed_in()
            return self._bearer

    def forget(self, bearer: Secret) -> None:
        """Take no more of this access token: the service refused it."""
        if self._bearer == bearer:
            self._bearer = None

    def address(self, state: str, base_url: str) -> str:
        """Where a person gives leave in the browser; `state` comes back with the code and must be equal.

        Raises: ConfigError where the application signs in by itself.
        """
        who = self._by_code()
        asked = {
            "response_type": "code",
            "client_id": who.client_id,
            "redirect_uri": who.redirect_uri,
            "state": state,
            "scope": "offline_access",
        }
        return f"{base_url.rstrip('/')}{self._root}{AUTHORIZE}?{urlencode(asked)}"

    async def redeem(self, code: Secret) -> None:
        """Exchange the code of the browser for tokens and keep the refresh token.

        Raises: NotSignedIn, RemoteError.
        """
        who = self._by_code()
        form = {"grant_type": "authorization_code", "code": code.reveal(), "redirect_uri": who.redirect_uri}
        async with self._one:
            self._bearer = self._kept(await self._token(form, repeatable=False), had=None)

    def _by_code(self) -> CodeCredentials:
        if not isinstance(self._credentials, CodeCredentials):
            raise ConfigError("an application with client credentials signs in by itself; it needs no code")
        return self._credentials

    async def _signed_in(self) -> Secret:
        who = self._credentials
        if isinstance(who, RestCredentials):
            form = {"grant_type": "client_credentials", "username": who.login}
            return self._access(await self._token(form, repeatable=True))
        tokens = self._tokens
        if tokens is None:
            raise ConfigError("a sign-in by authorization code needs a place for its refresh token")
        # The token is read under the lock: another process may have exchanged the one we knew.
        async with exchanged_alone(tokens) as had:
            if had is None:
                raise NotSignedIn(
                    "Nobody has signed in to Intacct for this application yet; sign in in the browser once, with: "
                    "recon doctor --sign-in intacct_rest"
                )
            form = {"grant_type": "refresh_token", "refresh_token": had.reveal()}
            # Sent once: a token that was exchanged is spent, even if its answer went lost.
            return self._kept(await self._token(form, repeatable=False), had=had)

    async def _token(self, form: dict[str, str], *, repeatable: bool) -> dict[str, Any]:
        who = self._credentials
        body = urlencode({**form, "client_id": who.client_id, "client_secret": who.client_secret.reveal()}).encode()
        ask = Ask("POST", self._root + TOKEN, headers=_HEADERS, body=body, repeatable=repeatable, wants="json")
        answer, payload = await patiently(lambda: self._wire.ask(ask), self._pause, TRIES if repeatable else 1)
        if answer.status >= 400:
            mend = (
                "check client id, client secret and username"
                if isinstance(who, RestCredentials)
                else "sign in in the browser again, with: recon doctor --sign-in intacct_rest"
            )
            raise NotSignedIn(
                f"Intacct does not accept this application: {told(rest_faults(payload))}; {mend}", status=answer.status
            )
        if not isinstance(payload, dict) or not isinstance(payload.get("access_token"), str):
            raise misunderstood("the answer to a sign-in lacks the access token", status=answer.status)
        return payload

    def _kept(self, payload: dict[str, Any], *, had: Secret | None) -> Secret:
        """The access token, after the refresh token that came with it is safe."""
        given = payload.get("refresh_token")
        token = Secret(given) if isinstance(given, str) and given else had
        if token is None:
            raise misunderstood("the answer to a sign-in lacks the refresh token; ask for the scope offline_access")
        if self._tokens is not None and token != had:
            self._tokens.save(token)
        return self._access(payload)

    def _access(self, payload: dict[str, Any]) -> Secret:
        told_life = str(payload.get("expires_in") or "").strip()
        life = dt.timedelta(seconds=int(told_life)) if told_life.isdigit() else _USUAL_LIFE
        self._renew_at = self._clock() + life - life / _SHARE
        return Secret(payload["access_token"])
