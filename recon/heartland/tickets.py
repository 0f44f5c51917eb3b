"""Heartland Retail's tickets as canonical sales and tenders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from recon.frames.decoding import Raw
from recon.frames.events import Sales, Tenders
from recon.heartland.raw import (
    columns_of,
    day,
    fitted,
    moment,
    money,
    no_rejects,
    number,
    once_each,
    parts_of,
    rejected,
)
from recon.money import MONEY
from recon.zones import zone_named

TICKET_FIELDS = {
    "number": "id",
    "public_id": "public_id",
    "status": "status",
    "done": "completed?",
    "voided": "voided?",
    "station": "station_id",
    "place": "source_location_id",
    "place_old": "location_id",
    "customer_id": "customer_id",
    "total": "total",
    "completed": "completed_at",
    "local": "local_completed_at",
}
LINE_FIELDS = {
    "type": "type",
    "item": "item_id",
    "quantity": "qty",
    "value": "value",
    "price": "adjusted_unit_price",
    "unit_price": "unit_price",
    "first_price": "original_unit_price",
    "words": "description",
}
PAYMENT_FIELDS = {
    "type": "type",
    "status": "status",
    "amount": "amount",
    "type_id": "payment_type_id",
    "portico": "custom.portico_transaction_id",
    "tip": "tip",
    "tip_amount": "tip_amount",
    "gratuity": "gratuity",
    "deposit": "deposit",
    "words": "description",
}
# The raw fields that a canonical id is made of, or looked up by: a card number there sets the ticket aside.
ID_FIELDS = (
    *(TICKET_FIELDS[name] for name in ("number", "public_id", "station", "place", "place_old", "customer_id")),
    LINE_FIELDS["item"],
    PAYMENT_FIELDS["type_id"],
    PAYMENT_FIELDS["portico"],
)
# What a ticket's status says; of any other one nobody knows whether it is a sale.
_SOLD = ("complete", "completed", "closed")
_UNSOLD = (
    "open", "incomplete", "pending", "held", "on hold", "parked", "suspended", "draft", "quote", "estimate",
    "void", "voided", "canceled", "cancelled", "deleted", "abandoned",
)  # fmt: skip
_LARGEST_FACTOR = 10**12
UNPAID = ("void", "voided", "canceled", "cancelled", "declined", "failed", "incomplete", "pending")
_BRANDS: Mapping[str, str] = {
    "visa": "visa", "mastercard": "mastercard", "master card": "mastercard", "mc": "mastercard", "amex": "amex",
    "american express": "amex", "discover": "discover", "diners": "diners", "jcb": "jcb",
}  # fmt: skip
# Words in the name or the kind of a payment type, the first that fits counts.
_TENDERS: tuple[tuple[str, str], ...] = (
    (r"gift|stored value|store credit", "gift_card"),
    (r"house|on account|charge account|receivable", "house_account"),
    (r"doordash|ubereats|uber eats|grubhub|delivery", "delivery"),
    (r"loyalty|points|reward", "loyalty"),
    (r"deposit|prepay", "deposit"),
    (r"credit ?card|debit|card|eftpos", "card"),
    (r"cash", "cash"),
    (r"check|cheque", "check"),
)
_COMPONENTS: Mapping[str, str] = {  # by category of the item
    "service charge": "service_charge", "service charges": "service_charge", "gratuity": "tip", "tip": "tip",
    "tips": "tip", "delivery": "delivery_fee", "delivery fee": "delivery_fee", "shipping": "delivery_fee",
    "gift card": "gift_card_sold", "gift cards": "gift_card_sold", "gift card sold": "gift_card_sold",
    "donation": "donation", "donations": "donation",
}  # fmt: skip
_LINES: Mapping[str, str] = {  # by type of the line; a type that is not known is revenue under its own name
    "itemline": "revenue", "taxline": "tax", "shippingline": "delivery_fee", "discountline": "discount",
    "couponline": "discount", "giftcardline": "gift_card_sold", "tipline": "tip", "gratuityline": "tip",
    "donationline": "donation", "depositline": "customer_deposit",
    "servicechargeline": "service_charge", "feeline": "service_charge",
}  # fmt: skip


@dataclass(frozen=True)
class Shop:
    """What tickets refer to: raw items, payment types and locations, and the company's LOCATIONS."""

    items: Raw = ()
    payment_types: Raw = ()
    locations: Raw = ()
    places: pl.DataFrame | None = None  # LOCATIONS: store numbers of the tickets' places become Intacct's ids
    timezone: str = "America/New_York"  # of a ticket that has no local time, at a place without a zone
    tenders: Mapping[str, str] = field(default_factory=dict)  # name of a payment type: tender, before the usual words


@dataclass(frozen=True)
class Sold:
    """SALES and TENDERS of the same tickets, and the rejected rows of those that do not foot."""

    sales: pl.DataFrame
    tenders: pl.DataFrame
    rejects: pl.DataFrame


def sales_and_tenders(tickets: Raw, shop: Shop | None = None, *, source: str = "retail.tickets") -> Sold:
    """SALES and TENDERS of completed tickets with their lines and payments embedded, by place, day and ticket.

    A line at a reduced price is revenue at its first price and a discount. Tips stand in a field of the payment;
    where no payment has one, what the cards paid beyond the lines is the tip. A ticket whose lines do not sum to
    its total, whose payments do not sum to lines and tips, or whose status nobody knows, is rejected whole. The
    business date is the store's own calendar day.
    """
    known = shop or Shop()
    heads = _heads(tickets, known)
    lines = _lines(tickets, known).join(heads.select("row"), on="row", how="semi")
    paid = _paid(tickets, known).join(heads.select("row"), on="row", how="semi")
    heads, lines, paid = _with_tips(heads, lines, paid)
    good, bad = rejected(heads, _faults(), source=source, key="ticket_id")
    keys = good.select(
        "row", "ticket_id", "location", "station", "business_date", "completed_at", "kind", "customer_id", "currency"
    )
    summed = lines.group_by("row", "component", "category", "tax_code", maintain_order=True).agg(pl.col("amount").sum())
    sales = summed.filter(pl.col("amount") != 0).join(keys, on="row")
    tenders = paid.filter(pl.col("amount") != 0).join(keys, on="row")
    one, other = (
        fitted(frame, no_rejects(), schema, source=source, key="ticket_id")
        for frame, schema in ((sales, Sales), (tenders, Tenders))
    )
    unfit = pl.concat([one.rejects, other.rejects]).unique("document_id", keep="first", maintain_order=True)
    by = ["location", "business_date", "ticket_id"]
    return Sold(
        _without(one.frame, unfit).sort(*by, "component", "category"),
        _without(other.frame, unfit).sort(*by, "tender", "brand", "amount"),
        pl.concat([bad, unfit]),
    )


def _without(frame: pl.DataFrame, rejects: pl.DataFrame) -> pl.DataFrame:
    """The rows of the other tickets: one that is rejected has none, neither of sales nor of tenders."""
    return frame.join(rejects, left_on="ticket_id", right_on="document_id", how="anti", maintain_order="left")


def _heads(tickets: Raw, shop: Shop) -> pl.DataFrame:
    """One row per ticket that is not known to be no sale, as open and voided ones are: keys, place, day, total."""
    found = columns_of(tickets, TICKET_FIELDS).with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    found = once_each(found, "number")
    status = pl.col("status").str.to_lowercase().str.replace_all(r"[\s_-]+", " ").str.strip_chars()
    done = pl.col("done").fill_null("true") == "true"
    voided = pl.col("voided").fill_null("false") == "true"
    found = found.filter(done & ~voided & ~status.is_in(_UNSOLD).fill_null(value=False))
    found = found.with_columns(unheard=~status.is_in(_SOLD).fill_null(value=True))
    places = _places(shop)
    located = found.with_columns(place=pl.coalesce("place", "place_old")).join(places, on="place", how="left")
    zones = sorted({shop.timezone, *places["zone"].drop_nulls()})
    # Of a zone that nobody knows the company's own would be a guess.
    zone = pl.when(pl.col("zone_told").is_null()).then(pl.lit(shop.timezone)).otherwise("zone")
    instant = moment(pl.col("completed"))
    wall = pl.coalesce(
        pl.when(zone == name).then(instant.dt.convert_time_zone(name).dt.replace_time_zone(None)) for name in zones
    )
    return located.with_columns(
        ticket_id=pl.coalesce("public_id", "number"),
        location=pl.coalesce("location", "place"),
        total=money(number(pl.col("total"))),
        total_sent=pl.col("total"),
        completed_at=instant,
        business_date=pl.coalesce(day(pl.col("local")), wall.dt.date()),
        currency=pl.lit("USD"),
    )


def _places(shop: Shop) -> pl.DataFrame:
    """Intacct's id and the zone of each place that tickets name: by the store number of Retail's own location."""
    raw = columns_of(shop.locations, {"place": "id", "number": "public_id", "name": "name", "zone": "time_zone"})
    raw = raw.unique("place", keep="last", maintain_order=True)
    if shop.places is None:
        return _zoned(raw.select("place", "zone", location=pl.coalesce("number", "name")))
    known = shop.places.with_columns(store=pl.col("store_ids").fill_null(pl.col("location")).str.split("|"))
    stores = known.explode("store").with_columns(short=pl.col("store").str.strip_chars().str.strip_chars_start("0"))
    stores = stores.select("short", "location", mine="timezone").unique("short", keep="first", maintain_order=True)
    named = raw.with_columns(short=pl.col("number").str.strip_chars_start("0"))
    joined = named.join(stores, on="short", how="left")
    named = joined.select("place", zone=pl.coalesce("mine", "zone"), location=pl.coalesce("location", "number", "name"))
    return _zoned(named)


def _zoned(places: pl.DataFrame) -> pl.DataFrame:
    """The places with `zone_told`, their zones as they were written, and `zone`, null where nobody knows it."""
    names = {text: zone_named(text) for text in places["zone"].drop_nulls().unique()}
    known = pl.col("zone").replace_strict(names, default=None, return_dtype=pl.String)
    return places.with_columns(zone=known, zone_told="zone")


def _lines(tickets: Raw, shop: Shop) -> pl.DataFrame:
    """One row per ticket and component: amounts in dollars, a discount below zero."""
    found = parts_of(tickets, "lines", LINE_FIELDS)
    items = columns_of(
        shop.items, {"item": "id", "category": "custom.category", "department": "custom.department", "own": "category"}
    )
    named = items.select("item", category=pl.coalesce("category", "department", "own"))
    worded = pl.col("category").str.to_lowercase().str.replace_all(r"[\s_-]+", " ").str.strip_chars()
    named = named.unique("item", keep="last", maintain_order=True).with_columns(words_of_item=worded)
    joined = found.join(named, on="item", how="left", maintain_order="left")
    kind = pl.col("type").fill_null("itemline").str.to_lowercase().str.replace(r"^.*::", "")
    quantity = number(pl.col("quantity")).fill_null(1)
    price = number(pl.coalesce("price", "unit_price"))
    priced = joined.with_columns(
        kind=kind,
        paid=pl.coalesce(number(pl.col("value")), _times(price, quantity)),
        first=_times(number(pl.col("first_price")), quantity),
    )
    item = pl.col("words_of_item").replace_strict(_COMPONENTS, default="revenue", return_dtype=pl.String)
    by_type = pl.col("kind").replace_strict(_LINES, default="revenue", return_dtype=pl.String)
    component = pl.when(by_type == "revenue").then(item.fill_null("revenue")).otherwise(by_type)
    own = pl.when(~pl.col("kind").is_in(list(_LINES))).then(pl.col("kind"))
    is_revenue = component == "revenue"
    # Off the first price is a discount; above it (a mistyped price) is revenue as it was charged.
    reduced = is_revenue & (pl.col("first").abs() > pl.col("paid").abs())
    told = priced.with_columns(
        component=component,
        category=pl.when(is_revenue).then(pl.coalesce(pl.col("words_of_item"), own)),
        tax_code=pl.when(component == "tax").then(pl.col("words").str.to_lowercase()),
        gross=pl.when(reduced.fill_null(value=False)).then(pl.col("first")).otherwise(pl.col("paid")),
    )
    full = told.select("row", "component", "category", "tax_code", amount="gross")
    cut = told.filter(pl.col("gross") != pl.col("paid"))
    cut = cut.select(
        "row",
        component=pl.lit("discount"),
        category=pl.lit(None, pl.String),
        tax_code=pl.lit(None, pl.String),
        amount=pl.col("paid") - pl.col("gross"),
    )
    # A line that is a discount may come without its sign.
    unsigned = (pl.col("component") == "discount") & (pl.col("amount") > 0)
    signed = full.with_columns(pl.when(unsigned).then(-pl.col("amount")).otherwise("amount").alias("amount"))
    return pl.concat([signed, cut])


def _paid(tickets: Raw, shop: Shop) -> pl.DataFrame:
    """One row per payment that was made: tender, brand, amount and tip in dollars."""
    found = parts_of(tickets, "payments", PAYMENT_FIELDS)
    made = ~pl.col("status").str.to_lowercase().is_in(UNPAID).fill_null(value=False)
    types = columns_of(shop.payment_types, {"type_id": "id", "name": "name", "type_kind": "type"})
    types = types.unique("type_id", keep="last", maintain_order=True)
    joined = found.filter(made).join(types, on="type_id", how="left", maintain_order="left")
    words = joined.select("name", "type_kind", "type", "words").unique(maintain_order=True)
    named = [_tender(row, shop.tenders) for row in words.iter_rows(named=True)]
    told = words.with_columns(
        tender=pl.Series([tender for tender, _ in named], dtype=pl.String),
        brand=pl.Series([brand for _, brand in named], dtype=pl.String),
    )
    by = ["name", "type_kind", "type", "words"]
    # What was paid down before is a liability that the ticket uses up, whatever it was paid with then.
    earlier = (pl.col("deposit") == "true").fill_null(value=False)
    return joined.join(told, on=by, how="left", nulls_equal=True, maintain_order="left").select(
        "row",
        pl.when(earlier).then(pl.lit("deposit")).otherwise("tender").alias("tender"),
        pl.when(~earlier).then(pl.col("brand")).alias("brand"),
        amount=number(pl.col("amount")),
        tip=number(pl.coalesce("tip", "tip_amount", "gratuity")),
        payment_id=pl.col("portico"),
    )


def _tender(row: Mapping[str, str | None], own: Mapping[str, str]) -> tuple[str, str | None]:
    """The tender and brand that a payment type's name and kind tell; `other` under its own name else."""
    name = " ".join((row["name"] or row["words"] or "").casefold().split())
    mine = {key.casefold(): tender for key, tender in own.items()}
    brand = next((brand for word, brand in _BRANDS.items() if re.search(rf"\b{word}\b", name)), None)
    if name in mine:
        return mine[name], brand
    if brand:
        return "card", brand
    # CreditCardPayment reads as three words.
    kinds = [row["type"], row["type_kind"]]
    kind = " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", (text or "").rpartition("::")[2]) for text in kinds).casefold()
    for text in (name, kind):
        for pattern, tender in _TENDERS:
            if re.search(pattern, text):
                return tender, None
    return "other", name or None


def _with_tips(
    heads: pl.DataFrame, lines: pl.DataFrame, paid: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Heads with the sums by which they foot, lines with the tips, payments in the direction of their ticket."""
    sold = lines.group_by("row").agg(pl.col("amount").sum().alias("sold"), broken=pl.col("amount").is_null().any())
    cards = pl.col("amount").filter(pl.col("tender") == "card")
    got = paid.group_by("row").agg(
        pl.col("amount").sum().alias("got"),
        pl.col("tip").sum().alias("given"),
        cards.sum().alias("on_cards"),
        unpaid=pl.col("amount").is_null().any(),
    )
    sums = heads.join(sold, on="row", how="left").join(got, on="row", how="left")
    sums = sums.with_columns(pl.col("sold", "got", "given", "on_cards").fill_null(0))
    # Payments of a refund may be written without a sign.
    turned = ((pl.col("sold") < 0) & (pl.col("got") > 0)).fill_null(value=False)
    sums = sums.with_columns(turned=turned, got=pl.when(turned).then(-pl.col("got")).otherwise("got"))
    told = bool(paid["tip"].is_not_null().any())
    excess = pl.col("got") - pl.col("sold")
    on_cards = ~pl.col("turned") & (excess > 0) & (excess <= pl.col("on_cards"))
    tip = pl.col("given") if told else pl.when(on_cards).then(excess).otherwise(0)
    sums = sums.with_columns(tip=tip).with_columns(kind=_kind())
    with_tips = sums.filter(pl.col("tip") != 0).select(
        "row",
        component=pl.lit("tip"),
        category=pl.lit(None, pl.String),
        tax_code=pl.lit(None, pl.String),
        amount="tip",
    )
    # Where the tip is a line already, the payment's field repeats it.
    repeated = lines.filter(pl.col("component") == "tip").select("row")
    with_tips = with_tips.join(repeated, on="row", how="anti")
    sums = sums.join(repeated.unique().with_columns(in_lines=pl.lit(value=True)), on="row", how="left").with_columns(
        tip=pl.when(pl.col("in_lines").fill_null(value=False)).then(0).otherwise("tip")
    )
    signed = paid.join(sums.select("row", "turned"), on="row", how="left").with_columns(
        amount=pl.when(pl.col("turned")).then(-pl.col("amount")).otherwise("amount")
    )
    dtype = lines.schema["amount"]
    return sums, pl.concat([lines, with_tips.with_columns(pl.col("amount").cast(dtype))]), signed


def _kind() -> pl.Expr:
    return pl.when(pl.col("sold") < 0).then(pl.lit("return")).otherwise(pl.lit("sale"))


def _faults() -> list[tuple[pl.Expr, str, pl.Expr, pl.Expr]]:
    sold, got, tip = pl.col("sold"), pl.col("got"), pl.col("tip")
    total = pl.col("total")
    off_total = total.is_not_null() & (sold != total) & (sold + tip != total)
    return [
        (
            pl.col("unheard"),
            "status",
            pl.col("status"),
            pl.format("nobody knows whether a ticket of status {} is a sale: look it up in the shop", "status"),
        ),
        (pl.col("number").is_null(), "id", pl.col("number"), pl.lit("the ticket has no number of its own")),
        (pl.col("location").is_null(), "source_location_id", pl.col("place"), pl.lit("the ticket names no place")),
        (
            pl.col("business_date").is_null() & pl.col("zone").is_null() & pl.col("zone_told").is_not_null(),
            "time_zone",
            pl.col("zone_told"),
            pl.format(
                "it has no local time, and nobody knows the time zone {} of its place: give the place a timezone such "
                "as America/Chicago in mappings/locations.csv",
                "zone_told",
            ),
        ),
        (pl.col("business_date").is_null(), "completed_at", pl.col("completed"), pl.lit("the day cannot be read")),
        (
            pl.col("total").is_null() & pl.col("total_sent").is_not_null(),
            "total",
            pl.col("total_sent"),
            pl.lit("the amount is no number of dollars and cents"),
        ),
        (
            pl.col("broken").fill_null(value=False) | pl.col("unpaid").fill_null(value=False),
            "value",
            pl.lit(None, pl.String),
            pl.lit("the amount of a line or payment cannot be read"),
        ),
        (
            off_total,
            "total",
            total,
            pl.format("the ticket's lines sum to {}, not to its total {}", _cents(sold), total),
        ),
        (
            got != sold + tip,
            "payments",
            _cents(got),
            pl.format("its payments sum to {}, not to its lines and tips {}", _cents(got), _cents(sold + tip)),
        ),
    ]


def _cents(amount: pl.Expr) -> pl.Expr:
    """The amount in words: with two places, or as it is where it is too large for money."""
    return pl.coalesce(amount.cast(MONEY, strict=False).cast(pl.String), amount.cast(pl.String))


def _times(price: pl.Expr, quantity: pl.Expr) -> pl.Expr:
    """The product; null where a factor is so large that no decimal holds it."""
    return _small(price) * _small(quantity)


def _small(value: pl.Expr) -> pl.Expr:
    return pl.when(value.abs() < _LARGEST_FACTOR).then(value)
