"""GP-API, Portico and Heartland Retail as a pull sees them: their feeds, and the frames that their rows make."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from recon.errors import ConfigError
from recon.heartland import frames
from recon.heartland.gp_api import PRODUCTION, GpApi, GpCredentials
from recon.heartland.gp_reports import sources as gp_sources
from recon.heartland.portico import BASE_URL, DeviceLogin, Portico, SecretKey, portico_sources
from recon.heartland.retail import Retail, retail_sources
from recon.heartland.retail_tokens import SIGN_IN_HOST, Application, RetailSignIn, Token
from recon.pulling.credentials import Purse, tokens_of
from recon.pulling.interfaces import Interface, Link, account_of
from recon.pulling.leave import Leave, Signing
from recon.pulling.model import Clock, Feed, Given, Made
from recon.pulling.rejects import joined, rejects_of
from recon.wire import HttpWire, Wire
from recon.wire.tokens import RefreshTokens
from recon.workspace.supply import GpApiService, Kind, PorticoService, RetailService

_GP_FEEDS: dict[str, tuple[tuple[str, str], ...]] = {
    "payments": (
        ("gp_api.transactions", "payments"),
        ("gp_api.settlement_transactions", "payments"),
        ("gp_api.disputes", "payments"),
    ),
    "deposits": (
        ("gp_api.deposits", "deposits"),
        ("gp_api.settlement_transactions", "deposits"),
        ("gp_api.monthly_fees", "fee_statements"),
    ),
}


def gp_interface(settings: GpApiService, kinds: Sequence[Kind], purse: Purse, link: Link, clock: Clock) -> Interface:
    """GP-API with the feeds of these kinds of record."""
    place = "services.gp_api"
    credentials = GpCredentials(
        purse.text(f"{place}.app_id", settings.app_id),
        purse.secret(f"{place}.app_key", settings.app_key),
        settings.account_name,
    )
    address = settings.base_url or PRODUCTION

    def feeds(wire: Wire) -> list[Feed]:
        known = {source.name: source for source in gp_sources(GpApi(wire, credentials, clock=clock))}
        named = dict(pair for kind in kinds for pair in reversed(_GP_FEEDS[kind]))
        return [Feed(known[name], "days", named[name]) for name in sorted(named)]

    return Interface(
        name="gp_api",
        account=account_of(address, credentials.app_id, settings.account_name or ""),
        address=address,
        wire=link.wire("gp_api", address, settings.ca_file),
        feeds=feeds,
        made=_gp_frames,
        clock=clock,
    )


def _gp_frames(given: Given) -> Made:
    rows, made = given.rows, {}
    if "gp_api.transactions" in rows:
        made["payments"] = frames.payments(
            rows["gp_api.transactions"], rows["gp_api.settlement_transactions"], rows["gp_api.disputes"]
        )
    if "gp_api.deposits" in rows:
        made["deposits"] = frames.deposits(rows["gp_api.deposits"], rows["gp_api.settlement_transactions"])
        made["fee_statements"] = frames.fee_statements(rows["gp_api.monthly_fees"])
    return _made(made)


def portico_interface(
    settings: PorticoService, kinds: Sequence[Kind], purse: Purse, link: Link, clock: Clock
) -> Interface:
    """Portico's gateway with the feeds of these kinds of record."""
    credentials = _portico_credentials(settings, purse)
    if isinstance(credentials, DeviceLogin):
        site = credentials.site_id
    else:  # a key names no site: unless one is told, merchants are told apart by the digests of their keys
        key = hashlib.sha256(credentials.secret_api_key.reveal().encode()).hexdigest()[:12]
        site = purse.text("services.portico.site_id", settings.site_id) or f"key {key}"
    address = settings.base_url or BASE_URL

    def feeds(wire: Wire) -> list[Feed]:
        known = portico_sources(Portico(wire, credentials))
        # Activity tells of every transaction; the batches tell how each was settled.
        wanted = ("portico.activity", "portico.batch_details") if "payments" in kinds else ()
        return [Feed(known[name], "days", "payments") for name in wanted]

    def made(given: Given) -> Made:
        every = pl.concat([given.rows["portico.activity"], given.rows["portico.batch_details"]])
        return _made({"payments": frames.gateway_payments(every, settings.merchants)})

    return Interface(
        name="portico",
        account=account_of(address, site),
        address=address,
        wire=link.wire("portico", address, settings.ca_file),
        feeds=feeds,
        made=made,
        clock=clock,
    )


def _portico_credentials(settings: PorticoService, purse: Purse) -> SecretKey | DeviceLogin:
    place = "services.portico"
    developer, version = settings.developer_id or "", settings.version_number or ""
    if settings.secret_api_key is not None:
        key = purse.secret(f"{place}.secret_api_key", settings.secret_api_key)
        return SecretKey(key, developer_id=developer, version_number=version)
    return DeviceLogin(
        license_id=purse.text(f"{place}.license_id", settings.license_id),
        site_id=purse.text(f"{place}.site_id", settings.site_id),
        device_id=purse.text(f"{place}.device_id", settings.device_id),
        user_name=purse.text(f"{place}.user_name", settings.user_name),
        password=purse.secret(f"{place}.password", settings.password),
        developer_id=developer,
        version_number=version,
    )


def retail_interface(
    settings: RetailService, kinds: Sequence[Kind], purse: Purse, link: Link, clock: Clock
) -> Interface:
    """Heartland Retail with the feeds of these kinds of record."""
    credentials = _retail_credentials(settings, purse)
    tokens = _retail_tokens(settings, credentials, link)

    def feeds(wire: Wire) -> list[Feed]:
        sign_in = RetailSignIn(wire, credentials, base_url=settings.base_url, tokens=tokens)
        known = retail_sources(Retail(wire, sign_in))
        if "tickets" not in kinds:
            return []
        master = ("retail.locations", "retail.items", "retail.payment_types")
        always = [Feed(known[name], "always", "sales") for name in master]
        dated = ("retail.tickets", "retail.prepayments", "retail.orders")
        return [*always, *(Feed(known[name], "days", "sales") for name in dated)]

    def made(given: Given) -> Made:
        shop = frames.Shop(
            items=given.rows["retail.items"],
            payment_types=given.rows["retail.payment_types"],
            locations=given.rows["retail.locations"],
            places=None if given.places.is_empty() else given.places,
            timezone=given.timezone,
        )
        shop = replace(shop, tenders=settings.tenders)
        sold = frames.sales_and_tenders(given.rows["retail.tickets"], shop)
        if given.rows["retail.prepayments"].is_empty():
            return Made({"sales": sold.sales, "tenders": sold.tenders}, rejects_of(sold.rejects, "sales"))
        paid = frames.prepayments(given.rows["retail.prepayments"], given.rows["retail.orders"], shop)
        by = ("location", "business_date", "ticket_id")
        sales = pl.concat([sold.sales, paid.sales]).sort(by, maintain_order=True)
        tenders = pl.concat([sold.tenders, paid.tenders]).sort(by, maintain_order=True)
        rejects = joined(rejects_of(one.rejects, "sales") for one in (sold, paid))
        return Made({"sales": sales, "tenders": tenders}, rejects)

    return Interface(
        name="retail",
        account=account_of(settings.base_url),
        address=settings.base_url,
        wire=_retail_wire(settings, link),
        feeds=feeds,
        made=made,
        clock=clock,
    )


def _retail_credentials(settings: RetailService, purse: Purse) -> Token | Application:
    place = "services.retail"
    if settings.token is not None:
        return Token(purse.secret(f"{place}.token", settings.token))
    client = purse.text(f"{place}.client_id", settings.client_id)
    secret = purse.secret(f"{place}.client_secret", settings.client_secret)
    return Application(client, secret, settings.redirect_uri or "")


def _retail_tokens(settings: RetailService, who: Token | Application, link: Link) -> RefreshTokens | None:
    if not isinstance(who, Application) or not who.redirect_uri:
        return None
    return tokens_of("retail", account_of(settings.base_url), who.client_id, settings.refresh_token, link.home)


def _retail_wire(settings: RetailService, link: Link) -> HttpWire:
    return link.wire("retail", settings.base_url, settings.ca_file, allowed_hosts=(SIGN_IN_HOST,))


def retail_leave(settings: RetailService, purse: Purse, link: Link) -> Leave:
    """The leave that a person may give the application. Raises: ConfigError where it needs none."""
    credentials = _retail_credentials(settings, purse)
    tokens = _retail_tokens(settings, credentials, link)
    if tokens is None:
        raise ConfigError("services.retail names no redirect_uri: nobody need give it leave in the browser")

    def signing(wire: Wire) -> Signing:
        return RetailSignIn(wire, credentials, base_url=settings.base_url, tokens=tokens)

    wire = _retail_wire(settings, link)
    address, back = settings.base_url, settings.redirect_uri or ""
    return Leave("retail", "Heartland Retail", address, back, wire, tokens, signing)


def _made(made: dict[str, frames.Mapped]) -> Made:
    rejects = joined(rejects_of(one.rejects, name) for name, one in made.items())
    return Made({name: one.frame for name, one in made.items()}, rejects)
