"""Secrets of a request appear nowhere but in the request: not in logs, faults, tracebacks or what is printed."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import traceback
from collections.abc import Iterator

import pydantic
import pytest

from recon.wire import Ask, HttpWire, Retries, Secret, WireFault, redacted, run
from tests.wire_servers import cut_off, reply, serving

CANARY = "canary-7f3c/9+secret value"
CARD = "4111 1111 1111 1111"
ONCE = Retries(tries=2, first_wait_seconds=0.01, longest_wait_seconds=0.02)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that any library logs at any level."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(handler)
    root.setLevel(level)


ECHOES = {
    "an error that repeats the request": lambda seen: reply(f"denied: {seen.headers} {seen.body!r}".encode(), 500),
    "half an answer with a cookie": lambda seen: cut_off(b"{", 40),
    "a cookie and a page": lambda seen: reply(
        b"<html>" + seen.body, headers=(f"set-cookie: sid={CANARY}", f"x-echo: {seen.headers['authorization']}")
    ),
    "a wait in a header that repeats the secret": lambda seen: reply(b"{}", 429, (f"x-echo: {CANARY}",)),
    "a redirect that carries the secret away": lambda seen: reply(
        b"", 302, ("location: https://elsewhere.example/?token=" + "canary-7f3c/9+secret",)
    ),
    "a location that cannot be read": lambda seen: reply(b"", 302, (f"location: http://[{CANARY}",)),
    "a header that is none": lambda seen: b"HTTP/1.1 200 OK\r\n" + CANARY.encode() + b"\r\n\r\n",
    "a line that is no status": lambda seen: CANARY.encode() + b"\r\n\r\n",
}


@pytest.mark.parametrize("echo", ECHOES)
def test_no_secret_and_no_card_is_told_after(echo: str, log: io.StringIO) -> None:
    secret = Secret(CANARY)
    ask = Ask(
        "POST",
        "/accesstoken",
        query=(("access_token", CANARY),),
        headers={"authorization": f"Bearer {secret.reveal()}"},
        body=json.dumps({"app_key": secret.reveal(), "card": CARD}).encode(),
        wants="json",
    )

    async def work(url: str) -> None:
        async with HttpWire(url, retries=ONCE) as wire:
            await wire.ask(ask)

    with serving(lambda seen, _: ECHOES[echo](seen)) as server, pytest.raises(WireFault) as caught:
        run(work(server.url))

    told = (
        "".join(traceback.format_exception(caught.value)) + log.getvalue() + str(caught.value) + repr(ask.body and ask)
    )
    shown = told.replace(repr(ask), "")
    for spelling in (CANARY, "canary-7f3c%2F9", "canary-7f3c/9", "4111 1111 1111 1111", "4111111111111111"):
        assert spelling not in shown
    assert server.seen


def test_a_header_with_a_line_break_is_told_without_its_value(log: io.StringIO) -> None:
    secret = Secret("canary\r\nbroken")

    async def work() -> None:
        async with HttpWire("http://127.0.0.1:9", retries=ONCE) as wire:
            await wire.ask(Ask("GET", "/", headers={"authorization": secret.reveal()}))

    with pytest.raises(WireFault) as caught:
        run(work())

    assert "canary" not in "".join(traceback.format_exception(caught.value)) + log.getvalue()


def test_a_secret_shows_in_no_way_of_printing() -> None:
    secret = Secret(CANARY)

    shown = [str(secret), repr(secret), f"{secret}", f"{secret:>40}", "%s %r" % (secret, secret), repr({"key": secret})]  # noqa: UP031

    assert all("canary" not in one for one in shown)
    assert secret.reveal() == CANARY
    assert copy.deepcopy({"key": secret})["key"] is secret
    with pytest.raises(TypeError, match="not written down"):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)


def test_a_secret_of_a_model_is_read_from_text_and_written_as_stars() -> None:
    class Credentials(pydantic.BaseModel):
        """Credentials as a settings file names them."""

        app_key: Secret

    found = Credentials.model_validate({"app_key": CANARY})

    assert found.app_key.reveal() == CANARY
    assert Credentials.model_validate_json(json.dumps({"app_key": CANARY})) == found
    assert Credentials(app_key=found.app_key).app_key is found.app_key
    assert found.model_dump_json() == '{"app_key":"***"}'
    assert "canary" not in repr(found) + str(found.model_dump())
    with pytest.raises(pydantic.ValidationError):
        Credentials.model_validate({"app_key": 7})


SPOKEN = {
    "Authorization: Bearer abc.def-123": "abc.def-123",
    '{"client_secret": "s3cr\\"et", "a": 1}': "s3cr",
    "{'app_key': 's3cret'}": "s3cret",
    "<userpassword>s3cret</userpassword>": "s3cret",
    "<sessionid>s3cret..</sessionid>": "s3cret",
    "<ns:Password type='x'>s3cret</ns:Password>": "s3cret",
    "grant_type=refresh_token&refresh_token=s3cret&x=1": "s3cret",
    "https://user:s3cret@host/path": "s3cret",
    "Set-Cookie: s3cret; Path=/": "s3cret",
    "SecretAPIKey=s3cret": "s3cret",
    "<h:SecretAPIKey>s3cret</h:SecretAPIKey>": "s3cret",
    "password is in x-api-key: s3cret": "s3cret",
}


@pytest.mark.parametrize("text", SPOKEN)
def test_what_stands_where_secrets_stand_is_struck_out(text: str) -> None:
    assert SPOKEN[text] not in redacted(text)
    assert "***" in redacted(text)


@pytest.mark.parametrize(
    "text",
    ["DEP_demo0001 of 2026-03-03 does not foot: 112.71", "the token of the service has ended", "sessionid missing"],
)
def test_words_that_tell_no_secret_are_left(text: str) -> None:
    assert redacted(text) == text
