"""The way into the ledger: the one interface of Intacct through which a company's approved entries are written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import polars as pl

from recon.desk.packs import attached_files
from recon.desk.proven import Check, proven
from recon.desk.seat import Seat
from recon.desk.warrant import signed_objection, warrant_of
from recon.errors import ConfigError
from recon.identity import POSTING_KEY_PREFIX
from recon.intacct.attachments import Attachments, RestAttachments, XmlAttachments
from recon.intacct.entries import Found
from recon.intacct.gateway import PRODUCTION
from recon.intacct.rest_writer import RestWriter
from recon.intacct.xml_writer import XmlWriter
from recon.posting.books import Books, Group, Masters, masters_of, with_places
from recon.posting.entry import heads_count, heads_with
from recon.posting.model import Settings, Tools
from recon.posting.poster import Ledger, Poster
from recon.posting.reading import RestBooks, XmlBooks
from recon.pulling.credentials import Purse
from recon.pulling.intacct import rest_api, rest_wire, xml_gateway, xml_wire
from recon.pulling.interfaces import Link
from recon.pulling.services import own_folder, utc_now
from recon.reporting.model import RunRecord
from recon.trail import Anchor
from recon.wire import Wire
from recon.wire.client import HttpWire
from recon.wire.loop import run
from recon.workspace import Workspace, load_workspace
from recon.workspace.supply import CALLED, IntacctRestService, IntacctXmlService, ServiceName, Supply, read_supply


@dataclass(frozen=True)
class Door:
    """One interface of Intacct that entries are written to."""

    name: ServiceName  # as sources.toml calls it
    address: str
    wire: HttpWire
    made: Callable[[Wire], tuple[XmlWriter | RestWriter, Books, Attachments]]
    masters: Masters
    check: Check | None = None  # of real books; None: they may be reached, and nobody asks which these are

    @property
    def called(self) -> str:
        """The interface as a person calls it."""
        return CALLED[self.name]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Ledger]:
        """The ledger, while the wire is open; the first request signs in.

        Raises: ConfigError where real books, and all that do not prove to be recon's sandbox, may not be reached.
        """
        async with self.wire as wire:
            asked = wire if self.check is None else await proven(wire, self.address, self.check)
            writer, books, attachments = self.made(asked)
            yield Ledger(writer, books, await with_places(self.masters, books), attachments)


def door_of(seat: Seat, record: RunRecord, *, purse: Purse | None = None, link: Link | None = None) -> Door:
    """The interface that sources.toml names for posting, else the one that has the ledger.

    `record` is the run whose chart and places say what lines must carry. With the control of four eyes switched off it
    opens on recon's sandbox alone. Raises: ConfigError where there is none, or a credential is missing.
    """
    supply = read_supply(seat.company.root)
    closed_through = supply.books.closed_through
    masters = replace(masters_of(record.accounts, record.locations), closed_through=closed_through)
    door = _door_into(seat.company, supply, masters, purse, link)
    return door if seat.control.approval.four_eyes else replace(door, check=seat.control.check_production)


def books_now(seat: Seat, record: RunRecord) -> Callable[[Group], pl.DataFrame] | None:
    """What reads LEDGER of a group as it stands in this moment; None where no interface is set up to post to.

    Raises: ConfigError where a credential is missing.
    """
    if read_supply(seat.company.root).posted_to is None:
        return None
    door = door_of(seat, record)

    async def lines(group: Group) -> pl.DataFrame:
        async with door.open() as ledger:
            return await ledger.books.lines(group)

    return lambda group: run(lines(group))


@dataclass(frozen=True)
class Heads:
    """What recon's entries in the ledger show of an audit trail."""

    service: ServiceName  # as sources.toml calls the interface
    entries_count: int
    heads_count: int  # of these, how many show one
    anchors: tuple[Anchor, ...]  # each with its entry as the place

    @property
    def called(self) -> str:
        """The interface as a person calls it."""
        return CALLED[self.service]


def heads_in_ledger(workspace: Path, *, purse: Purse | None = None, link: Link | None = None) -> Heads:
    """The heads that stand with recon's entries in the ledger of a workspace; nobody need be known to users.csv.

    Raises: ConfigError where no interface is set up, or a credential is missing; RemoteError.
    """
    company = load_workspace(workspace)
    door = _door_into(company, read_supply(company.root), Masters(), purse, link)

    async def read() -> tuple[Found, ...]:
        async with door.open() as ledger:
            return await ledger.writer.tagged(POSTING_KEY_PREFIX)

    found = run(read())
    return Heads(door.name, len(found), heads_count(found), heads_with(found))


def _door_into(company: Workspace, supply: Supply, masters: Masters, purse: Purse | None, link: Link | None) -> Door:
    held, via = purse or Purse(), link or Link(company.root, own_folder())
    door = _door(supply, masters, held, via, company.policy.company.currency)
    held.refuse()
    return door


def _door(supply: Supply, masters: Masters, purse: Purse, link: Link, currency: str) -> Door:
    name = supply.posted_to
    settings = supply.services.named(name) if name else None
    if isinstance(settings, IntacctXmlService):
        gateway = xml_gateway(settings, purse, utc_now)

        def by_xml(wire: Wire) -> tuple[XmlWriter, XmlBooks, XmlAttachments]:
            opened = gateway(wire)
            return XmlWriter(opened), XmlBooks(opened, currency=currency), XmlAttachments(opened)

        return Door("intacct_xml", settings.base_url or PRODUCTION, xml_wire(settings, link), by_xml, masters)
    if isinstance(settings, IntacctRestService):
        api = rest_api(settings, purse, link, utc_now)

        def by_rest(wire: Wire) -> tuple[RestWriter, RestBooks, RestAttachments]:
            opened = api(wire)
            return RestWriter(opened), RestBooks(opened, currency=currency), RestAttachments(opened)

        return Door("intacct_rest", settings.base_url or PRODUCTION, rest_wire(settings, link), by_rest, masters)
    raise ConfigError(
        "no interface of Intacct is set up to post to: in sources.toml let the ledger come from intacct_xml or "
        "intacct_rest, or name one under [posting]; without one, import entries_import.csv of the pack by hand"
    )


def poster_of(
    seat: Seat, ledger: Ledger, tools: Tools | None = None, *, purse: Purse | None = None, reports: Path | None = None
) -> Poster:
    """What posts for this person, as the policy says; attachments are made of the packs in the reports.

    Raises: NotAllowed where the person may not let entries be sent.
    """
    seat.control.check_post(seat.who)
    settings = Settings.of(seat.company.policy.posting)
    tools = tools or Tools(lock=seat.store.database.lock)
    tools = tools if reports is None else replace(tools, pack=partial(attached_files, reports))
    shared = replace(tools, check=warrant_of(seat, purse).check, signed=partial(signed_objection, seat))
    return Poster(seat.store, ledger, by=seat.name, settings=settings, tools=shared)
