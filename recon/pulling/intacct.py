"""Intacct as a pull sees it: which objects are read for which kind of record, and the frames that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from recon.errors import ConfigError
from recon.intacct import frames
from recon.intacct.attachments import RestAttachments, XmlAttachments
from recon.intacct.cells import written
from recon.intacct.credentials import CodeCredentials, RestCredentials, XmlCredentials
from recon.intacct.gateway import PRODUCTION, XmlGateway
from recon.intacct.readings import LOCATIONENTITY, REST_ENTITY
from recon.intacct.rest import RestApi
from recon.intacct.rest_sources import RestSource, rest_sources
from recon.intacct.xml_sources import XmlSource, xml_sources
from recon.pulling.credentials import Purse, tokens_of
from recon.pulling.interfaces import Interface, Link, account_of
from recon.pulling.leave import Leave, Signing
from recon.pulling.model import Clock, Feed, Given, Made
from recon.pulling.rejects import joined
from recon.wire import Secret, Wire
from recon.wire.client import HttpWire
from recon.wire.settings import Limits
from recon.wire.tokens import RefreshTokens
from recon.workspace.supply import IntacctRestService, IntacctXmlService, Kind

IN_FLIGHT = 4  # of one company, as the smallest service level allows
_POD_HOSTS = (".intacct.com",)
_REST = "services.intacct_rest"


def xml_gateway(settings: IntacctXmlService, purse: Purse, clock: Clock) -> Callable[[Wire], XmlGateway]:
    """What makes the gateway of the settings over a wire; a credential that is missing is noted in the purse."""
    place = "services.intacct_xml"
    credentials = XmlCredentials(
        sender_id=purse.text(f"{place}.sender_id", settings.sender_id),
        sender_password=purse.secret(f"{place}.sender_password", settings.sender_password),
        company_id=purse.text(f"{place}.company_id", settings.company_id),
        user_id=purse.text(f"{place}.user_id", settings.user_id),
        user_password=purse.secret(f"{place}.user_password", settings.user_password),
        entity=settings.entity,
    )
    address = settings.base_url or PRODUCTION
    return lambda wire: XmlGateway(wire, credentials, base_url=address, clock=clock)


def xml_wire(settings: IntacctXmlService, link: Link) -> HttpWire:
    """The wire to the XML gateway."""
    address = settings.base_url or PRODUCTION
    return link.wire("intacct_xml", address, settings.ca_file, Limits(in_flight=IN_FLIGHT), _POD_HOSTS)


def xml_interface(
    settings: IntacctXmlService, kinds: Sequence[Kind], purse: Purse, link: Link, clock: Clock
) -> Interface:
    """The XML gateway with the feeds of these kinds of record."""
    address = settings.base_url or PRODUCTION
    company = purse.text("services.intacct_xml.company_id", settings.company_id)
    gateway = xml_gateway(settings, purse, clock)

    def feeds(wire: Wire) -> list[Feed]:
        known = xml_sources(gateway(wire))
        wanted = {
            "ledger": [
                Feed(known["intacct.formatting"], "always", "ledger"),
                Feed(known["intacct.gldetail"], "days", "ledger"),
            ],
            "balances": [Feed(known["intacct.trialbalance"], "period", "balances")],
            "accounts": [Feed(known["intacct.glaccount"], "always", "accounts")],
            "locations": [Feed(known["intacct.location"], "always", "locations")],
            "orders": [Feed(known[f"intacct.{name}"], "days", "orders") for name in ("sales_order", "sodocument")],
        }
        return [feed for kind in kinds for feed in wanted[kind]]

    return Interface(
        name="intacct_xml",
        account=account_of(address, company, settings.entity or ""),
        address=address,
        wire=xml_wire(settings, link),
        feeds=feeds,
        made=_xml_frames,
        clock=clock,
        entities=lambda wire: XmlSource(gateway(wire), LOCATIONENTITY),
        attached=lambda wire: XmlAttachments(gateway(wire)),
    )


def _xml_frames(given: Given) -> Made:
    rows, made = given.rows, {}
    if "intacct.gldetail" in rows:
        made["ledger"] = _xml_ledger(given)
    if "intacct.trialbalance" in rows:
        made["balances"] = frames.balances(rows["intacct.trialbalance"], period=given.period.name)
    if "intacct.glaccount" in rows:
        made["accounts"] = frames.accounts(rows["intacct.glaccount"])
    if "intacct.location" in rows:
        made["locations"] = frames.locations(rows["intacct.location"])
    return _made(made)


def _xml_ledger(given: Given) -> frames.Mapped:
    """LEDGER of the lines of all modules."""
    how = written(given.rows["intacct.formatting"])
    return frames.in_slices(
        given.rows["intacct.gldetail"], lambda part: frames.ledger(part, currency=given.currency, how=how)
    )


def rest_api(settings: IntacctRestService, purse: Purse, link: Link, clock: Clock) -> Callable[[Wire], RestApi]:
    """What makes the API of the settings over a wire; a credential that is missing is noted in the purse."""
    if settings.user is None:
        by_code = code_credentials(settings, purse)
        tokens = _rest_tokens(settings, by_code, link)
        return lambda wire: RestApi(wire, by_code, tokens=tokens, clock=clock)
    user = purse.text(f"{_REST}.user", settings.user)
    credentials = RestCredentials(*_application(settings, purse), user, settings.entity)
    return lambda wire: RestApi(wire, credentials, clock=clock)


def rest_interface(
    settings: IntacctRestService, kinds: Sequence[Kind], purse: Purse, link: Link, clock: Clock
) -> Interface:
    """The REST API with the feeds of these kinds of record."""
    address = settings.base_url or PRODUCTION
    who = purse.text(f"{_REST}.user", settings.user) or settings.company_id or ""
    api = rest_api(settings, purse, link, clock)

    def feeds(wire: Wire) -> list[Feed]:
        known = rest_sources(api(wire))
        places = Feed(known["intacct.rest_location"], "always", "locations")
        wanted = {
            "ledger": [
                places,  # whose tops are the entities of the lines
                Feed(known["intacct.journal"], "always", "ledger"),
                Feed(known["intacct.journal_entry"], "days", "ledger"),
                Feed(known["intacct.journal_entry_line"], "days", "ledger"),
            ],
            "accounts": [Feed(known["intacct.account"], "always", "accounts")],
            "locations": [places],
        }
        return list({feed.source.name: feed for kind in kinds for feed in wanted[kind]}.values())

    return Interface(
        name="intacct_rest",
        account=account_of(address, who, settings.entity or ""),
        address=address,
        wire=rest_wire(settings, link),
        feeds=feeds,
        made=_rest_frames,
        clock=clock,
        entities=lambda wire: RestSource(api(wire), REST_ENTITY),
        attached=lambda wire: RestAttachments(api(wire)),
    )


def rest_wire(settings: IntacctRestService, link: Link) -> HttpWire:
    """The wire to the REST API."""
    address = settings.base_url or PRODUCTION
    return link.wire("intacct_rest", address, settings.ca_file, Limits(in_flight=IN_FLIGHT), _POD_HOSTS)


def code_credentials(settings: IntacctRestService, purse: Purse) -> CodeCredentials:
    """The application that a person gives leave to in the browser."""
    return CodeCredentials(*_application(settings, purse), settings.redirect_uri or "", settings.entity)


def _application(settings: IntacctRestService, purse: Purse) -> tuple[str, Secret]:
    client_id = purse.text(f"{_REST}.client_id", settings.client_id)
    return client_id, purse.secret(f"{_REST}.client_secret", settings.client_secret)


def _rest_tokens(settings: IntacctRestService, who: CodeCredentials, link: Link) -> RefreshTokens:
    account = account_of(settings.base_url or PRODUCTION, settings.company_id or "")
    return tokens_of("intacct", account, who.client_id, settings.refresh_token, link.home)


def rest_leave(settings: IntacctRestService, purse: Purse, link: Link, clock: Clock) -> Leave:
    """The leave that a person may give the application. Raises: ConfigError where it signs in by itself."""
    if settings.redirect_uri is None:
        raise ConfigError("services.intacct_rest names a user: the application signs in by itself, nobody need give it")
    credentials = code_credentials(settings, purse)
    tokens = _rest_tokens(settings, credentials, link)

    def signing(wire: Wire) -> Signing:
        return RestApi(wire, credentials, tokens=tokens, clock=clock).sign_in

    address = settings.base_url or PRODUCTION
    wire = rest_wire(settings, link)
    return Leave("intacct_rest", "Intacct", address, settings.redirect_uri, wire, tokens, signing)


def _rest_frames(given: Given) -> Made:
    raw, made = given.rows, {}
    if "intacct.journal_entry_line" in raw:
        made["ledger"] = frames.rest_ledger(
            raw["intacct.journal_entry_line"],
            currency=given.currency,
            entries=raw["intacct.journal_entry"],
            books=raw["intacct.journal"],
            places=raw["intacct.rest_location"],
        )
    if "intacct.account" in raw:
        made["accounts"] = frames.rest_accounts(raw["intacct.account"])
    if "intacct.rest_location" in raw:
        made["locations"] = frames.rest_locations(raw["intacct.rest_location"])
    return _made(made)


def _made(made: Mapping[str, frames.Mapped]) -> Made:
    return Made({name: one.frame for name, one in made.items()}, joined(one.rejected for one in made.values()))
