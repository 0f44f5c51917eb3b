"""How banks and bookkeepers write: the dialects and the stocks of names from which `make_bank` draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Stock:
    """Words of which the names of one part of the country are made."""

    surnames: str  # parted by blanks
    given: str  # parted by blanks
    places: tuple[str, ...]
    trades: tuple[str, ...]
    starts: tuple[str, ...]
    ends: tuple[str, ...]
    memos: tuple[str, ...]
    payroll: str
    forms: tuple[str, ...] = (
        "{surname} {trade} {suffix}",
        "{surname} {trade} {suffix}",
        "{surname} & {other} {trade}",
        "{given} {surname}",
        "{place} {trade} {suffix}",
        "{place} {trade} of {surname}",
        "{coined} {trade}",
        "{coined} {suffix}",
        "{surname}'s {trade}",
    )


STOCKS: Mapping[str, Stock] = {
    "south": Stock(
        surnames=(
            "Martinez Garcia Nguyen Johnson Williams O'Brien Muñoz Peterson Kowalski Okafor Delacroix Hernandez Smith "
            "Thompson Castillo Beaumont Ferguson Yamamoto McAllister Schneider Ortega Whitfield Boudreaux Sandoval"
        ),
        given="Maria James Linda Robert Ana David Keisha Thomas Ángela Miguel Susan Omar",
        places=("Lakeside", "Airport", "Oak Hill", "Riverbend", "Downtown", "Mesa Verde", "Cedar Park", "Bayfront"),
        trades=(
            "Plumbing", "Roofing", "Produce", "Linen Service", "Refrigeration", "Landscaping", "Electric",
            "Restaurant Supply", "Bakery", "Seafood", "Pest Control", "Insurance Agency", "Beverage Distributors",
            "Cleaning", "Paper & Packaging", "Consulting", "Advertising", "Office Furniture",
        ),
        starts=("Sys", "Gor", "Uni", "Fres", "Micro", "Quali", "Ameri", "Ver", "Tran", "Glob"),
        ends=("mark", "don", "tech", "hpoint", "source", "pak", "lution", "foods", "link", "ware"),
        memos=("repairs", "produce", "weekly order", "supplies", "monthly service", "kitchen", "see contract"),
        payroll="Paychex Wages",
    ),
    "north": Stock(
        surnames=(
            "Lindqvist Brown Novak Anderson MacDonald Petrov Larsen Fitzgerald Müller Osei Bergström Hughes Rossi "
            "Vandyke Kim Patel Jackson Abernathy Goldstein Côté Hoffman Tanaka Iverson Dubois Callahan"
        ),
        given="Erik Joan Peter Helen Priya Sven Grace Walter Zoë Ivan Carol Hugo",
        places=("Northgate", "Harbor Point", "Elm Street", "Summit", "Prairie View", "Old Mill", "St. Croix", "Union"),
        trades=(
            "Heating", "Dairy", "Freight Lines", "Printing", "Coffee Roasters", "Glass & Mirror", "Builders Supply",
            "Marketing Group", "Law Offices", "Brewing", "Uniforms", "Fire Protection", "Meats", "Janitorial",
            "Equipment Rental", "Security Systems", "Snow Removal", "Orchards",
        ),
        starts=("Nor", "Tele", "Omni", "Inter", "Pro", "Wes", "Bio", "Cor", "Lumi", "Data"),
        ends=("vance", "com", "star", "mart", "dyne", "cast", "nova", "stream", "works", "max"),
        memos=("shop", "order", "statement", "maintenance", "per agreement", "store 4", "deposit"),
        payroll="ADP Wage Pay",
    ),
    "coast": Stock(
        surnames=(
            "Nakamura Silva Reyes Chen Papadopoulos Stewart Vargas Wolfe Eriksen Mbeki Ramirez Doyle Svensson Hakim "
            "Leclerc Montgomery Ivanova Baptiste Rosenberg Quiñones Tran Gallagher Weiss Pereira Oyelaran"
        ),
        given="Yuki Carlos Fiona Ahmed Nora Pablo Renée Lucas Mei Jorge Tess Ravi",
        places=("Pacific", "Golden Gate", "Marina", "Sunset Strip", "Palo Seco", "Harborview", "Mission", "Wharf"),
        trades=(
            "Fish Market", "Tile & Stone", "Software", "Wine Imports", "Catering", "Auto Body", "Dry Cleaners",
            "Photography", "Solar", "Surf Shop", "Veterinary Clinic", "Floral Design", "Architects", "Towing",
            "Bookkeeping", "Pool Service", "Nursery", "Moving & Storage",
        ),
        starts=("Zen", "Alti", "Nex", "Opti", "Sola", "Vir", "Kine", "Aero", "Pix", "Ever"),
        ends=("tera", "core", "gent", "line", "bright", "scape", "wave", "labs", "mont", "field"),
        memos=("project", "event", "invoice attached", "retainer", "materials", "unit 12", "spring"),
        payroll="Gusto Payroll",
    ),
}  # fmt: skip

CITIES = ("AUSTIN TX", "TULSA OK", "MIAMI FL", "ST PAUL MN", "PORTLAND OR", "RENO NV", "DAYTON OH", "MOBILE AL")
Templates = Mapping[str, tuple[str, ...]]
PLAIN_BOOK: Templates = {
    "check": ("{name}", "{name} - {memo}", "Check {number} {name}"),
    "payment": ("{name}", "Bill payment {name}", "{name} - {memo}"),
    "purchase": ("{name}", "{name} - {memo}"),
    "receipt": ("{name}", "Payment from {name}"),
    "wire": ("Wire {name}", "{name}"),
    "card": ("{location} {brand}", "Card sales {brand} {location}"),
    "deposit": ("{name}", "Payment from {name}"),
    "payroll": ("Payroll {name}",),
    "void": ("VOID {name}", "Void check {number} {name}"),
    "returned": ("NSF {name}",),
}
TERSE_BOOK: Templates = {
    "check": ("{name}",),
    "payment": ("AP pmt {name}", "AP {name} {memo}"),
    "purchase": ("CC {name} {memo}",),
    "receipt": ("AR {name}",),
    "wire": ("Wire trf {name}",),
    "card": ("{brand} sales {location}",),
    "deposit": ("AR {name}", "AR {name} {memo}"),
    "payroll": ("{name} net wages",),
    "void": ("Voided {name}",),
    "returned": ("Returned item {name}",),
}


@dataclass(frozen=True)
class Dialect:
    """How one bank and one bookkeeper write."""

    name: str
    stock: str
    bank: Templates
    book: Templates = field(default_factory=lambda: PLAIN_BOOK)
    cut: int = 30  # characters of a bank text
    name_cut: int = 22  # characters of a name within it
    book_cut: int = 60  # characters of a ledger text
    days: int = 42  # business days of 1,000 bank lines
    delays: Mapping[str, tuple[int, ...]] = field(
        default_factory=lambda: {"check": (1, 2, 2, 3, 3, 4, 5), "purchase": (0, 1, 1, 2, 3), "card": (1, 1, 2)}
    )
    check: str = "{}"  # form of a check number at the bank
    check_reference: float = 0.3  # share of checks whose number stands in the bank's reference
    invoice: str = "{}"
    invoice_shown: float = 0.03  # share of documents whose number stands in the bank's reference
    invoice_hidden: float = 0.15  # and inside its text
    booked_number: float = 0.6  # share of ledger lines that name their invoice
    batch_booked: float = 0.5  # share of batches whose number the ledger knows
    fee_per_line: bool = False
    wire_fee: int = 15  # dollars
    glued: float = 0.02
    reordered: float = 0.0
    misspelt: float = 0.02
    booked_late: float = 0.03
    ampersand: str = "AND"
    mixed_case: bool = False


DIALECTS = (
    Dialect(
        name="plains",
        stock="south",
        bank={
            "check": ("CHECK {number}",),
            "payment": ("ACH DEBIT {name} {trace}", "ACH DEBIT {name}"),
            "purchase": ("POS PURCHASE {name} {city}",),
            "receipt": ("ACH CREDIT {name} {trace}",),
            "wire": ("WIRE TRANSFER {name}",),
            "card": ("CARD DEPOSIT {location} {batch}",),
            "deposit": ("DEPOSIT {batch}",),
            "payroll": ("ACH DEBIT {name} {trace}",),
            "fee": ("SERVICE CHARGE", "ANALYSIS FEE"),
            "interest": ("INTEREST PAID",),
            "returned": ("RETURNED ITEM {name}", "NSF CHARGEBACK"),
        },
    ),
    Dialect(
        name="harbor",
        stock="north",
        cut=28,
        name_cut=16,
        days=30,
        check_reference=1.0,
        invoice="INV-{}",
        fee_per_line=True,
        wire_fee=25,
        ampersand="&",
        book=TERSE_BOOK,
        bank={
            "check": ("CHECK PAID", "CHECK {number}"),
            "payment": ("{name} DES:PAYMENT ID:{trace}", "{name} DES:BILLPAY"),
            "purchase": ("{name} {when} {city}",),
            "receipt": ("{name} DES:CORP PMT ID:{trace}",),
            "wire": ("WIRE TYPE:BOOK {name}",),
            "card": ("MERCHANT BNKCD DES:DEPOSIT {batch}", "BANKCARD {location} DES:DEP"),
            "deposit": ("COUNTER CREDIT", "REMOTE DEP {batch}"),
            "payroll": ("{name} DES:PAYROLL",),
            "fee": ("MONTHLY MAINTENANCE FEE",),
            "interest": ("INTEREST EARNED",),
            "returned": ("RETURN ITEM CHARGEBACK",),
        },
    ),
    Dialect(
        name="summit",
        stock="south",
        cut=30,
        name_cut=16,
        days=60,
        check="{:08d}",
        booked_number=0.9,
        invoice_hidden=0.3,
        batch_booked=0.3,
        ampersand="",
        bank={
            "check": ("CHECK # {number}", "PAID CHECK {number}"),
            "payment": ("ORIG CO NAME:{name} ID:{trace}",),
            "purchase": ("CARD PURCHASE {when} {name}",),
            "receipt": ("ORIG CO NAME:{name} SEC:CCD",),
            "wire": ("FEDWIRE {name} {trace}",),
            "card": ("BANKCARD SETTL {location}",),
            "deposit": ("REMOTE ONLINE DEPOSIT {batch}", "DEPOSIT"),
            "payroll": ("ORIG CO NAME:{name}",),
            "fee": ("SERVICE FEE {when}", "WIRE FEE"),
            "interest": ("INTEREST PAYMENT",),
            "returned": ("DEPOSITED ITEM RETURNED",),
        },
    ),
    Dialect(
        name="valley",
        stock="north",
        cut=30,
        name_cut=24,
        days=36,
        mixed_case=True,
        check="{:06d}",
        invoice="{}",
        reordered=0.03,
        wire_fee=30,
        bank={
            "check": ("Check {number}", "Check paid {number}"),
            "payment": ("Elec Pmt-Web {name}", "{name} Payment {trace}"),
            "purchase": ("Debit Purchase {card} {name}",),
            "receipt": ("Elec Deposit {name}",),
            "wire": ("Wire {name}",),
            "card": ("Merch Dep {batch} {location}", "Bankcard dep {location}"),
            "deposit": ("Branch deposit", "Mobile deposit {batch}"),
            "payroll": ("{name} Payroll",),
            "fee": ("Account fee",),
            "interest": ("Interest credit",),
            "returned": ("Returned deposit {name}",),
        },
    ),
    Dialect(
        name="delta",
        stock="south",
        cut=25,
        name_cut=20,
        days=45,
        check="{}",
        check_reference=0.0,
        invoice="{}-A",
        glued=0.15,
        fee_per_line=True,
        book=TERSE_BOOK,
        book_cut=32,
        bank={
            "check": ("CK{number}", "CHECK {number}"),
            "payment": ("{name} ACH PMT", "BILL PAY {name}"),
            "purchase": ("SQ *{name}", "PAYPAL *{name} {trace}", "TST* {name}"),
            "receipt": ("{name} TRADE PMT",),
            "wire": ("INCOMING/OUTG WIRE {name}",),
            "card": ("CARD DEP {location}", "CARD DEP {batch}"),
            "deposit": ("LOCKBOX {batch}",),
            "payroll": ("{name} {trace}",),
            "fee": ("OVERDRAFT FEE", "BANK FEE"),
            "interest": ("INT CREDIT",),
            "returned": ("RETN CK {name}",),
        },
    ),
)
HELD_OUT = (
    Dialect(
        name="quarry",
        stock="coast",
        cut=27,
        name_cut=18,
        days=40,
        check="{:07d}",
        check_reference=0.5,
        invoice="BILL{}",
        wire_fee=20,
        ampersand="+",
        bank={
            "check": ("DRAFT {number}",),
            "payment": ("{name}/CCD DEBIT/{trace}", "{name}/WEB PAY"),
            "purchase": ("{name}/{city}/PURCH",),
            "receipt": ("{name}/CTX CREDIT",),
            "wire": ("BOOK TRF {name}",),
            "card": ("MRCH SVC/{location}", "MRCH SVC/{batch}"),
            "deposit": ("TELLER DEP", "TELLER DEP {batch}"),
            "payroll": ("{name}/PPD DEBIT",),
            "fee": ("MAINT FEE",),
            "interest": ("DIVIDEND",),
            "returned": ("RTD ITEM/{name}",),
        },
    ),
    Dialect(
        name="lagoon",
        stock="coast",
        cut=30,
        name_cut=26,
        days=34,
        mixed_case=True,
        reordered=0.3,
        check_reference=0.8,
        invoice="{}",
        booked_number=0.3,
        fee_per_line=True,
        book=TERSE_BOOK,
        bank={
            "check": ("Cheque no. {number}", "Cheque"),
            "payment": ("Online transfer to {name}", "Direct debit {name}"),
            "purchase": ("Visa purchase {name}",),
            "receipt": ("Transfer from {name}", "{name} direct credit"),
            "wire": ("Intl transfer {name}",),
            "card": ("Eftpos settlement {batch}", "Eftpos {location}"),
            "deposit": ("Cash/cheque deposit",),
            "payroll": ("Salaries {name}",),
            "fee": ("Account keeping fee",),
            "interest": ("Credit interest",),
            "returned": ("Dishonour {name}",),
        },
    ),
    Dialect(
        name="tundra",
        stock="coast",
        cut=23,
        name_cut=23,
        days=50,
        check="{}",
        check_reference=0.2,
        invoice="#{}",
        invoice_hidden=0.05,
        glued=0.06,
        misspelt=0.04,
        booked_late=0.06,
        bank={
            "check": ("#{number}", "SHARE DRAFT {number}"),
            "payment": ("W/D {name}", "EXT TRNSFR {name}"),
            "purchase": ("PUR {when} {name} {city}",),
            "receipt": ("DEP {name}",),
            "wire": ("WIRE {name}",),
            "card": ("DEP BANKCARD {batch}", "DEP {location} CARDS"),
            "deposit": ("DEP AT BRANCH", "DEP {batch}"),
            "payroll": ("W/D {name}",),
            "fee": ("FEE", "W/D FEE"),
            "interest": ("DEP DIVIDEND",),
            "returned": ("W/D RETURNED {name}",),
        },
    ),
)
