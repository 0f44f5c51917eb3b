"""Secrets of a request appear nowhere but in the request: not in logs, faults, tracebacks or what is printed."""

from __future__ import annotations

import base64
import copy
import html
import io
import json
import logging
import pickle
import re
import traceback
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from urllib import parse
from xml.sax import saxutils

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


SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON in ASCII": json.dumps,
    "JSON with all letters": lambda value: json.dumps(value, ensure_ascii=False),
    "JSON within JSON": lambda value: json.dumps(json.dumps(value)),
    "JSON that escapes slashes": lambda value: json.dumps(value).replace("/", "\\/"),
    "JSON with capital codes": lambda value: re.sub(r"(?<=\\u)\w{4}", lambda code: code[0].upper(), json.dumps(value)),
    "Python": repr,
    "Python's bytes": lambda value: repr(value.encode()),
    "Python in ASCII": ascii,
    "XML": saxutils.escape,
    "an attribute": lambda value: saxutils.escape(value, {'"': "&quot;", "'": "&apos;"}),
    "HTML": html.escape,
    "XML in ASCII": lambda value: saxutils.escape(value).encode("ascii", "xmlcharrefreplace").decode(),
    "HTML with names": lambda value: value.replace("&", "&amp;").replace("ä", "&auml;").replace("ö", "&ouml;"),
    "HTML within HTML": lambda value: html.escape(html.escape(value)),
    "a URL": lambda value: parse.quote(value, safe=""),
    "a path": parse.quote,
    "a form": parse.quote_plus,
    "a URL in small letters": lambda value: re.sub("%..", lambda code: code[0].lower(), parse.quote(value, safe="")),
    "a URL within a URL": lambda value: parse.quote(parse.quote(value)),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64 of URLs": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
    "base64 without its end": lambda value: base64.b64encode(value.encode()).decode().rstrip("="),
    "base64 in a form": lambda value: parse.quote(base64.b64encode(value.encode()).decode(), safe=""),
    "base64 behind a name": lambda value: base64.b64encode(f"user:{value}".encode()).decode(),
    "base64 behind a longer name": lambda value: base64.b64encode(f"user2:{value}".encode()).decode(),
    "base64 before more": lambda value: base64.b64encode(f"user22:{value}; more".encode()).decode(),
    "hexadecimal digits": lambda value: value.encode().hex(),
    "capital hexadecimal digits": lambda value: value.encode().hex().upper(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("value", ["pässwörd/1&2'\"x", "plain0canary7", "a+b/c= d\\e\n~ß€😀", "<<<>>>??"])
def test_a_secret_is_struck_out_in_whatever_spelling_a_library_shows_it(value: str, spelling: str) -> None:
    secret = Secret(value)
    shown = SPELLINGS[spelling](secret.reveal())

    said = redacted(f"they said {shown} and went")

    assert said.startswith("they said ")
    assert said.endswith(" and went")
    assert "***" in said
    # Base64 behind a name shares one or two letters with what stands before and behind.
    assert longest_shared(shown, said.removeprefix("they said ").removesuffix(" and went")) <= 12


def longest_shared(one: str, other: str) -> int:
    return SequenceMatcher(None, one, other, autojunk=False).find_longest_match().size


def test_a_secret_that_is_part_of_another_leaves_nothing_of_the_longer_one() -> None:
    secrets = Secret("canary"), Secret("canary-of-the-mine")

    assert redacted("said canary-of-the-mine and canary") == "said *** and ***"
    assert all(secrets)


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
