"""The SQL-like text of readByQuery as a condition."""

from __future__ import annotations

import re
from collections.abc import Mapping

from recon.sandbox.intacct.failures import bad_request, unknown_field
from recon.sandbox.intacct.kinds import Field
from recon.sandbox.intacct.search import EVERYTHING, Condition, Reader, both, compared, opposite

_TOKEN = re.compile(
    r"\s*(?:(?P<quoted>'(?:[^'\\]|\\.)*')|(?P<sign><>|!=|<=|>=|=|<|>|\(|\)|,)|(?P<word>[^\s()<>=!,']+))", re.DOTALL
)
_RELATIONS = {"=": "eq", "<>": "ne", "!=": "ne", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_STATES = {
    "I": "Draft", "S": "Submitted", "X": "Partially Approved", "A": "Approved", "P": "Posted", "R": "Declined",
    "L": "Reversal pending", "Z": "Reversed",
}  # fmt: skip


def condition_of(text: str, thing: str, fields: Mapping[str, Field], hours: int = 0) -> Condition:
    """What the text of a query on the object finds; an empty text finds all.

    Raises: Failure where it is no such text, or names a field that the object lacks.
    """
    if not text.strip():
        return EVERYTHING
    parser = _Parser(_tokens(text), thing, fields, Reader(hours))
    condition = parser.either()
    if parser.left:
        raise bad_request(f"the query goes on after its end: {parser.left[0]}")
    return condition


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise bad_request(f"the query cannot be read from here: {text[at : at + 20]}")
        found.append(match.group().strip())
        at = match.end()
    return found


class _Parser:
    """Reads tokens from the left; AND binds closer than OR."""

    def __init__(self, left: list[str], thing: str, fields: Mapping[str, Field], reader: Reader) -> None:
        self.left, self.thing, self.fields, self.reader = left, thing, fields, reader

    def either(self) -> Condition:
        parts = [self._every()]
        while self._takes("OR"):
            parts.append(self._every())
        return both("OR", parts) if len(parts) > 1 else parts[0]

    def _every(self) -> Condition:
        parts = [self._one()]
        while self._takes("AND"):
            parts.append(self._one())
        return both("AND", parts) if len(parts) > 1 else parts[0]

    def _one(self) -> Condition:
        if self._takes("("):
            inside = self.either()
            self._needs(")")
            return inside
        name = self._next().upper()
        if name not in self.fields:
            raise unknown_field(self.thing, name)
        field = self.fields[name]
        if self._takes("IS"):
            negated = self._takes("NOT")
            self._needs("NULL")
            nothing = compared(field, "null", [], self.reader)
            return opposite(nothing) if negated else nothing
        negated = self._takes("NOT")
        found = self._relation(name, field)
        return opposite(found) if negated else found

    def _relation(self, name: str, field: Field) -> Condition:
        if self._takes("LIKE"):
            return compared(field, "like", [self._value(name)], self.reader)
        if self._takes("IN"):
            self._needs("(")
            values = [self._value(name)]
            while self._takes(","):
                values.append(self._value(name))
            self._needs(")")
            return compared(field, "in", values, self.reader)
        sign = self._next()
        if sign not in _RELATIONS:
            raise bad_request(f"the query knows no operator {sign}")
        return compared(field, _RELATIONS[sign], [self._value(name)], self.reader)

    def _value(self, name: str) -> str:
        token = self._next()
        text = re.sub(r"\\(.)", r"\1", token[1:-1]) if token.startswith("'") else token
        # Here, unlike in `query`, the state of an entry is a letter.
        return _STATES.get(text, text) if name == "STATE" and self.thing == "GLBATCH" else text

    def _next(self) -> str:
        if not self.left:
            raise bad_request("the query ends too early")
        return self.left.pop(0)

    def _takes(self, word: str) -> bool:
        if self.left and self.left[0].upper() == word:
            self.left.pop(0)
            return True
        return False

    def _needs(self, word: str) -> None:
        if not self._takes(word):
            raise bad_request(f"the query lacks {word}")
