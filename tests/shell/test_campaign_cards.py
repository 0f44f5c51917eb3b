"""A card number in any field of any service, in thirty disguises: masked or set aside before anything is kept.

What is left is looked for by other means than those that mask: every text is decoded and stripped to its digits.
"""

from __future__ import annotations

import asyncio
import html
import io
import json
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import polars as pl
import pytest
from test_campaign_faults import DAYS, HASTY, HOME, gateway, rest, shop, site

from recon.heartland.gp_api import GpApi, GpCredentials
from recon.heartland.gp_reports import sources as gp_sources
from recon.heartland.portico import portico_sources
from recon.heartland.retail import retail_sources
from recon.intacct.rest_sources import rest_sources
from recon.intacct.xml_sources import xml_sources
from recon.pulling.keeping import QUARANTINED, keep
from recon.sandbox.app import make_app
from recon.sandbox.world import DEMO_ACCESS, World
from recon.store.port import Source
from recon.wire import HttpWire, Secret, in_process, run

VISA, MASTERCARD, AMEX = "4012888888881881", "5425233430109903", "378282246310005"


def grouped(card: str, by: str) -> str:
    return by.join(re.findall("....?", card))


def script(zero: str, card: str) -> str:
    return "".join(chr(ord(zero) + int(digit)) for digit in card)


DISGUISES: dict[str, Callable[[str], str]] = {
    "plain": lambda card: card,
    "spaces": lambda card: grouped(card, " "),
    "dashes": lambda card: grouped(card, "-"),
    "dots": lambda card: grouped(card, "."),
    "slashes": lambda card: grouped(card, "/"),
    "underscores": lambda card: grouped(card, "_"),
    "single digits": " ".join,
    "long dashes": lambda card: grouped(card, "\u2013"),
    "spaces that do not break": lambda card: grouped(card, "\u00a0"),
    "no width": "\u200b".join,
    "soft hyphens": lambda card: grouped(card, "\u00ad"),
    "full width": lambda card: script("\uff10", card),
    "Arabic": lambda card: script("\u0660", card),
    "mathematical": lambda card: script("\U0001d7ce", card),
    "HTML codes": lambda card: "".join(f"&#{ord(digit)};" for digit in card),
    "HTML spaces": lambda card: grouped(card, "&nbsp;"),
    "a URL": lambda card: quote(grouped(card, " ")),
    "JSON codes": lambda card: "".join(f"\\u{ord(digit):04x}" for digit in card),
    "a word between": lambda card: f"{card[:6]} card {card[6:]}",
    "a stripe": lambda card: f";{card}=25121011000012345678?",
    "the month and year of its end": lambda card: f"{card}1227",
    "its end and its code": lambda card: f"{card}2712123",
    "zeros before it": lambda card: card.zfill(20),
    "another card behind it": lambda card: f"{card}{VISA}",
    "many spaces": lambda card: grouped(card, " " * 8),
    "indented lines": lambda card: grouped(card, "\n      "),
    "the letter x": lambda card: grouped(card, "x"),
    "groups of any size": lambda card: f"{card[:4]}-{card[4:6]}-{card[6:10]}-{card[10:]}",
    "comments of HTML": lambda card: grouped(card, "<!-- and -->"),
    "tags with styles": lambda card: grouped(card, f"<span style='{'color: red; ' * 9}'>"),
}
SPOKEN = {name: made(card) for (name, made), card in zip(DISGUISES.items(), cycle([VISA, MASTERCARD, AMEX]))}
STARTS = {card[:-4] for card in (VISA, MASTERCARD, AMEX)}


def digits_of(text: str) -> str:
    """Every digit of the text as a person or a browser may read it."""
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), text)
    for _ in range(3):
        text = unquote(html.unescape(text))
    return "".join(str(unicodedata.digit(letter)) for letter in text if unicodedata.digit(letter, None) is not None)


def betrays(text: str) -> bool:
    digits = digits_of(text)
    return any(start in digits for start in STARTS)


def leaves(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], object]]:
    """Every value that holds no others, with its way from the top."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from leaves(one, (*path, name))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from leaves(one, (*path, at))
    else:
        yield path, value


def planted(row: Mapping[str, Any], path: tuple[Any, ...], text: str) -> dict[str, Any]:
    """A copy of the row with the text at that place."""
    copy = json.loads(json.dumps(row, default=str))
    place = copy
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = text
    return copy


def is_id(path: tuple[Any, ...], ids: Any) -> bool:
    names = [name for name in path if isinstance(name, str)]
    return ".".join(names) in ids or names[-1] in ids


@pytest.fixture(scope="module")
def samples() -> list[tuple[Source, Mapping[str, Any]]]:
    """A row of every source of every service, as its look-alike gives it."""
    world = World.of_demo(stores=2)
    transport = in_process(make_app(world))
    key = GpCredentials(DEMO_ACCESS["gp_api.app_id"], Secret(DEMO_ACCESS["gp_api.app_key"]))
    services: list[tuple[str, Callable[[HttpWire], Any]]] = [
        ("/ucp", lambda wire: gp_sources(GpApi(wire, key))),
        ("", lambda wire: portico_sources(site(wire)).values()),
        ("/api", lambda wire: retail_sources(shop(wire)).values()),
        ("", lambda wire: xml_sources(gateway(wire)).values()),
        ("", lambda wire: rest_sources(rest(wire)).values()),
    ]

    async def work() -> list[tuple[Source, Mapping[str, Any]]]:
        found = []
        for base, made in services:
            async with HttpWire(HOME + base, transport=transport, retries=HASTY) as wire:
                for source in made(wire):
                    rows = [row async for page in source.pages(DAYS, None) for row in page.rows]
                    found += [(source, row) for row in rows[:1]]
                await asyncio.sleep(0)
        return found

    return run(work())


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_card_in_any_field_of_any_service_is_masked_and_in_an_id_the_row_is_set_aside(
    disguise: str, samples: list[tuple[Source, Mapping[str, Any]]]
) -> None:
    tried = {"text": 0, "id": 0}
    assert len(samples) > 28, "nearly every source has rows"
    for source, row in samples:
        ids = getattr(source, "id_fields", ())
        paths = [path for path, value in leaves(row) if isinstance(value, str)]
        rows = [
            planted(row, path, SPOKEN[disguise] if is_id(path, ids) else f"Note: {SPOKEN[disguise]}, thanks")
            for path in paths
        ]
        for path, (row_id, _, body) in zip(paths, keep(source, rows).rows(), strict=True):
            tried["id" if is_id(path, ids) else "text"] += 1
            assert not any(betrays(str(value)) for _, value in leaves(json.loads(body))), (source.name, path)
            assert not betrays(row_id), (source.name, path)
            assert not betrays(body), (source.name, path)
            if is_id(path, ids):
                assert row_id.startswith(QUARANTINED), (source.name, path)
    assert tried["text"] > 200
    assert tried["id"] > 40


def plant_in(world: World) -> None:
    """Every disguise in the texts that people write: memos, documents, titles, names, notes."""
    for table, place in (
        ("intacct_line", "description"),
        ("intacct_line", "document"),
        ("intacct_batch", "batch_title"),
    ):
        key = world.tables[table].key
        keys = [row[0] for row in world.query(f"SELECT {key} FROM {table} ORDER BY {place} DESC, {key}")]
        for number, text in zip(keys[:: max(1, len(keys) // 40)], [*SPOKEN.values()] * 2, strict=False):
            world.write(f"UPDATE {table} SET {place} = ? WHERE {key} = ?", (f"called {text} back", number))
    for table, place in (
        ("gp_transactions", "$.payment_method.name"), ("gp_deposits", "$.funding_note"),
        ("retail_tickets", "$.customer_name"), ("retail_items", "$.description"), ("retail_locations", "$.note"),
    ):  # fmt: skip
        for (number,), text in zip(
            world.query(f"SELECT id FROM {table} ORDER BY id"), [*SPOKEN.values()] * 3, strict=False
        ):
            world.write(f"UPDATE {table} SET body = json_set(body, '{place}', ?) WHERE id = ?", (f"by {text}.", number))
    world.write("UPDATE intacct_account SET title = title || ' ' || ?", (SPOKEN["spaces"],))


def texts_of(path: Path, data: bytes) -> Iterator[str]:
    """What a file says: the cells of Parquet, the parts of workbooks, the streams of PDF, else its own text."""
    if path.suffix == ".parquet":
        for column in pl.read_parquet(io.BytesIO(data)).iter_columns():
            yield from map(str, column.unique().to_list())
    elif zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for name in packed.namelist():
                yield from lines_of(packed.read(name))
    elif path.suffix == ".pdf":
        for stream in re.findall(rb"stream\r?\n(.*?)endstream", data, re.S):
            try:
                yield from lines_of(zlib.decompress(stream))
            except zlib.error:
                yield from lines_of(stream)
    else:
        yield from lines_of(data)


def lines_of(data: bytes) -> Iterator[str]:
    """Short pieces, so that figures of different cells are not read as one number; of drawings only their words."""
    for piece in re.split(r"[\r\n]|</?(?:td|t|v|p|li|span|div|tr|th)\b", data.decode("utf-8", "replace")):
        is_drawn = "<svg" in piece or "<path" in piece or "<g " in piece
        words = [re.sub("<[^>]*>", " ; ", piece), *re.findall('aria-label=.?"([^"]*)"', piece)]
        said = " ".join(words) if is_drawn else piece
        if sum(map(str.isdigit, said)) >= 9 or "&#" in said or "%" in said:
            yield said
