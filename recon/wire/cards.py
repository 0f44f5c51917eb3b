"""Card numbers found in whatever text they hide in, and masked but for the last four digits."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from urllib.parse import unquote_to_bytes

import polars as pl

FEWEST, MOST = 13, 19
SHOWN = 4
_MASK = "*" * 12
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_NOT_DIGITS = bytes(one for one in range(256) if not 48 <= one <= 57)
# Most texts with many digits are these; they can hold no card number.
_MOMENT = re.compile(r"[12]\d{3}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
_HIERARCHY = [3, 2, 3, 3, 3]  # groups of the place of a merchant in the processor's hierarchy
# The acquirer's reference of a settled transaction, and the name of the field that holds one: no card, though the
# first digits of some look like one.
_ARN_NAME = "arn"
_ARN = re.compile(r"[27][0-9]{22}")
# One record as JSON whose names and values all have too few digits, or many in a form that no card number has: a
# moment, figures of two and three digits between marks, a long run that begins as no card. The rest is looked at.
_LETTER = r'(?:[ !#-/:-\[\]-\x7f]|\\["\\/bfnrt])'
_FORMS = (
    rf"{_LETTER}*(?:[0-9]{_LETTER}*){{0,{FEWEST - 1}}}",
    _MOMENT.pattern.replace(r"\d", "[0-9]"),
    r"[0-9]{2}/[0-9]{2}/[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}(?: [AP]M)?",
    "-".join(f"[0-9]{{{size}}}" for size in _HIERARCHY),
    rf"[17][0-9]{{{MOST},60}}",  # no card begins so
    rf'{_ARN_NAME}":"{_ARN.pattern}',
)
_FEW_DIGITS = rf"^[ -/:-~]*(?:[0-9][ -/:-~]*){{0,{FEWEST - 1}}}$"
_INNOCENT = rf'^(?:[{{}}\[\],:]|null|true|false|-?[0-9][0-9.]{{0,11}}[,\]}}]|"(?:{"|".join(_FORMS)})")*$'
# Prefix and lengths by network, so that a trace number or a bar code is rarely taken for a card.
_NETWORKS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{17,18})"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-59]|[689]\d)\d{11,16}"  # Diners
    r"|35\d{14,17}"  # JCB
    r"|6\d{15,18}|(?:50|5[678])\d{14,17}"  # Discover, UnionPay, RuPay, Maestro
    r"|220[0-4]\d{12,15}|81\d{14,17}|9792\d{12}",  # Mir, UnionPay, Troy
    re.ASCII,
)
_LAYOUTS = {(4, 6, 5), (4, 6, 4), (6, 4, 6), (6, 10), (6, 9), (6, 6, 4), (6, 13)}
_DAY = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", re.ASCII)
_PREFIXES = frozenset("2345689")
_WORDS = (
    "cards?|number|num|no|nr|pan|cc|credit|debit|visa|mastercard|master|mc|amex|american|express|discover|jcb|diners|"
    "acct|account|first|last|next|then|and|rest|ending|ends|cont|continued|digits?|part|half|dash|space|dot|hyphen|"
    "slash|of|is|the|tarjeta|carte|karte|numero|x+"
)
# Between two groups: white space and marks, words that people put into a card number, or twice the same few letters.
_BETWEEN = r"(?:\s*(?:[^\w\s]|_)){0,4}\s*"
_MARKS = re.compile(rf"(?=[\W_]){_BETWEEN}")
_WORDED = re.compile(rf"{_BETWEEN}(?:(?:{_WORDS})(?=[\W_]){_BETWEEN}){{0,2}}(?:{_WORDS}){_BETWEEN}", re.I)
_LONGEST_REPEATED = 6
# Behind a card number in the same run: month and year of its end, the security code, whatever a stripe holds.
_EXPIRY = re.compile(r"(?:0[1-9]|1[0-2])[1-4]\d|[1-4]\d(?:0[1-9]|1[0-2])", re.ASCII)
# A day in front of a number of the usual length, in one run; no time of day begins as that number must.
_DATED = re.compile(rf"(?=20){_DAY.pattern}(?=[3-6]\d{{15}}$)", re.ASCII)
_DAY_LONG = 8
_INVISIBLE = {"Cc", "Cf", "Me", "Mn"}
# A whole number as programs write one that they hold as a floating one: 4.111111111111111E15.
_FLOATING = r"(?<![\d.])[2-9]\.\d{10,18}[eE]\+?1[2-8](?!\d)"
_CODED = re.compile(
    rf"{_FLOATING}|"
    r"(?:%[0-9A-Fa-f]{2})+|&#[0-9]{1,7};?|&#[xX][0-9A-Fa-f]{1,6};?|&[A-Za-z]{2,8};|\\u\{?[0-9A-Fa-f]{4}\}?"
    r"|\\x[0-9A-Fa-f]{2}|=[0-9A-F]{2}|</?[A-Za-z][^<>]*>|<!--(?:[^-<]|-(?!->)|<(?!!--))*-->|<!\[CDATA\[|\]\]>",
    re.ASCII,
)
_MAY_HIDE = re.compile(rf"[^ -~]|[%&\\=<]|{_FLOATING}", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_DEEPEST = 3  # encodings within encodings


@dataclass(frozen=True)
class MaskedRow:
    """A row without card numbers, and the id fields that held one: such a row is set aside, since its id is lost."""

    row: Mapping[str, object]
    in_ids: tuple[str, ...]

    @property
    def is_quarantined(self) -> bool:
        """True where the row's own id, or one that joins it to another, was a card number."""
        return bool(self.in_ids)


@dataclass(frozen=True)
class _Read:
    """A text as it is read, and where in the original each letter begins and ends."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


def masked(text: str) -> str:
    """The text with every card number as twelve stars and its last four digits; the same text where it holds none.

    Found are numbers of 13 to 19 digits with a network's prefix and a right check digit, in one piece or in the groups
    that people write, behind any separators, digits of any script, letters that cannot be seen, and the codes of HTML,
    URLs and JSON, or as 4.111111111111111E15. In a longer run one is found behind zeros or a day, before another one,
    and before the month and year of its end, which vanish with it. Not found, for it would mask what books are matched
    by: one in base64, hexadecimal or octal codes, one turned about, and one with other digits glued to it, such as a
    security code alone. O(letters).
    """
    if _has_too_few(text):
        return text
    parts: list[str] = []
    done = 0
    for start, end, last in _merged(_spans(text)):
        parts += [text[done:start], _MASK, last]
        done = end
    return "".join([*parts, text[done:]]) if parts else text


def holds_card(text: str) -> bool:
    """True where `masked` would change the text."""
    return not _has_too_few(text) and any(True for _ in _spans(text))


def without_cards(bodies: Sequence[str] | pl.Series) -> pl.Series:
    """True for each record, written as JSON, in which `masked_row` surely finds nothing; False where it has to look.

    One pass over all letters, some thirty times as quick as looking at every value. Letters beyond ASCII, codes
    and long numbers are left to `masked_row`.
    """
    return pl.Series(bodies, dtype=pl.String).str.contains(_INNOCENT)


def with_few_digits(texts: Sequence[str]) -> pl.Series:
    """True for each text that has too few digits for a card number; False where `masked` has to look."""
    return pl.Series(texts, dtype=pl.String).str.contains(_FEW_DIGITS)


def masked_row(row: Mapping[str, object], id_fields: Collection[str] = ()) -> MaskedRow:
    """The row with the card numbers of all its values and names masked, however deep they stand.

    A field is named by its path of names ("payment_method.card.arn"), or by its last name alone. The same row comes
    back where there is nothing to mask.
    """
    if _is_clean(row):
        return MaskedRow(row, ())
    found: list[str] = []
    return MaskedRow(_masked_mapping(row, "", frozenset(id_fields), found), tuple(found))


def _is_clean(value: object) -> bool:
    """True where nothing below the value is a card number; most rows are, and need not be built anew.

    Written as one loop over everything that stands below: this is asked of every value that is ever pulled.
    """
    waiting: list[Iterable[object]] = [(value,)]
    while waiting:
        for one in waiting.pop():
            kind = type(one)
            if kind is str:
                if len(one) >= FEWEST and not (_has_too_few(one) or _is_clean_text(one)):  # type: ignore[arg-type]
                    return False
            elif kind is dict:
                if not all(map(_is_clean_text, one)):  # type: ignore[call-overload]
                    return False
                waiting.append(one.values())  # type: ignore[attr-defined]
            elif kind is list or kind is tuple:
                waiting.append(one)  # type: ignore[arg-type]
            elif isinstance(one, Mapping):
                waiting.append((dict(one),))
            elif isinstance(one, str) or _is_large(one):
                waiting.append((str(one),))
    return True


@lru_cache(maxsize=4096)
def _is_clean_text(text: str) -> bool:
    return not holds_card(text)


def _is_large(value: object) -> bool:
    """True for a number of so many digits that it may be a card's."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool) and abs(value) >= 10 ** (FEWEST - 1)


def _masked_mapping(row: Mapping[str, object], path: str, ids: frozenset[str], found: list[str]) -> dict[str, object]:
    return {
        masked(name): value if value is None else _masked_value(value, f"{path}{name}", ids, found)
        for name, value in row.items()
    }


def _masked_value(value: object, path: str, ids: frozenset[str], found: list[str]) -> object:
    if isinstance(value, str):
        if path.rpartition(".")[2] == _ARN_NAME and _ARN.fullmatch(value):
            return value
        said = masked(value)
        if said is not value and (path in ids or path.rpartition(".")[2] in ids):
            found.append(path)
        return said
    if isinstance(value, Mapping):
        return _masked_mapping(value, f"{path}.", ids, found)
    if isinstance(value, list | tuple):
        return [_masked_value(one, path, ids, found) for one in value]
    if _is_large(value):
        said = str(value)
        hidden = _masked_value(said, path, ids, found)
        return value if hidden == said else hidden
    return value


def _has_too_few(text: str) -> bool:
    if len(text) < FEWEST:
        return True
    if text.isascii():
        return len(text.encode().translate(None, _NOT_DIGITS)) < FEWEST or _MOMENT.fullmatch(text) is not None
    return False


def _merged(spans: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Spans that overlap as one, which ends as the furthest of them does."""
    found: list[tuple[int, int, str]] = []
    for start, end, last in sorted(spans):
        if found and start < found[-1][1]:
            begin, far, said = found[-1]
            found[-1] = (begin, end, last) if end > far else (begin, far, said)
        else:
            found.append((start, end, last))
    return found


def _spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and last four digits of every card number; spans may overlap."""
    read = _Read(text, range(len(text)), range(1, len(text) + 1))
    if _MAY_HIDE.search(text) is None:
        yield from _spans_as_read(text, read)
        return
    for _ in range(_DEEPEST + 1):
        yield from _spans_as_read(text, _seen(read))
        decoded = _decoded(read)
        if decoded.text == read.text:
            return
        read = decoded


def _spans_as_read(text: str, read: _Read) -> Iterator[tuple[int, int, str]]:
    groups = [(one.start(), one.end()) for one in _DIGITS.finditer(read.text)]
    for at, (begin, stop) in enumerate(groups):
        for start, end, last in _in_run(read.text[begin:stop]):
            yield read.starts[begin + start], _end_of_track(text, read.ends[begin + end - 1]), last
        if read.text[begin] not in _PREFIXES:
            continue
        for digits, end in _candidates(groups, at, read.text):
            if _is_card(digits):
                yield read.starts[begin], _end_of_track(text, read.ends[end - 1]), digits[-SHOWN:]


def _in_run(run: str) -> list[tuple[int, int, str]]:
    """Start, end and last four digits of the cards that make up a run of digits behind its leading zeros or a day.

    One card or several behind each other up to the end; or up to a month and year, and all that follows them.
    """
    if len(run) < FEWEST:
        return []
    first = len(run) - len(run.lstrip("0"))
    came_from: dict[int, int] = {}
    waiting = [first, _DAY_LONG] if _DATED.match(run) else [first]
    while waiting:
        start = waiting.pop()
        if run[start : start + 1] not in _PREFIXES:
            continue
        for end in range(start + FEWEST, min(start + MOST, len(run)) + 1):
            if end in came_from or not _is_card(run[start:end]):
                continue
            came_from[end] = start
            if end == len(run) or _EXPIRY.match(run, end):
                return _chain(run, came_from, end)
            waiting.append(end)
    return []


def _chain(run: str, came_from: Mapping[int, int], end: int) -> list[tuple[int, int, str]]:
    """The cards that end here, from the first on; what follows the last one goes with it."""
    found = [(came_from[end], len(run), run[end - SHOWN : end])]
    while (end := found[-1][0]) in came_from:
        found.append((came_from[end], end, run[end - SHOWN : end]))
    return found[::-1]


def _candidates(groups: list[tuple[int, int]], at: int, text: str) -> Iterator[tuple[str, int]]:
    """The numbers of 13 to 19 digits in several groups from this one on, and where they end."""
    parts: list[str] = []
    gaps: list[str] = []
    for last in range(at, len(groups)):
        start, end = groups[last]
        parts.append(text[start:end])
        if last > at:
            gaps.append(text[groups[last - 1][1] : start])
            if not (_is_usual(gaps[-1]) or (gaps[-1] == gaps[0] and len(gaps[0]) <= _LONGEST_REPEATED)):
                return
        length = sum(map(len, parts))
        if length > MOST:
            return
        if gaps and length >= FEWEST and _is_layout(parts, gaps):
            yield "".join(parts), end


@lru_cache(maxsize=1024)
def _is_usual(gap: str) -> bool:
    return bool(_MARKS.fullmatch(gap) or _WORDED.fullmatch(gap))


def _is_layout(parts: list[str], gaps: list[str]) -> bool:
    """True for groups as people write card numbers: equal but for a shorter last one, or as networks emboss them.

    Any groups will do between spaces, behind a mark that repeats, in fours, or with a word among them: a leaked number
    costs more than a masked reference. A date among them says that they are figures of different kinds.
    """
    repeats = len(gaps) > 1 and len(set(gaps)) == 1
    if not (repeats or all(map(_is_usual, gaps))):
        return False
    lengths = [len(one) for one in parts]
    *heads, tail = lengths
    if len(set(heads)) <= 1 and (not heads or tail <= heads[0]):
        return True
    if tuple(lengths) in _LAYOUTS:
        return True
    if any(_DAY.fullmatch(one) for one in parts) or lengths[:3] == [4, 2, 2] or lengths == _HIERARCHY:
        return False
    spaced = all(gap.isspace() for gap in gaps)
    return repeats or spaced or not any(length % 4 for length in lengths) or any(map(_WORDED.fullmatch, gaps))


def _is_card(digits: str) -> bool:
    """True where network, length and check digit are those of a card."""
    if _NETWORKS.fullmatch(digits) is None or len(set(digits)) == 1:
        return False
    backwards = [int(one) for one in reversed(digits)]
    return (sum(backwards[::2]) + sum(_DOUBLED[one] for one in backwards[1::2])) % 10 == 0


def _seen(read: _Read) -> _Read:
    """The text as the eye sees it: digits of every script plain, and nothing that cannot be seen."""
    kept: list[int] = []
    chars: list[str] = []
    for at, char in enumerate(read.text):
        plain = char
        if not " " <= char <= "~":
            if unicodedata.category(char) in _INVISIBLE and char not in "\t\n\r":
                continue
            digit = unicodedata.digit(char, None)
            composed = unicodedata.normalize("NFKC", char)
            plain = str(digit) if digit is not None else composed if len(composed) == 1 else " "
        kept.append(at)
        chars.append(plain)
    return _Read("".join(chars), [read.starts[at] for at in kept], [read.ends[at] for at in kept])


def _decoded(read: _Read) -> _Read:
    """The text with each code of HTML, URLs, JSON and mail replaced by what it stands for; tags vanish."""
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for code in _CODED.finditer(read.text):
        start, end = code.span()
        plain = _meant(code[0])
        # A chain of codes is as many letters; each keeps its own place, and the last one reaches to the end.
        size = (end - start) // len(plain) if plain else 0
        places = [start + at * size for at in range(len(plain))] + [end]
        parts += [read.text[done:start], plain]
        starts += [*read.starts[done:start], *(read.starts[one] for one in places[:-1])]
        ends += [*read.ends[done:start], *(read.ends[one - 1] for one in places[1:])]
        done = end
    return _Read("".join([*parts, read.text[done:]]), [*starts, *read.starts[done:]], [*ends, *read.ends[done:]])


def _meant(code: str) -> str:
    if code.startswith("%"):
        return unquote_to_bytes(code).decode("utf-8", "replace")
    if code[0].isdigit():
        mantissa, _, tens = code.upper().partition("E")
        digits = mantissa.replace(".", "")
        return digits.ljust(int(tens) + 1, "0") if len(digits) <= int(tens) + 1 else code
    if code.startswith(("<", "]")):
        return ""
    if code.startswith("&"):
        return html.unescape(code if code.endswith(";") else f"{code};")
    return chr(int(code.strip("=\\ux{}"), 16))


def _end_of_track(text: str, end: int) -> int:
    """Where the data of a magnetic stripe ends that goes on behind its card number."""
    if text[end : end + 1] not in ("=", "^"):
        return end
    found = re.compile(r"[^?\r\n;]*\??").match(text, end)
    return found.end() if found else end
