"""A first profile for a file nobody has described yet; every guess that may be wrong says so."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from recon.connectors.detect import Sight, date_order, date_share, look_at, number_style
from recon.connectors.footing import cents_of, signs_that_foot
from recon.connectors.guess import Guess, Seen, assign, name_score, see
from recon.connectors.profiles import NumberStyle, required_columns
from recon.connectors.vocabulary import (
    BRANDS,
    COMPONENTS,
    MEANINGS,
    NAMES,
    SUBTOTAL,
    TENDER_COLUMNS,
    meaning_of,
)
from recon.errors import ConfigError

DOUBTFUL = "# doubtful: "
_SOURCES = {"ledger": "intacct", "tickets": "heartland_retail", "payroll": "heartland_payroll"}
_MAPPED = {
    "kind": "kind", "payments.kind": "payments.kind", "payroll.kind": "payroll.kind",
    "fee_statements.kind": "fee_statements.kind", "fee_statements.status": "fee_statements.status", "group": "group",
    "check_type": "check_type", "normal_balance": "normal_balance", "type": "type", "fee_billing": "fee_billing",
    "amex": "amex",
}  # fmt: skip
_DEBIT_WORDS = ("d", "dr", "debit", "1", "s", "soll")
_CREDIT_WORDS = ("c", "cr", "credit", "-1", "h", "haben")
_ONLY_DATE = {
    "tickets": "completed_at", "payments": "created_at", "deposits": "deposit_date", "payroll": "check_date",
    "ledger": "posting_date", "fee_statements": "period_end",
}  # fmt: skip
_DEPOSIT_PARTS = ("sales", "refunds", "chargebacks", "reversals", "fees", "adjustments")
_DEPOSIT_SIGNS = {"sales": 1, "reversals": 1, "adjustments": 1}


@dataclass(frozen=True)
class DraftedProfile:
    """The text of a profile, and every doubt that stands in it."""

    text: str
    doubts: tuple[str, ...]


@dataclass
class Draft:
    """A profile while it is being written: what was seen, what was decided, what is in doubt."""

    frame: str
    sight: Sight
    numbers: NumberStyle
    order: str
    seen: list[Seen]
    columns: dict[str, Any] = field(default_factory=dict)
    blocks: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    total: Any = None
    doubts: dict[str, str] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)

    def heading(self, n: int) -> str:
        """The heading of a column as it stands in the file."""
        return self.sight.headings[n]

    def amounts(self) -> list[int]:
        """The amount columns that nothing uses yet."""
        return [n for n, one in enumerate(self.seen) if one.kind in ("amount", "number") and n not in self.used]


def draft_profile(path: Path, frame: str) -> DraftedProfile:
    """A profile that reads the file as that frame, with comments.

    Raises: DataError if there is nothing to read; ConfigError for an unknown frame.
    """
    if frame not in NAMES:
        known = ", ".join((*NAMES, "sales", "tenders"))
        raise ConfigError(f"a profile cannot be drafted as {frame!r}; frames are {known}")
    sight = look_at(path, frame)
    texts = [sight.column(n) for n in range(len(sight.headings))]
    dates = [
        cells for cells in texts if max(date_share(cells.head(200), order) for order in ("mdy", "dmy", "ymd")) > 0.6
    ]
    order, order_doubt = date_order(dates) if dates else ("mdy", "")
    numbers = number_style(texts)
    draft = Draft(frame, sight, numbers, order, see(sight, order, numbers))
    if order_doubt:
        draft.doubts["dates.order"] = order_doubt
    _columns(draft)
    zoned = any(bool(cells.head(50).str.contains(r"\d:\d\d.*(Z|[+-]\d\d:?\d\d)$").any()) for cells in dates)
    text = _rendered(draft, path.name, "UTC" if zoned else None)
    return DraftedProfile(text, tuple(f"{place}: {why}" for place, why in draft.doubts.items()))


def _columns(draft: Draft) -> None:
    """Decide every column of the profile."""
    special = {"tickets": ("total", "tender", "brand", "payment_id"), "ledger": ("debit", "credit", "amount")}
    fixed = special.get(draft.frame, ())
    found = assign(draft.frame, list(NAMES[draft.frame]), draft.seen)
    for name, guess in found.items():
        if name not in fixed:
            draft.used.add(guess.position)
            draft.columns[name] = _spec(draft, name, guess.position)
            _doubt(draft, f"columns.{name}", guess.doubt)
    _only_date(draft)
    if draft.frame == "tickets":
        _tickets(draft, found)
    elif draft.frame == "ledger":
        _ledger(draft, found)
    elif draft.frame == "deposits":
        _deposits(draft, found)
    elif draft.frame == "payments":
        _payments(draft, found)
    elif draft.frame == "fee_statements":
        _name_statements(draft)
    for name in required_columns(draft.frame):
        if name not in draft.columns:
            draft.columns[name] = {"value": "?"}
            _doubt(draft, f"columns.{name}", "no heading looks like it: name one")


def _name_statements(draft: Draft) -> None:
    """Bills without a number of their own, or whose number two merchants share, are named by merchant and month."""
    at = {name: n for n, name in enumerate(draft.sight.headings)}
    merchant, named, end = (draft.columns.get(name) for name in ("merchant_id", "statement_id", "period_end"))
    if not isinstance(merchant, str):
        return
    if isinstance(named, str):
        pairs = set(zip(draft.sight.column(at[named]), draft.sight.column(at[merchant]), strict=True))
        if len(pairs) > len({number for number, _ in pairs}):
            draft.columns["statement_id"] = {"join": [merchant, named]}
    elif isinstance(end, str):
        draft.columns["statement_id"] = {"join": [merchant, end]}


def _only_date(draft: Draft) -> None:
    """Where no heading names the date but one column alone holds dates, that column is it, with a doubt."""
    name = _ONLY_DATE.get(draft.frame)
    dates = [n for n, one in enumerate(draft.seen) if one.kind == "date"]
    if name is None or len(dates) != 1 or dates[0] in draft.used:
        return
    draft.used.add(dates[0])
    draft.columns[name] = draft.heading(dates[0])
    _doubt(draft, f"columns.{name}", "the only column of dates, but its heading does not say so")


def _doubt(draft: Draft, place: str, why: str) -> None:
    if why:
        draft.doubts[place] = why


def _spec(draft: Draft, name: str, position: int) -> Any:
    """The short form of a column, or a table with the words it needs."""
    heading, seen = draft.heading(position), draft.seen[position]
    if name in {"card_last4", "bank_last4"}:
        return {"heading": heading, "last4": True}
    if name == "brand":
        return _brand(heading, seen)
    key = next((_MAPPED[one] for one in (f"{draft.frame}.{name}", name) if one in _MAPPED), None)
    if key is None or (draft.frame, name) == ("ledger", "type"):
        return heading
    return _mapped(draft, name, key, heading, seen)


def _brand(heading: str, seen: Seen) -> dict[str, Any]:
    words = {
        word: BRANDS[word.lower()]
        for word in seen.words
        if word.lower() in BRANDS and BRANDS[word.lower()] != word.lower()
    }
    return {"heading": heading, **({"map": words} if words else {}), "case": "lower"}


def _mapped(draft: Draft, name: str, key: str, heading: str, seen: Seen) -> Any:
    """A column of words with what each means; words that already are canonical need no entry."""
    known = {meaning for _, meaning in MEANINGS[key]}
    words, unknown = {}, []
    for word in seen.words:
        plain = re.sub(r"[\s-]+", "_", word.lower())
        if plain in known:
            continue
        meaning = meaning_of(word, key)
        if meaning is None:
            unknown.append(word)
        else:
            words[word] = meaning
    if unknown:
        _doubt(
            draft, f"columns.{name}", f"no meaning is known for {', '.join(map(repr, unknown[:5]))}: add them to map"
        )
    return {"heading": heading, "map": words} if words else heading


def _tickets(draft: Draft, found: Mapping[str, Guess]) -> None:
    """Dates, components, tenders and total of a wide ticket."""
    columns = draft.columns
    if "business_date" not in columns and "completed_at" in columns:
        columns["business_date"] = columns["completed_at"]
    elif "completed_at" not in columns and "business_date" not in columns:
        columns["business_date"] = {"value": "?"}
        _doubt(draft, "columns.business_date", "no column holds dates")
    tender = found.get("tender")
    draft.used |= {guess.position for name, guess in found.items() if name in ("tender", "brand", "payment_id")}
    total, parts, signs = _ticket_total(draft, found.get("total"))
    for position, sign in zip(parts, signs, strict=True):
        if sign:
            draft.used.add(position)
            draft.blocks.append(("components", _component(draft, position, sign)))
    if total is not None:
        draft.used.add(total)
        draft.total = {"heading": draft.heading(total)}
    _tenders(draft, tender, found.get("brand"), total)


def _ticket_total(draft: Draft, guess: Guess | None) -> tuple[int | None, list[int], list[int]]:
    """The total column, and the columns that sum to it with their signs."""
    free = draft.amounts()
    totals = sorted(free, key=lambda n: -name_score(draft.seen[n].plain, NAMES["tickets"]["total"]))
    if guess is not None:
        totals = [guess.position, *(n for n in totals if n != guess.position)]
    for total in totals[:5]:
        parts = [n for n in free if n != total]
        likely = [_likely_sign(draft, n) for n in parts]
        amounts = cents_of(draft.sight.rows, [*parts, total], draft.numbers)
        signs = signs_that_foot(amounts[:, :-1], amounts[:, -1], likely)
        if signs is not None:
            _doubt(draft, "total", guess.doubt if guess is not None and guess.position == total else "")
            return total, parts, signs
    parts = [n for n in free if guess is None or n != guess.position]
    _doubt(draft, "total", "the amount columns do not sum to it: check components and signs")
    return (guess.position if guess else None), parts, [_likely_sign(draft, n) for n in parts]


def _likely_sign(draft: Draft, n: int) -> int:
    """The sign with which an amount column enters the total, by its name and its own sign."""
    component, _ = _named_component(draft.seen[n].plain)
    if SUBTOTAL.search(draft.seen[n].plain) or (component is None and _tender_named(draft.seen[n].plain)):
        return 0
    if component in ("discount", "comp", "employee_meal", "deposit_applied"):
        cents = cents_of(draft.sight.rows, [n], draft.numbers)[:, 0]
        return -1 if np.sum(cents > 0) >= np.sum(cents < 0) else 1
    return 1 if draft.seen[n].kind == "amount" or component else 0


def _named_component(plain: str) -> tuple[str | None, str | None]:
    return next(((one, category) for pattern, one, category in COMPONENTS if re.search(pattern, plain)), (None, None))


def _tender_named(plain: str) -> tuple[str, str | None] | None:
    return next(((one, brand) for pattern, one, brand in TENDER_COLUMNS if re.search(pattern, plain)), None)


def _component(draft: Draft, position: int, sign: int) -> dict[str, Any]:
    plain, heading = draft.seen[position].plain, draft.heading(position)
    component, category = _named_component(plain)
    if component is None:
        component, category = ("revenue", re.sub(r"\W+", "_", plain)) if sign > 0 else ("discount", None)
        _doubt(draft, f"components.{heading}", f"{heading!r} enters the total, but what it is, is a guess")
    amount: Any = heading if sign > 0 else {"heading": heading, "sign": "-"}
    return {"component": component, **({"category": category} if category else {}), "amount": amount}


def _tenders(draft: Draft, tender: Guess | None, brand: Guess | None, total: int | None) -> None:
    """How tickets were paid: from a column of words, or from one amount column per tender."""
    amount: Any = draft.heading(total) if total is not None else {"value": "?"}
    if tender is not None:
        seen, heading = draft.seen[tender.position], draft.heading(tender.position)
        block: dict[str, Any] = {"tender": _tender_spec(draft, heading, seen)}
        if brand is not None:
            block["brand"] = _brand(draft.heading(brand.position), draft.seen[brand.position])
        elif any(word.lower() in BRANDS for word in seen.words):
            words = "|".join(re.escape(word) for word in seen.words if word.lower() in BRANDS)
            block["brand"] = {**_brand(heading, seen), "pattern": f"(?i)^({words})$"}
        draft.blocks.append(("tenders", {**block, "amount": amount}))
        _doubt(draft, "tenders", tender.doubt)
        return
    named = [(n, hit) for n in draft.amounts() if (hit := _tender_named(draft.seen[n].plain)) is not None]
    for n, (word, card) in named:
        draft.used.add(n)
        block = {"tender": {"value": word}, **({"brand": {"value": card}} if card else {}), "amount": draft.heading(n)}
        draft.blocks.append(("tenders", block))
    if not named:
        draft.blocks.append(("tenders", {"tender": {"value": "other"}, "amount": amount}))
        _doubt(draft, "tenders", "no column says how tickets were paid")


def _tender_spec(draft: Draft, heading: str, seen: Seen) -> Any:
    known = {meaning for _, meaning in MEANINGS["tender"]} | {"other"}
    words: dict[str, str] = {}
    for word in seen.words:
        if re.sub(r"[\s-]+", "_", word.lower()) in known:
            continue
        meaning = "card" if word.lower() in BRANDS else meaning_of(word, "tender")
        if meaning is None:
            _doubt(draft, "tenders", f"no meaning is known for {word!r}: add it to map")
        else:
            words[word] = meaning
    return {"heading": heading, "map": words} if words else heading


def _ledger(draft: Draft, found: Mapping[str, Guess]) -> None:
    """Signed amounts, or unsigned debits and credits."""
    columns = draft.columns
    if "debit" in found and "credit" in found:
        pair = (found["debit"].position, found["credit"].position)
        columns["amount"] = {"debit": draft.heading(pair[0]), "credit": draft.heading(pair[1])}
        draft.used |= set(pair)
    elif "amount" in found or "debit" in found or "credit" in found:
        guess = next(found[name] for name in ("amount", "debit", "credit") if name in found)
        draft.used.add(guess.position)
        columns["amount"] = _signed(draft, guess.position)
        _doubt(draft, "columns.amount", guess.doubt)
    if "entry_id" in columns:
        columns["entry_no"] = columns["entry_id"]


def _signed(draft: Draft, position: int) -> Any:
    """An amount column, with the column that says debit or credit where the amounts have no sign."""
    heading = draft.heading(position)
    if (cents_of(draft.sight.rows, [position], draft.numbers) < 0).any():
        return heading
    for seen in draft.seen:
        words = {word.lower() for word in seen.words}
        if (
            words
            and words <= {"d", "c", "dr", "cr", "debit", "credit", "1", "-1", "soll", "haben", "s", "h"}
            and len(words) == 2
        ):
            negative = [word for word in seen.words if word.lower() in ("c", "cr", "credit", "-1", "haben", "h")]
            return {"heading": heading, "sign_by": {"heading": seen.heading, "negative": negative}}
    _doubt(draft, "columns.amount", "no amount is negative and no column says debit or credit")
    return heading


def _deposits(draft: Draft, found: Mapping[str, Guess]) -> None:
    """Parts of a deposit with the signs with which they sum to the net."""
    named = [(name, found[name].position) for name in _DEPOSIT_PARTS if name in found]
    if "net" not in found:
        _footed(draft, named)
        return
    free = draft.amounts()
    if "adjustments" not in found:
        named += [("adjustments", n) for n in free[:1]]
    if not named:
        return
    cents = cents_of(draft.sight.rows, [*(n for _, n in named), found["net"].position], draft.numbers)
    likely = [_likely_part(name, cents[:, k]) for k, (name, _) in enumerate(named)]
    if "adjustments" not in found and free:
        likely[-1] = 0
    signs = signs_that_foot(cents[:, :-1], cents[:, -1], likely)
    if signs is None:
        _doubt(draft, "columns.net", "the parts do not sum to it: check the signs")
    for (name, position), sign in zip(named, signs or likely, strict=True):
        _part(draft, name, position, sign)
        if sign and name == "adjustments" and name not in found:
            heading = draft.heading(position)
            _doubt(draft, "columns.adjustments", f"{heading!r} enters the net, but what it is, is a guess")


def _likely_part(name: str, cents: Any) -> int:
    """The sign that a part most likely has: what is shown without a minus but lowers the net is turned."""
    return 1 if name in _DEPOSIT_SIGNS or (cents < 0).any() else -1


def _part(draft: Draft, name: str, position: int, sign: int) -> None:
    """One part of the deposit as a column of the profile; a sign of 0 leaves it out."""
    heading = draft.heading(position)
    if sign == 0:
        draft.columns.pop(name, None)
        return
    draft.columns[name] = heading if sign > 0 else {"heading": heading, "sign": "-"}
    draft.used.add(position)


def _footed(draft: Draft, named: list[tuple[str, int]]) -> None:
    """The net found by footing where no heading names it: the last amount that others sum to, with a doubt."""
    free = draft.amounts()
    for net in reversed(free):
        rest = [n for n in free if n != net]
        parts = [*named, *zip(_unnamed(named), rest, strict=False)]
        cents = cents_of(draft.sight.rows, [*(n for _, n in parts), net], draft.numbers)
        likely = [_likely_part(name, cents[:, k]) for k, (name, _) in enumerate(parts)]
        signs = signs_that_foot(cents[:, :-1], cents[:, -1], likely)
        if signs is None or sum(map(bool, signs)) < 2:
            continue
        draft.used.add(net)
        draft.columns["net"] = draft.heading(net)
        _doubt(draft, "columns.net", "no heading names it, but the other amounts sum to it")
        for (name, position), sign in zip(parts, signs, strict=True):
            _part(draft, name, position, sign)
            if sign and (name, position) not in named:
                _doubt(draft, f"columns.{name}", "it enters the net, but what it is, is a guess from its place")
        return


def _unnamed(named: list[tuple[str, int]]) -> list[str]:
    """The parts that no heading names, in the order in which reports usually show them."""
    taken = {name for name, _ in named}
    return [
        name for name in ("sales", "refunds", "chargebacks", "fees", "reversals", "adjustments") if name not in taken
    ]


def _payments(draft: Draft, found: Mapping[str, Guess]) -> None:
    """Refunds without a sign get it from the kind of transaction."""
    if "amount" not in found or "kind" not in found:
        return
    cents = cents_of(draft.sight.rows, [found["amount"].position], draft.numbers)
    kind = draft.seen[found["kind"].position]
    negative = [word for word in kind.words if meaning_of(word, "payments.kind") in ("refund", "void", "chargeback")]
    if negative and not (cents < 0).any():
        sign_by = {"heading": kind.heading, "negative": negative}
        draft.columns["amount"] = {"heading": draft.heading(found["amount"].position), "sign_by": sign_by}


def _rendered(draft: Draft, name: str, zone: str | None) -> str:
    """The profile as TOML, its columns in canonical order, doubts as comments."""
    lines = [
        "#:schema ./profile.schema.json",
        f"# Drafted from {name}. Lines marked `doubtful` want your eye; delete the mark when they are right.",
        f'frame = "{draft.frame}"',
    ]
    if draft.frame in _SOURCES:
        lines.append(f'source = "{_SOURCES[draft.frame]}"')
    lines += _file_lines(draft)
    settings = {"order": draft.order, **({"zone": zone} if zone else {})}
    lines += ["", "[dates]", *(_line(key, value, draft, f"dates.{key}") for key, value in settings.items())]
    if draft.numbers.decimal == ",":
        lines += ["", "[numbers]", 'decimal = ","']
    order = [*NAMES[draft.frame], "entry_no"]
    known = sorted(draft.columns.items(), key=lambda item: order.index(item[0]))
    lines += ["", "[columns]", *(_line(key, value, draft, f"columns.{key}") for key, value in known)]
    for block, content in draft.blocks:
        lines += ["", f"[[{block}]]", *_block_lines(draft, block, content)]
    if draft.total is not None:
        lines += ["", "[total]", *(_line(key, value, draft, "total") for key, value in draft.total.items())]
    unused = [heading for n, heading in enumerate(draft.sight.headings) if n not in draft.used and heading]
    if unused:
        lines += ["", f"# Not used: {', '.join(unused)}"]
    return "\n".join(lines) + "\n"


def _block_lines(draft: Draft, block: str, content: Mapping[str, Any]) -> list[str]:
    heading = content["amount"] if isinstance(content["amount"], str) else content["amount"].get("heading", "")
    place = f"components.{heading}" if block == "components" else "tenders"
    marked = "component" if block == "components" else "tender"
    return [_line(key, value, draft, place if key == marked else "") for key, value in content.items()]


def _file_lines(draft: Draft) -> list[str]:
    style = draft.sight.style
    shown: dict[str, Any] = {}
    if style.encoding != "utf-8":
        shown["encoding"] = style.encoding
    if style.delimiter != ",":
        shown["delimiter"] = style.delimiter
    if style.heading_row is not None:
        shown["heading_row"] = style.heading_row
    lines = ["", "[file]", *(f"{key} = {_toml(value)}" for key, value in shown.items())] if shown else []
    for rule in style.skip:
        lines += ["", "[[file.skip]]", f"column = {_toml(rule.column[0])}", f"matches = {_toml(rule.matches)}"]
    return lines


def _line(key: str, value: Any, draft: Draft, place: str) -> str:
    why = draft.doubts.get(place)
    return f"{key} = {_toml(value)}" + (f" {DOUBTFUL}{why}" if why else "")


def _toml(value: Any) -> str:
    """A value as TOML writes it on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(key)} = {_toml(one)}" for key, one in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(one) for one in value)}]"
    return str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)
