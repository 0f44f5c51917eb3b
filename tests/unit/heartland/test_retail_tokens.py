"""Where a shop's application signs in: at Heartland's one door, whatever the shop's own address."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from recon.errors import ConfigError
from recon.heartland.retail_tokens import SIGN_IN_HOST, Application, RetailSignIn, Token
from recon.wire import Answer, Ask, NotSignedIn, Secret
from recon.wire.addresses import Addresses

SHOP = "https://juniper.retail.heartland.us/api"
BY_LEAVE = Application("app", Secret("client-secret"), "http://127.0.0.1:8765/back")


class Kept:
    """A place for a refresh token; fulfils RefreshTokens."""

    def __init__(self, token: str | None = None) -> None:
        self.token = Secret(token) if token else None

    def load(self) -> Secret | None:
        return self.token

    def save(self, token: Secret) -> None:
        self.token = token

    @contextmanager
    def alone(self) -> Iterator[None]:
        yield


class Door:
    """A service that gives tokens, and remembers where it was asked for them; fulfils Wire."""

    def __init__(self, body: bytes = b'{"access_token": "access-2", "refresh_token": "refresh-2"}') -> None:
        self.body, self.asked = body, list[str]()

    async def ask(self, ask: Ask) -> Answer:
        self.asked.append(ask.path)
        return Answer(200, {}, self.body, ask.path)


def test_leave_is_given_at_heartlands_own_door() -> None:
    address = RetailSignIn(Door(), BY_LEAVE, base_url=SHOP, tokens=Kept()).address("state-7", SHOP)

    assert address.startswith("https://retail.heartland.us/oauth/authorize?")
    assert "redirect_uri=http%3A%2F%2F127.0.0.1%3A8765%2Fback" in address
    assert address.endswith("state=state-7")


def test_tokens_of_a_shop_come_from_heartlands_own_door_which_the_wire_may_speak_to() -> None:
    door, kept = Door(), Kept("refresh-1")

    asyncio.run(RetailSignIn(door, BY_LEAVE, base_url=SHOP, tokens=kept).bearer())

    assert door.asked == ["https://retail.heartland.us/api/oauth/token"]
    assert kept.token == Secret("refresh-2")
    assert Addresses(SHOP, (SIGN_IN_HOST,)).of(door.asked[0])[1].host == "retail.heartland.us"


def test_a_service_on_this_machine_is_its_own_door() -> None:
    door = Door()
    sign_in = RetailSignIn(door, BY_LEAVE, base_url="http://127.0.0.1:8926/api", tokens=Kept("refresh-1"))

    asyncio.run(sign_in.bearer())

    assert door.asked == ["/oauth/token"]
    assert sign_in.address("s", "http://127.0.0.1:8926/api").startswith("http://127.0.0.1:8926/oauth/authorize?")


def test_an_application_that_cannot_sign_in_by_itself_is_told_of_the_browser() -> None:
    refused = Door(b'{"error": "unsupported_grant_type"}')
    alone = RetailSignIn(refused, Application("app", Secret("client-secret")), base_url=SHOP)

    with pytest.raises(NotSignedIn, match="name redirect_uri, then run recon doctor --sign-in retail"):
        asyncio.run(alone.bearer())


def test_a_token_of_the_shop_needs_no_leave() -> None:
    with pytest.raises(ConfigError, match="no application"):
        RetailSignIn(Door(), Token(Secret("token")), base_url=SHOP).address("s", SHOP)
