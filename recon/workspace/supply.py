"""`sources.toml`: whether each kind of record comes from an API, from files or from a folder, and how to sign in.

A secret never stands in the file: it is named there, by an environment variable or an entry of the keyring.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from recon.errors import ConfigError
from recon.misfilled import field_problems, unreadable
from recon.wire.addresses import address_problem

SUPPLY_FILE = "sources.toml"
Kind = Literal["tickets", "payments", "deposits", "payroll", "ledger", "balances", "accounts", "locations", "orders"]
ServiceName = Literal["gp_api", "portico", "retail", "intacct_xml", "intacct_rest"]
KINDS: tuple[Kind, ...] = (
    "tickets", "payments", "deposits", "payroll", "ledger", "balances", "accounts", "locations", "orders",
)  # fmt: skip
SERVICES: tuple[ServiceName, ...] = ("gp_api", "portico", "retail", "intacct_xml", "intacct_rest")
# What each is called where a person reads of it.
CALLED: dict[ServiceName, str] = {
    "gp_api": "GP-API",
    "portico": "Portico",
    "retail": "Heartland Retail",
    "intacct_xml": "Intacct's XML gateway",
    "intacct_rest": "Intacct's REST API",
}
# The canonical frames of one kind of record.
FRAMES_OF: dict[Kind, tuple[str, ...]] = {
    "tickets": ("sales", "tenders"),
    "payments": ("payments",),
    "deposits": ("deposits", "fee_statements"),
    "payroll": ("payroll",),
    "ledger": ("ledger",),
    "balances": ("balances",),
    "accounts": ("accounts",),
    "locations": ("locations",),
    "orders": (),  # kept as they come: no canonical frame has them yet
}
# Which service can give which kind of record; payroll has no interface that gives registers.
GIVEN_BY: dict[Kind, tuple[ServiceName, ...]] = {
    "tickets": ("retail",),
    "payments": ("gp_api", "portico"),
    "deposits": ("gp_api",),
    "payroll": (),
    "ledger": ("intacct_xml", "intacct_rest"),
    "balances": ("intacct_xml",),
    "accounts": ("intacct_xml", "intacct_rest"),
    "locations": ("intacct_xml", "intacct_rest"),
    "orders": ("intacct_xml",),
}


class Plain(BaseModel):
    """A frozen value that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _is_entry(value: str) -> str:
    if not all(value.partition("/")):
        raise ValueError('an entry of the keyring is written { keyring = "service/user" }')
    return value


class Credential(Plain):
    """Where a credential is found: in an environment variable, or in the keyring as service/user."""

    env: str | None = None
    keyring: Annotated[str, Field(json_schema_extra={"pattern": "^[^/]+/.+$"}), AfterValidator(_is_entry)] | None = None

    @model_validator(mode="after")
    def _names_one_place(self) -> Credential:
        if (self.env is None) == (self.keyring is None):
            raise ValueError('write either { env = "NAME" } or { keyring = "service/user" }')
        return self


def _is_named(value: object) -> object:
    if isinstance(value, str):
        raise ValueError('a secret never stands in a file; write { env = "NAME" } or { keyring = "service/user" }')
    return value


SecretPlace = Annotated[Credential, BeforeValidator(_is_named)]
Setting = str | Credential  # no secret, but may be kept beside one


class Service(Plain):
    """What every service is asked through."""

    base_url: str | None = Field(default=None, description="Absent: the vendor's production address.")
    ca_file: str | None = Field(default=None, description="Trust only the authorities of this file.")

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        problem = address_problem(value) if value is not None else ""
        if problem:
            raise ValueError(problem)
        return value


class GpApiService(Service):
    """GP-API: an application and its key."""

    app_id: Setting
    app_key: SecretPlace
    account_name: str | None = Field(default=None, description="Account of settlement reports; absent: found.")


class PorticoService(Service):
    """Portico: a secret key, or license, site, device, user and password."""

    secret_api_key: SecretPlace | None = None
    license_id: Setting | None = None
    site_id: Setting | None = Field(
        default=None, description="Beside a secret_api_key: whose rows these are, also after the key was changed."
    )
    device_id: Setting | None = None
    user_name: Setting | None = None
    password: SecretPlace | None = None
    developer_id: str | None = None
    version_number: str | None = None
    merchants: dict[str, str] = Field(
        default={}, description="Device, site or merchant name in Portico: merchant number."
    )

    @model_validator(mode="after")
    def _can_sign_in(self) -> PorticoService:
        five = (self.license_id, self.site_id, self.device_id, self.user_name, self.password)
        if (self.secret_api_key is None) == any(one is None for one in five):
            raise ValueError("give secret_api_key, or all of license_id, site_id, device_id, user_name, password")
        return self


class ServiceByLeave(Service):
    """A service that a person may let an application in to, in the browser."""

    redirect_uri: str | None = Field(default=None, description="Of the leave that was given in the browser.")
    refresh_token: Credential | None = Field(
        default=None, description="The keyring entry that keeps it; absent: a file of the user's own."
    )

    @model_validator(mode="after")
    def _keeps_what_changes(self) -> ServiceByLeave:
        if self.refresh_token is not None and self.refresh_token.env is not None:
            raise ValueError("a refresh token changes with every use: keep it in the keyring, or in a file")
        return self


class RetailService(ServiceByLeave):
    """Heartland Retail: the shop's own address and a token, or an OAuth2 client."""

    base_url: str = Field(description="https://SHOP.retail.heartland.us/api")
    token: SecretPlace | None = None
    client_id: Setting | None = None
    client_secret: SecretPlace | None = None
    tenders: dict[str, str] = Field(default={}, description="Name of a payment type: tender, such as gift_card.")

    @model_validator(mode="after")
    def _can_sign_in(self) -> RetailService:
        if (self.token is None) == (self.client_id is None or self.client_secret is None):
            raise ValueError("give token, or client_id and client_secret")
        if self.token is not None and self.redirect_uri is not None:
            raise ValueError("redirect_uri belongs to client_id and client_secret, not to token")
        return self


class IntacctXmlService(Service):
    """Intacct's XML gateway: a web-services sender, and a user of the company."""

    company_id: Setting
    user_id: Setting
    user_password: SecretPlace
    sender_id: Setting
    sender_password: SecretPlace
    entity: str | None = None


class IntacctRestService(ServiceByLeave):
    """Intacct's REST API: an OAuth2 client; the user is name@company, or name@company|entity."""

    client_id: Setting
    client_secret: SecretPlace
    user: Setting | None = Field(default=None, description="Absent: a person gave leave in the browser.")
    company_id: str | None = Field(default=None, description="Whose books the leave is for, which no token tells.")
    entity: str | None = None

    @model_validator(mode="after")
    def _can_sign_in(self) -> IntacctRestService:
        if (self.user is None) == (self.redirect_uri is None):
            raise ValueError("give user, or redirect_uri where a person gave leave in the browser")
        if (self.redirect_uri is None) != (not self.company_id):
            raise ValueError("company_id belongs to redirect_uri: the leave is for one company; a user names his own")
        return self


class Services(Plain):
    """The services of which at least one source is taken."""

    gp_api: GpApiService | None = None
    portico: PorticoService | None = None
    retail: RetailService | None = None
    intacct_xml: IntacctXmlService | None = None
    intacct_rest: IntacctRestService | None = None

    def named(self, name: ServiceName) -> Service | None:
        """The service of that name, if the file has it."""
        found: Service | None = getattr(self, name)
        return found


class SupplyOf(Plain):
    """Where one kind of record comes from."""

    from_: Literal["api", "files", "folder"] = Field(alias="from")
    service: ServiceName | None = None
    folder: str | None = Field(default=None, description="Of the files; absent: sources in the workspace.")

    @model_validator(mode="after")
    def _fits(self) -> SupplyOf:
        if self.from_ == "api" and (self.service is None or self.folder is not None):
            raise ValueError('from = "api" names a service, and no folder')
        if self.from_ != "api" and self.service is not None:
            raise ValueError(f'from = "{self.from_}" names no service')
        if self.from_ == "folder" and self.folder is None:
            raise ValueError('from = "folder" names the folder')
        return self


class Books(Plain):
    """What the ledger itself does not say."""

    closed_through: dt.date | None = Field(default=None, description="The last day of closed books.")


class PostingTo(Plain):
    """Through which of Intacct's interfaces approved entries are written."""

    service: Literal["intacct_xml", "intacct_rest"] | None = Field(
        default=None, description="Absent: the one that gives the ledger."
    )


class Supply(Plain):
    """Where every kind of record of a company comes from; a kind that is not named comes from files."""

    books: Books = Books()
    posting: PostingTo = PostingTo()
    services: Services = Services()
    sources: dict[Kind, SupplyOf] = {}

    @model_validator(mode="after")
    def _services_are_there(self) -> Supply:
        problems = [*self._problems()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _problems(self) -> Iterator[str]:
        if self.posting.service is not None and self.services.named(self.posting.service) is None:
            yield f"posting.service: [services.{self.posting.service}] is missing"
        for kind, one in self.sources.items():
            if one.service is None:
                continue
            if one.service not in GIVEN_BY[kind]:
                choice = f"{' or '.join(GIVEN_BY[kind])} does" if GIVEN_BY[kind] else 'write from = "files"'
                yield f"sources.{kind}: {one.service} does not give {kind}; {choice}"
            elif self.services.named(one.service) is None:
                yield f"sources.{kind}: [services.{one.service}] is missing"

    def of(self, kind: Kind) -> SupplyOf:
        """Where this kind of record comes from."""
        return self.sources.get(kind) or SupplyOf.model_validate({"from": "files"})

    @property
    def is_pulled(self) -> bool:
        """True where a pull has something to do: some kind of record comes from a service, or from its own folder."""
        return any(one.service or one.folder for one in self.sources.values())

    @property
    def posted_to(self) -> Literal["intacct_xml", "intacct_rest"] | None:
        """The service to which approved entries are written; None where none has the ledger."""
        if self.posting.service is not None:
            return self.posting.service
        found = self.of("ledger").service
        return found if found == "intacct_xml" or found == "intacct_rest" else None  # noqa: PLR1714 (mypy reads this)

    def taken_from(self, service: ServiceName) -> tuple[Kind, ...]:
        """The kinds of record that come from the service."""
        return tuple(kind for kind in KINDS if self.of(kind).service == service)


def has_supply(workspace: Path) -> bool:
    """True where the workspace says where its records come from."""
    return (workspace / SUPPLY_FILE).is_file()


def read_supply(workspace: Path) -> Supply:
    """What `sources.toml` says; everything comes from files where there is none.

    Raises: ConfigError with every fault at once; no value of the file is repeated in it.
    """
    path = workspace / SUPPLY_FILE
    if not path.is_file():
        return Supply()
    try:
        return Supply.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise ConfigError(f"{SUPPLY_FILE} is no TOML", (f"{SUPPLY_FILE}: {unreadable(cause)}",)) from None
    except ValidationError as cause:
        # No value is shown: it may be a secret in the wrong place.
        told = tuple(f"{SUPPLY_FILE}: {one}" for one in field_problems(cause, shows_values=False))
        raise ConfigError(f"{path} cannot be used", told) from None


def supply_schema() -> dict[str, Any]:
    """The JSON Schema of `sources.toml`."""
    schema = Supply.model_json_schema()
    schema["title"] = "Where the records of a company come from"
    return schema
