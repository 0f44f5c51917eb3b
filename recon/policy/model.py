"""The company's policy as frozen, validated values: what its bookkeeping is meant to do."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from recon.period import Period
from recon.zones import zone_named

RECONCILIATIONS = ("sales", "deposits", "payroll")
ReconciliationName = Literal["sales", "deposits", "payroll"]
EventSource = Literal["sales", "tenders", "deposits", "payroll"]
DepositMeasure = Literal["amount", "sales", "refunds", "chargebacks", "reversals", "fees", "adjustments", "net"]
ApproverRole = Literal["approver", "controller"]
Money = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=2)]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]

# Columns by which a posting rule may choose, per source.
MATCHABLE: dict[str, tuple[str, ...]] = {
    "sales": ("location", "kind", "component", "category", "tax_code", "channel", "collected_by"),
    "tenders": ("location", "tender", "brand"),
    "deposits": ("location", "merchant_id", "group", "status", "fee_billing", "amex", "kind"),
    "payroll": ("location", "department", "kind", "code", "check_type"),
}
SOURCE_RECONCILIATION: dict[str, ReconciliationName] = {
    "sales": "sales",
    "tenders": "sales",
    "deposits": "deposits",
    "payroll": "payroll",
}
NOT_BOOKED = "-"  # a rule's account that says: this event needs no line
UNMAPPED = "?"  # the account of a line for which no rule was found


class Strict(BaseModel):
    """A frozen value that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Company(Strict):
    """Whose books these are, and which part of them is compared."""

    name: str
    entity: str | None = None
    currency: str = "USD"
    book: str = "ACCRUAL"
    timezone: str = "America/New_York"
    preparer: str | None = None
    fiscal_year_start: Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$")] = Field(
        default="01-01",
        description="Month and day, MM-DD, on which a fiscal year begins: what is uncorrected adds up within one. "
        "A period belongs to the year in which its middle day lies, so that years of 52 or 53 weeks need no other day.",
    )

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if zone_named(value) != value:
            raise ValueError(f"{value!r} is no time zone; write it as in America/Chicago")
        return value


class PeriodPolicy(Strict):
    """How far around a period the files are read."""

    margin_days: Annotated[int, Field(ge=0, le=60)] = 10


class Rule(Strict):
    """One posting rule: events that fit `match` are debited or credited to `account`.

    Of the rules for one source and measure the first that fits an event is used. An offset account
    takes the other side of the same amount. The measure of sales, tenders and payroll is `amount`.
    """

    name: str
    source: EventSource
    measure: DepositMeasure = "amount"
    match: dict[str, tuple[str, ...]] = {}
    side: Literal["debit", "credit"]
    account: str
    offset_account: str | None = None
    location: str | None = None
    department: str | None = None
    class_: str | None = Field(default=None, alias="class")
    customer: str | None = None
    project: str | None = None
    author: str | None = None  # person of users.csv who wrote the rule; does not approve what it makes
    origin: str = ""  # file and row, for messages

    @field_validator("account")
    @classmethod
    def _account_is_named(cls, value: str) -> str:
        if not value.strip():
            raise ValueError(f"an account, or {NOT_BOOKED!r} for events that are not booked")
        return value.strip()


class Reconciliation(Strict):
    """Which journals one reconciliation owns and how its entries are named.

    `document` and `memo` are templates over {location} {doc_code} {date} {deposit_id} {batch_id}
    {run_id} {department}; dates take strftime formats: {date:%Y%m%d}.
    """

    journals: Annotated[tuple[str, ...], Field(min_length=1)]
    document: str
    memo: str = "{document}"
    departments: bool = True  # False: the books of this reconciliation carry no department


class Funding(Strict):
    """When card batches close and arrive at the bank."""

    cutoff: Clock = "23:00"
    lag_days: dict[str, Annotated[int, Field(ge=0, le=10)]] = {}
    default_lag_days: Annotated[int, Field(ge=0, le=10)] = 1
    amex_brands: tuple[str, ...] = ("amex",)
    past_due_days: Annotated[int, Field(ge=0, le=60)] = 3
    monthly_fee_business_day: Annotated[int, Field(ge=1, le=20)] = 3


class CalendarPolicy(Strict):
    """Days on which banks do not work, and days on which stores are closed."""

    bank: str = "XFED"  # a financial calendar, or a country code, of the `holidays` package
    extra_holidays: tuple[dt.date, ...] = ()
    closed: tuple[dt.date, ...] = ()  # every store
    closed_weekdays: dict[str, tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...]] = {}


class Tolerances(Strict):
    """What may still be called the same document. A tolerance never hides a difference."""

    window_days: Annotated[int, Field(ge=0, le=45)] = 5  # calendar days, for entries without a document
    document_edits: Annotated[int, Field(ge=0, le=4)] = 2
    rounding: Money = Decimal("0.05")


class Materiality(Strict):
    """Amounts of judgement: shown on page one, never used to hide a row."""

    overall: Money = Decimal("0.00")
    pass_below: Money = Decimal("0.00")  # variances up to this gross amount are accepted, and listed

    @model_validator(mode="after")
    def _nothing_material_passes(self) -> Materiality:
        if self.pass_below > self.overall:
            raise ValueError(
                f"pass_below = {self.pass_below} is above overall = {self.overall}: what passes without a word is not "
                "material; lower pass_below, or set overall"
            )
        return self


class AdjustmentPolicy(Strict):
    """How corrections are proposed."""

    cutoff: Literal["carry", "accrue"] = "carry"
    journal: str | None = None  # None: the journal of the reconciliation
    state: Literal["Draft", "Posted"] = "Draft"


class ApprovalPolicy(Strict):
    """Who may approve what; limits are compared with the debits of one entry."""

    four_eyes: bool = Field(
        default=True, description="Whoever prepared an entry never approves it. Off only against a sandbox."
    )
    hub: str | None = Field(
        default=None,
        pattern=r"^https?://\S+$",
        description="Address of the API of the JupyterHub whose word counts for who is at the keyboard, such as "
        "https://hub.example.com/hub/api. Absent: the user of the machine counts.",
    )
    bulk_limit: Money = Field(
        default=Decimal("500.00"),
        description="Entries of class bulk up to this amount may be approved together, within a day up to the limit of "
        "the role.",
    )
    limits: dict[ApproverRole, Money] = Field(
        default={"approver": Decimal("5000.00"), "controller": Decimal("1000000.00")},
        description="The largest entry that each role may approve; a role without a limit approves none.",
    )


OWN_ATTACHMENT = "RECON-{run_id}"
LONGEST_ATTACHMENT = 20  # characters that Intacct takes of an id, as integrators say; no document of its own does


class PostingPolicy(Strict):
    """How approved entries reach Intacct."""

    mode: Literal["draft", "direct"] = Field(
        default="draft",
        description="draft: create as a draft, choose one record, post that one; direct: create as posted. That "
        "Intacct's REST API posts a draft is not documented.",
    )
    quiet_minutes: Annotated[int, Field(ge=16, le=240)] = Field(
        default=20, description="How long Intacct may still be working on a request whose answer was lost."
    )
    resend: Literal["after_wait", "at_once"] = Field(
        default="after_wait",
        description="When a request without an answer may be sent again: after the quiet minutes, or at once where "
        "Intacct is known to refuse a key that it has seen.",
    )
    base_location: str | None = Field(
        default=None,
        description="The location that owns an entry over several entities; without one such entries are not sent.",
    )
    attachment: str | None = Field(
        default=None,
        min_length=1,
        description="Id of an attachment in Intacct, for every entry; may hold {period} and {run_id}. An entry is not "
        "sent before it stands there.",
    )
    attachment_folder: str | None = Field(
        default=None,
        min_length=1,
        description="A folder for attachments that stands in Intacct: where the attachment does not stand, post makes "
        "it in there of the pack of the run, workpaper and PDF, before the first entry that names it. Its id is "
        "RECON-{run_id} where attachment names no other.",
    )

    @field_validator("attachment")
    @classmethod
    def _attachment_names_known_fields(cls, value: str | None) -> str | None:
        try:
            (value or "").format(period="", run_id="")
        except (KeyError, IndexError, ValueError) as cause:
            raise ValueError("an id, with {period} and {run_id} at most") from cause
        return value

    @property
    def attachment_id(self) -> str | None:
        """The id of an entry's attachment, with {period} and {run_id} to be filled in; None: entries have none."""
        return self.attachment or (OWN_ATTACHMENT if self.attachment_folder else None)

    @model_validator(mode="after")
    def _own_attachments_are_of_one_run(self) -> PostingPolicy:
        if self.attachment_folder is None or self.attachment_id is None:
            return self
        one, other = (self.attachment_id.format(period="2026-09", run_id=letter * 12) for letter in "ab")
        if one == other:
            raise ValueError("with attachment_folder the attachment holds {run_id}: it is the pack of one run")
        if len(one) > LONGEST_ATTACHMENT:
            raise ValueError(
                f"with attachment_folder the attachment has at most {LONGEST_ATTACHMENT} characters, of which "
                f"{{run_id}} takes 12 and {{period}} 7: {one} has {len(one)}"
            )
        return self


class SourceFile(Strict):
    """Files of one layout: a glob inside the sources folder, read through one profile."""

    files: str
    profile: str
    required: bool = True


class Policy(Strict):
    """Everything that decides how events become entries, and when a difference is one."""

    company: Company
    period: PeriodPolicy = PeriodPolicy()
    reconciliations: dict[ReconciliationName, Reconciliation]
    rules: tuple[Rule, ...]
    funding: Funding = Funding()
    calendar: CalendarPolicy = CalendarPolicy()
    tolerances: Tolerances = Tolerances()
    materiality: Materiality = Materiality()
    adjustments: AdjustmentPolicy = AdjustmentPolicy()
    approval: ApprovalPolicy = ApprovalPolicy()
    posting: PostingPolicy = PostingPolicy()
    sources: tuple[SourceFile, ...] = ()
    periods: tuple[Period, ...] = ()

    def journals_of(self, *names: str) -> tuple[str, ...]:
        """The journals that these reconciliations own."""
        return tuple(journal for name, one in self.reconciliations.items() if name in names for journal in one.journals)

    def reconciliation_of(self, journal: str) -> ReconciliationName | None:
        """The reconciliation that owns the journal, or None for a foreign journal."""
        return next((name for name, one in self.reconciliations.items() if journal in one.journals), None)

    def fiscal_year(self, period: Period) -> int:
        """The year that the period belongs to, named by the calendar year in which it begins."""
        middle = period.start + (period.end - period.start) // 2
        month, day = map(int, self.company.fiscal_year_start.split("-"))
        return middle.year - ((middle.month, middle.day) < (month, day))

    def reconciliations_moving(self, account: str) -> tuple[ReconciliationName, ...]:
        """The reconciliations whose rules book on the account."""
        moving = {
            SOURCE_RECONCILIATION[one.source] for one in self.rules if account in (one.account, one.offset_account)
        }
        return tuple(name for name in self.reconciliations if name in moving)
