"""Signing in to Heartland Retail: a token of the shop, or an OAuth2 application with the leave of a person."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from recon.errors import ConfigError
from recon.wire import Ask, Misunderstood, NotSignedIn, Secret, Wire, redacted
from recon.wire.tokens import RefreshTokens, exchanged_alone

SIGN_IN_HOST = "retail.heartland.us"  # one for all shops, which have addresses of their own
_SHOPS = f".{SIGN_IN_HOST}"
_TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path below /api
_MEND = "sign in in the browser again, with: recon doctor --sign-in retail"
_SHOWN = 160


@dataclass(frozen=True)
class Token:
    """An API token, made in the shop under My Account."""

    token: Secret


@dataclass(frozen=True)
class Application:
    """An OAuth2 application; with a redirect it has the leave of a person, without one it signs in by itself."""

    client_id: str
    client_secret: Secret
    redirect_uri: str = ""


class RetailSignIn:
    """The access token of one shop, shared by all that ask at once; each refresh token is kept before it is used."""

    def __init__(
        self,
        wire: Wire,
        credentials: Token | Application,
        *,
        base_url: str = "",
        tokens: RefreshTokens | None = None,
    ) -> None:
        if tokens is None and isinstance(credentials, Application) and credentials.redirect_uri:
            raise ConfigError("a sign-in with a person's leave needs a place for its refresh token")
        self._wire = wire
        self._credentials = credentials
        self._base_url = base_url
        self._tokens = tokens
        self._bearer = credentials.token if isinstance(credentials, Token) else None
        self._one = asyncio.Lock()

    @property
    def renews(self) -> bool:
        """True where a token that was refused can be replaced."""
        return isinstance(self._credentials, Application)

    async def bearer(self, spent: Secret | None = None) -> Secret:
        """An access token, another one than the spent; whoever waited for another's sign-in takes that one's.

        Raises: NotSignedIn, RemoteError.
        """
        async with self._one:
            if self._bearer is None or self._bearer is spent:
                self._bearer = await self._signed_in(self._application())
            return self._bearer

    def address(self, state: str, base_url: str) -> str:
        """Where a person gives leave in the browser; `state` comes back with the code and must be equal."""
        who = self._application()
        asked = {"response_type": "code", "client_id": who.client_id, "redirect_uri": who.redirect_uri, "state": state}
        return f"{_door(base_url)}/oauth/authorize?{urlencode(asked)}"

    async def redeem(self, code: Secret) -> None:
        """Exchange the code of the browser for tokens and keep the refresh token. Raises: NotSignedIn, RemoteError."""
        who = self._application()
        form = {"grant_type": "authorization_code", "code": code.reveal(), "redirect_uri": who.redirect_uri}
        async with self._one:
            self._bearer, refresh = await self._ask(who, form)
            if refresh is None or self._tokens is None:
                raise Misunderstood("Heartland Retail gave no refresh token; let the application in again")
            self._tokens.save(refresh)

    def _application(self) -> Application:
        if isinstance(self._credentials, Token):
            raise ConfigError("a shop's own token is no application; it needs no leave and cannot be renewed")
        return self._credentials

    async def _signed_in(self, who: Application) -> Secret:
        if self._tokens is None:
            bearer, _ = await self._ask(who, {"grant_type": "client_credentials"})
            return bearer
        async with exchanged_alone(self._tokens) as had:
            if had is None:
                raise NotSignedIn(
                    "Nobody has signed in to Heartland Retail for this application yet; sign in in the browser once, "
                    "with: recon doctor --sign-in retail"
                )
            bearer, refresh = await self._ask(who, {"grant_type": "refresh_token", "refresh_token": had.reveal()})
            if refresh is not None and refresh != had:
                self._tokens.save(refresh)
            return bearer

    async def _ask(self, who: Application, form: Mapping[str, str]) -> tuple[Secret, Secret | None]:
        """Access token and, where one came, refresh token."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        # A code or a refresh token is spent by its first use; an application by itself may ask as often as it must.
        is_repeatable = form["grant_type"] == "client_credentials"
        whole = {"client_id": who.client_id, "client_secret": who.client_secret.reveal(), **form}
        ask = Ask(
            "POST", _token_address(self._base_url), headers=headers, body=urlencode(whole).encode(),
            repeatable=is_repeatable, wants="json",
        )  # fmt: skip
        answer = await self._wire.ask(ask)
        told = answer.json()
        # The vendor says to look for errors in the body, whatever the status.
        if answer.status >= 400 or not isinstance(told, Mapping) or told.get("error") or not told.get("access_token"):
            own = "check client id and secret; the vendor documents a sign-in with leave: name redirect_uri, then run "
            mend = f"{own}recon doctor --sign-in retail" if is_repeatable else _MEND
            raise NotSignedIn(f"Heartland Retail gave no token ({words_of(told)}); {mend}")
        refresh = told.get("refresh_token")
        return Secret(str(told["access_token"])), Secret(str(refresh)) if refresh else None


def words_of(told: Any) -> str:
    """What an error's body says, short and without secrets."""
    if isinstance(told, Mapping):
        said = " ".join(str(told[key]) for key in ("error", "message", "error_description") if told.get(key))
        return redacted(said)[:_SHOWN] or "no words"
    return redacted(str(told))[:_SHOWN]


def _is_shop(base_url: str) -> bool:
    return (urlsplit(base_url).hostname or "").endswith(_SHOPS)


def _door(base_url: str) -> str:
    """Where applications are let in: Heartland's one place, or the same server where the shop is none of its own."""
    if _is_shop(base_url):
        return f"https://{SIGN_IN_HOST}"
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}"


def _token_address(base_url: str) -> str:
    return f"{_door(base_url)}/api{_TOKEN_PATH}" if _is_shop(base_url) else _TOKEN_PATH
