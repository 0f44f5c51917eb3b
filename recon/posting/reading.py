"""The books of Intacct as they stand in this moment, read through either API before an entry is sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from recon.intacct.asking import Compare, Condition, both
from recon.intacct.frames import ledger, rest_ledger
from recon.intacct.gateway import XmlGateway
from recon.intacct.open_books import open_books
from recon.intacct.places import entities_of
from recon.intacct.readings import GLDETAIL, JOURNAL_ENTRY_LINE, LOCATION, LOCATIONENTITY, REST_ENTITY, REST_LOCATION
from recon.intacct.rest import RestApi
from recon.intacct.rest_sources import RestSource
from recon.intacct.xml_sources import XmlSource
from recon.posting.books import Group
from recon.store.port import Window, rows_of


class XmlBooks:
    """The books through the XML gateway: GLDETAIL, so that lines of every module are seen."""

    def __init__(self, gateway: XmlGateway, *, currency: str) -> None:
        self._gateway = gateway
        self._currency = currency

    async def lines(self, group: Group) -> pl.DataFrame:
        """LEDGER of the posted lines of the group.

        Raises: RemoteError.
        """
        source = XmlSource(self._gateway, GLDETAIL, condition=_of(group, "ACCOUNTNO", "LOCATIONID"))
        rows = await rows_of(source, Window(group.start, group.end))
        return ledger(rows, currency=self._currency).frame

    async def open_from(self) -> Mapping[str, dt.date]:
        """The first open day by entity; none is told where the gateway does not know the field.

        By XML no such field is documented. Where it is not told, and `closed_through` of sources.toml neither, an
        entry of a closed period is sent: as posted it is refused for certain and booked nowhere; as a draft it is
        taken, and the draft that is not posted stays until a person deletes it.

        Raises: RemoteError.
        """
        return open_books(await rows_of(XmlSource(self._gateway, LOCATIONENTITY)))

    async def entities(self) -> Mapping[str, str]:
        """The entity at the top of each location; a location at the top is its own.

        Raises: RemoteError.
        """
        return entities_of(await rows_of(XmlSource(self._gateway, LOCATION)), "LOCATIONID", "PARENTID")


class RestBooks:
    """The books through the REST API: lines of journal entries."""

    def __init__(self, api: RestApi, *, currency: str) -> None:
        self._api = api
        self._currency = currency

    async def lines(self, group: Group) -> pl.DataFrame:
        """LEDGER of the posted lines of the group.

        Raises: RemoteError.
        """
        condition = _of(group, "glAccount.id", "dimensions.location.id")
        source = RestSource(self._api, JOURNAL_ENTRY_LINE, condition=condition)
        rows = await rows_of(source, Window(group.start, group.end))
        return rest_ledger(rows, currency=self._currency).frame

    async def open_from(self) -> Mapping[str, dt.date]:
        """The first open day by entity.

        Raises: RemoteError.
        """
        return open_books(await rows_of(RestSource(self._api, REST_ENTITY)))

    async def entities(self) -> Mapping[str, str]:
        """The entity at the top of each location; a location at the top is its own.

        Raises: RemoteError.
        """
        return entities_of(await rows_of(RestSource(self._api, REST_LOCATION)), "id", "parent.id")


def _of(group: Group, account: str, location: str) -> Condition | None:
    place = Compare(location, "in", group.locations) if group.locations else Compare(location, "null")
    return both(Compare(account, "in", group.accounts), place)
