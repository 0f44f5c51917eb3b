"""The words by which downloads of many systems name the same column, for drafting profiles."""

from __future__ import annotations

import re

# Short forms that stand for one word of a heading.
_SHORT = {
    "no": "number", "num": "number", "nbr": "number", "nr": "number", "#": "number", "amt": "amount", "acct": "account",
    "acc": "account", "a/c": "account", "dept": "department", "loc": "location", "desc": "description",
    "descr": "description", "ref": "reference", "txn": "transaction", "tran": "transaction", "trans": "transaction",
    "trx": "transaction", "dt": "date", "emp": "employee", "ee": "employee", "jrnl": "journal", "jnl": "journal",
    "doc": "document", "curr": "currency", "ccy": "currency", "dr": "debit", "cr": "credit", "debits": "debit",
    "credits": "credit", "bal": "balance", "svc": "service", "chg": "charge", "chk": "check", "cheque": "check",
    "mid": "merchant id", "tid": "terminal id", "id": "id", "ids": "id", "nm": "name", "locn": "location",
    "fees": "fee", "tips": "tip", "taxes": "tax", "discounts": "discount", "comps": "comp", "refunds": "refund",
    "returns": "refund", "return": "refund", "chargebacks": "chargeback", "reversals": "reversal", "sales": "sale",
    "adjustments": "adjustment", "cards": "card", "gl": "gl", "beg": "opening", "beginning": "opening", "begin": "opening",
    "start": "opening", "starting": "opening", "end": "closing", "ending": "closing", "opn": "opening", "cls": "closing",
    "outlet": "store", "branch": "store", "shop": "store", "site": "store", "restaurant": "store", "venue": "store",
    "receipt": "ticket", "bill": "ticket", "payments": "payment", "posted": "posting", "batched": "batch date",
    "funded": "funding date", "closed": "closed", "grat": "gratuity", "disputes": "chargeback", "dispute": "chargeback",
    "bev": "beverage", "beverages": "beverage", "drinks": "beverage", "drink": "beverage", "merch": "merchandise",
}  # fmt: skip

# Canonical column: names it goes by, best first. One name may serve several frames.
NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "tickets": {
        "ticket_id": (
            "ticket number", "ticket", "ticket id", "check number", "order number", "transaction number",
            "sale number", "invoice number", "order id", "transaction id", "check", "order", "document number",
        ),
        "location": (
            "location number", "store", "store number", "location", "store id", "location id", "unit", "unit number",
            "site number", "store name", "work location", "store code", "revenue center",
        ),
        "business_date": ("business date", "business day", "trading date", "trading day", "sale date", "bus date"),
        "completed_at": (
            "completed at", "closed", "closed at", "close time", "completed", "date time", "timestamp", "transaction date",
            "sale date", "time", "date", "ticket date", "ticket time", "created at", "paid at", "order date", "check closed",
        ),
        "kind": ("type", "ticket type", "sale type", "transaction type", "check kind", "kind", "order kind", "sale or refund"),
        "station": ("station", "register", "terminal", "till", "pos", "register number", "terminal id", "lane"),
        "channel": ("channel", "order channel", "order type", "dining option", "service type", "order source"),
        "customer_id": ("customer id", "customer number", "customer", "guest id", "member number"),
        "currency": ("currency", "currency code"),
        "total": (
            "total", "ticket total", "check total", "grand total", "amount due", "total amount", "gross total",
            "total due", "order total", "total paid", "amount paid", "sale total", "gross", "amount", "total incl tax",
        ),
        "tender": (
            "tender", "tender type", "payment type", "payment method", "paid by", "payment", "method of payment",
            "pay type", "payment kind", "tender name", "paid with", "mop", "settled by",
        ),
        "brand": ("card brand", "card type", "brand", "network", "card network", "scheme", "issuer", "card scheme", "card"),
        "payment_id": ("payment id", "payment reference", "card transaction id", "processor reference"),
    },
    "payments": {
        "payment_id": (
            "transaction id", "transaction reference", "payment id", "transaction number", "gateway transaction id",
            "processor reference", "unique id", "reference number", "auth reference", "record id",
        ),
        "merchant_id": ("merchant number", "merchant id", "merchant", "merchant account", "merchant no", "site id"),
        "kind": ("transaction type", "transaction kind", "type", "kind", "action", "transaction code", "payment type"),
        "status": ("status", "transaction status", "state", "settlement status", "response"),
        "brand": ("card type", "brand", "card brand", "network", "scheme", "card network", "payment method", "card scheme"),
        "card_last4": (
            "card number", "pan", "masked card", "masked pan", "last 4", "last4", "card last 4", "last four",
            "account number", "card", "card no", "cardholder number",
        ),
        "amount": ("amount", "gross", "transaction amount", "gross amount", "settled amount", "sale amount", "total", "value"),
        "tip": ("tip", "incl tip", "gratuity", "tip amount", "of which tip"),
        "fee": ("fee", "processing fee", "fee amount", "interchange", "discount fee"),
        "currency": ("currency", "currency code"),
        "created_at": (
            "transaction date", "created", "transaction time", "date time", "timestamp", "created at", "authorised at",
            "auth date", "transaction date time", "date", "time", "processed", "local time",
        ),
        "batch_id": ("batch number", "batch", "batch id", "batch reference", "settlement batch"),
        "batch_date": ("batch date", "settlement date", "batch close date", "batch day", "settled", "closed on"),
        "deposit_id": ("deposit id", "deposit reference", "deposit reference number", "funding reference", "payout id"),
        "reference": (
            "invoice", "order reference", "invoice number", "ticket number", "order number", "merchant reference",
            "customer reference", "ticket reference", "check number", "client reference",
        ),
    },
    "deposits": {
        "deposit_id": (
            "deposit reference number", "deposit id", "funding reference", "deposit number", "deposit reference",
            "payout id", "reference number", "funding id", "transfer id", "deposit", "trace number", "settlement id",
            "reference", "ach trace", "payout reference",
        ),
        "merchant_id": ("merchant number", "merchant id", "merchant", "merchant account"),
        "deposit_date": (
            "deposit date", "funding date", "funded", "payout date", "bank date", "paid on", "date", "value date",
            "paid date", "settlement date", "posting date", "arrival date", "transfer date",
        ),
        "batch_id": ("batch number", "batch", "batch id", "batch reference"),
        "batch_date": ("batch date", "batch day", "batch close date"),
        "status": ("status", "state", "deposit status"),
        "group": ("description", "deposit type", "type", "kind", "deposit kind", "category", "funding type", "card group", "program"),
        "sales": ("sale", "gross sale", "sale amount", "gross", "gross amount", "gross card sale", "purchases", "sale total"),
        "refunds": ("refund", "refund amount", "credit", "refund total", "sale refund"),
        "chargebacks": ("chargeback", "chargeback amount", "chargeback total", "retrievals"),
        "reversals": ("reversal", "chargeback reversal", "chargebacks won", "reversed chargeback", "representments"),
        "fees": (
            "fee", "discount fee", "processing fee", "discount and fee", "fee amount", "charges", "discount", "merchant fee",
            "service charge", "commission", "processing cost",
        ),
        "adjustments": ("adjustment", "adjustment amount", "other adjustment", "reserve", "other"),
        "net": (
            "net deposit", "net", "net amount", "deposit amount", "net funding", "amount deposited", "net paid",
            "payout", "paid out", "amount", "total", "bank amount", "net payout",
        ),
        "currency": ("currency", "currency code"),
        "bank_last4": ("bank account", "bank last 4", "dda", "account number", "bank account number"),
    },
    "payroll": {
        "run_id": ("payroll run", "run", "run id", "payroll number", "pay run", "batch", "payroll id", "payroll batch", "run number", "payroll"),
        "check_date": ("check date", "pay date", "payment date", "payday", "date paid", "date", "paid on"),
        "period_start": ("period opening", "pay period opening", "period from", "from date", "period start date"),
        "period_end": ("period closing", "pay period closing", "period to", "to date", "period end date"),
        "check_no": ("check number", "check", "voucher number", "advice number", "payment number"),
        "check_type": ("check type", "payment type", "check kind", "run type"),
        "employee_id": (
            "employee id", "employee number", "employee", "staff id", "staff number", "worker id", "person id", "file number",
            "associate id", "payroll id", "staff", "worker", "team member",
        ),
        "location": (
            "work location", "location", "store", "location number", "unit", "store number", "work store", "home store",
            "cost center", "location code", "home location", "site",
        ),
        "department": ("department", "department code", "dep", "division", "team", "department name", "home department"),
        "kind": (
            "line type", "type", "kind", "item type", "line kind", "category", "entry type", "pay category", "class",
            "item kind", "item class", "line category", "code type",
        ),
        "code": ("code", "pay code", "item code", "earning code", "pay item", "item", "description", "code name", "element"),
        "hours": ("hours", "hrs", "units", "quantity", "hours worked"),
        "amount": ("amount", "value", "total", "line amount", "current amount", "amount paid", "sum"),
        "currency": ("currency", "currency code"),
    },
    "ledger": {
        "line_id": ("recordno", "record number", "record", "line id", "record id", "unique id", "entry line id", "gl record number", "key"),
        "entry_id": (
            "batch number", "batch_no", "batchno", "entry number", "journal entry number", "entry", "transaction number", "journal number",
            "batch", "entry id", "voucher number", "transaction id", "je number", "journal id", "batch id",
        ),
        "line_no": ("line number", "line_no", "lineno", "line", "sequence", "row", "seq", "line nr", "item number", "line sequence"),
        "journal": ("symbol", "journal", "journal symbol", "journal code", "journal id", "book code", "source journal"),
        "posting_date": (
            "entry date", "entry_date", "posting date", "date", "gl date", "transaction date", "effective date", "posting dt",
            "accounting date", "journal date", "value date", "gl posting date",
        ),
        "account": (
            "accountno", "account number", "account", "gl account", "account code", "nominal", "nominal code",
            "ledger account", "gl code", "account id", "main account",
        ),
        "location": ("locationid", "location id", "location", "store", "location code", "site", "unit", "store number", "location dimension"),
        "department": ("departmentid", "department id", "department", "department code", "cost center", "cost centre", "dep", "division"),
        "class": ("classid", "class id", "class"),
        "customer": ("customerid", "customer id", "customer"),
        "vendor": ("vendorid", "vendor id", "vendor"),
        "project": ("projectid", "project id", "project"),
        "employee": ("employeeid", "employee id", "employee"),
        "item": ("itemid", "item id"),
        "document": (
            "document", "document number", "documentno", "source document", "voucher", "external document number", "document id",
            "document reference", "doc text",
        ),
        "reference": ("referenceno", "reference number", "reference", "external reference", "your reference", "batch reference"),
        "memo": ("description", "memo", "memo description", "narration", "narrative", "text", "comment", "details", "line memo", "remarks", "entry description"),
        "debit": ("debitamount", "debit amount", "debit", "debit value", "trx debit amount", "soll"),
        "credit": ("creditamount", "credit amount", "credit", "credit value", "trx credit amount", "haben"),
        "amount": ("amount", "net amount", "value", "signed amount", "base amount", "trx amount", "balance amount"),
        "currency": ("currency", "currency code", "base currency"),
        "state": ("state", "status", "entry state", "posting status"),
        "book": ("bookid", "book id", "book", "reporting book"),
        "module": ("module", "source module", "application"),
        "created_by": ("createdby", "created by", "entered by", "user"),
        "created_at": ("whencreated", "when created", "created at", "created on", "created", "entered on", "entry created"),
        "modified_at": ("whenmodified", "when modified", "modified at", "last modified", "changed on"),
        "entity": ("entity", "entity id", "company", "legal entity"),
    },
    "balances": {
        "account": ("account", "account number", "accountno", "gl account", "account code", "nominal", "nominal code"),
        "location": ("location", "locationid", "location id", "store", "store number", "unit", "location code", "site"),
        "period": ("period", "reporting period", "period name"),
        "opening": ("opening balance", "opening", "balance forward", "brought forward", "opening bal", "b/f", "prior balance"),
        "debits": ("debit", "debit amount", "total debit", "period debit", "debit activity", "soll"),
        "credits": ("credit", "credit amount", "total credit", "period credit", "credit activity", "haben"),
        "closing": ("closing balance", "closing", "balance", "closing bal", "carried forward", "current balance", "c/f"),
        "entity": ("entity", "entity id", "company"),
    },
    "accounts": {
        "account": ("accountno", "account number", "account", "gl account", "account code", "nominal code", "code", "number", "nominal"),
        "title": ("title", "account title", "account name", "name", "description", "account description", "accounttitle"),
        "normal_balance": ("normalbalance", "normal balance", "balance type", "debit or credit", "normal side", "side", "debit credit", "nature", "balance side"),
        "type": ("type", "account type", "accounttype", "statement", "financial statement", "class", "statement type"),
        "control": ("control", "control account", "control type"),
        "clearing": ("clearing", "is clearing"),
        "direct_posting": ("directposting", "direct posting", "allow direct posting", "allow posting", "manual posting"),
        "statistical": ("statistical", "is statistical"),
        "status": ("status", "state", "active"),
    },
    "locations": {
        "location": ("locationid", "location id", "intacct location", "gl location", "ledger location", "location code", "erp location", "location"),
        "store_ids": ("location number", "store number", "store", "store id", "unit", "unit number", "site number", "pos store", "pos location", "pos id"),
        "doc_code": ("doc code", "document code", "short code"),
        "merchant_ids": ("merchant number", "merchant id", "merchant", "merchant ids", "processor account"),
        "entity": ("entity", "entity id", "company"),
        "timezone": ("timezone", "time zone", "tz", "zone"),
        "fee_billing": ("fee billing", "billing", "fee schedule", "discount billing", "fee frequency", "fees billed", "billing cycle"),
        "amex": ("amex", "amex program", "american express"),
        "cutoff": ("cutoff", "cut off", "batch close", "batch cutoff", "batch close time"),
    },
}  # fmt: skip

# Amount columns of a wide ticket: words of the heading, the component, its category and its usual sign.
COMPONENTS: tuple[tuple[str, str, str | None], ...] = (
    (r"\b(tax|vat|gst|hst|pst|mwst|iva|tva)\b", "tax", None),
    (r"\b(tip|gratuity|pourboire)\b", "tip", None),
    (r"\b(gift|voucher)\b.*\b(sold|sale|issued|load|activation)|\bgc sold\b|\b(sold|sale of) gift\b", "gift_card_sold", None),
    (r"\b(service (charge|fee)|auto gratuity|surcharge)\b", "service_charge", None),
    (r"\bdelivery\b", "delivery_fee", None),
    (r"\b(donation|charity|round up)\b", "donation", None),
    (r"\bemployee meal", "employee_meal", None),
    (r"\bdeposit (applied|redeemed|used)", "deposit_applied", None),
    (r"\b(customer )?deposit\b", "customer_deposit", None),
    (r"\b(discount|promo|promotion|coupon|markdown|reduction|rebate|allowance)", "discount", None),
    (r"\b(comp|complimentary)\b", "comp", None),
    (r"\b(food|kitchen|meals?|dishes|cuisine)\b", "revenue", "food"),
    (r"\b(beverage|bar|liquor|alcohol|wine|beer|soft)\b", "revenue", "beverage"),
    (r"\b(merchandise|retail|goods|gift shop|souvenir)\b", "revenue", "merchandise"),
)  # fmt: skip
# Amount columns that repeat what others say.
SUBTOTAL = re.compile(r"\b(sub ?total|net sale|gross sale|net total|before tax|taxable|total tax able|items|quantity|count|covers|guests)\b")
TENDER_COLUMNS: tuple[tuple[str, str, str | None], ...] = (
    (r"\bcash\b", "cash", None),
    (r"\bvisa\b", "card", "visa"),
    (r"\b(mastercard|master card|mc)\b", "card", "mastercard"),
    (r"\b(amex|american express)\b", "card", "amex"),
    (r"\bdiscover\b", "card", "discover"),
    (r"\b(gift card|gift|gc|stored value)\b", "gift_card", None),
    (r"\b(house|on account|charge account)\b", "house_account", None),
    (r"\bcheck\b", "check", None),
    (r"\b(card|credit|debit)\b", "card", None),
    (r"\b(loyalty|points|rewards)\b", "loyalty", None),
)

BRANDS = {
    "visa": "visa", "vi": "visa", "v": "visa", "mastercard": "mastercard", "master card": "mastercard", "mc": "mastercard",
    "master": "mastercard", "m/c": "mastercard", "amex": "amex", "american express": "amex", "ax": "amex", "ae": "amex",
    "americanexpress": "amex", "discover": "discover", "disc": "discover", "ds": "discover", "di": "discover",
    "discover card": "discover", "diners": "diners", "jcb": "jcb", "debit": "debit",
}  # fmt: skip
# What a word in a column of words means, per canonical column.
MEANINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "kind": ((r"refund|return|credit|exchange out|void sale|storno|negative", "return"), (r".", "sale")),
    "payments.kind": (
        (r"chargeback.*(revers|won)|revers.*chargeback|represent", "chargeback_reversal"),
        (r"charge ?back|dispute", "chargeback"),
        (r"void|cancel|reversal", "void"),
        (r"refund|return|credit(?! ?sale)", "refund"),
        (r"sale|purchase|capture|payment|auth|charge|debit|settle", "sale"),
    ),
    "tender": (
        (r"gift|stored value|\bgc\b|voucher", "gift_card"),
        (r"house|on account|a/r|room|account charge|city ledger", "house_account"),
        (r"uber|doordash|door dash|grubhub|delivery|third party|3rd party", "delivery"),
        (r"loyal|point|reward", "loyalty"),
        (r"deposit", "deposit"),
        (r"che(ck|que)", "check"),
        (r"cash|bar(geld)?$|notes|coin", "cash"),
        (r"card|credit|debit|visa|master|\bmc\b|amex|american express|discover|contactless|emv|tap|chip", "card"),
    ),
    "group": (
        (r"amex|american express", "amex"),
        (r"fee|discount|charges|billing", "fees"),
        (r"charge ?back|dispute|revers", "chargeback"),
        (r"reserve|hold", "reserve"),
        (r"deposit|funding|card|settle|sale|batch|payout|credit", "card"),
    ),
    "payroll.kind": (
        (r"(er|employer|company)\W*(paid\W*)?tax|tax\W*\(?(er|employer|company)\b", "employer_tax"),
        (r"employer|company|er\W+(contrib|benefit|medical|match|paid)|\bmatch\b|contribution \(?er|fringe", "employer_contribution"),
        (r"tax|withh|fica|fit\b|sit\b|futa|suta|medicare", "employee_tax"),
        (r"garnish|levy|child support|court", "garnishment"),
        (r"\bnet\b|take home|direct deposit|net pay", "net_pay"),
        (r"memo|imputed|non ?cash|tips? (reported|declared)|declared", "memo_earning"),
        (r"reimb|expense|mileage", "reimbursement"),
        (r"deduct|pre ?tax|post ?tax|401|benefit|voluntary|withdrawal", "deduction"),
        (r"earn|wage|salary|gross|pay\b|regular|overtime|bonus|hours", "earning"),
    ),
    "check_type": ((r"void|revers", "void"), (r"manual|off ?cycle|hand", "manual"), (r"adjust|correct", "adjustment"), (r".", "regular")),
    "normal_balance": ((r"^(d|dr|debit|deb|soll)", "debit"), (r"^(c|cr|credit|cred|haben)", "credit")),
    "type": ((r"balance|asset|liab|equity|^bs$|^b$", "balancesheet"), (r"income|p ?& ?l|profit|expense|revenue|^is$|^i$|^p$", "incomestatement")),
    "fee_billing": ((r"day|daily|net|each deposit|d$", "daily"), (r"month|monthly|gross|m$", "monthly")),
    "amex": ((r"opt", "optblue"), (r"direct|own|esa", "direct")),
}  # fmt: skip


def plain_heading(heading: str) -> str:
    """A heading as words in lower case with the usual short forms written out."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading).replace("_", " ").lower().replace("#", " # ")
    words = re.findall(r"#|a/c|[bc]/f|m/c|[^\W_]+", spaced)
    return " ".join(_SHORT.get(word, word) for word in words)


def meaning_of(word: str, column: str) -> str | None:
    """What a word found in a column most likely means in canonical words; None if nothing is known."""
    plain = word.strip().lower().replace("_", " ")
    return next((meaning for pattern, meaning in MEANINGS[column] if re.search(pattern, plain)), None)
