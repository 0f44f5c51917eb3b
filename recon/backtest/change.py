"""A policy with some fields set to other values: what `--set tolerances.window_days=7` means."""

from __future__ import annotations

import difflib
import tomllib
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from recon.errors import ConfigError
from recon.policy import Policy

_NEAR = 3
_PLAIN: dict[object, str] = {int: "a whole number", Decimal: "an amount", bool: "true or false", str: "text"}
# Tables with a file of their own: a whole row is changed there, not one cell here.
_ELSEWHERE = ("rules", "sources", "periods")


@dataclass(frozen=True)
class _Field:
    path: str
    words: str  # of what type it is, for a person
    value: object
    is_text: bool


def set_fields(policy: Policy, settings: Sequence[str]) -> Policy:
    """The policy with each `path=value` laid over it; a value is written as in policy.toml, text also bare.

    Raises: ConfigError with every wrong setting at once: its field, what it takes, and fields of like names.
    """
    fields = {one.path: one for one in _fields(policy)}
    parts = policy.model_dump(by_alias=True)
    problems: list[str] = []
    for setting in settings:
        path, equals, text = (part.strip() for part in setting.partition("="))
        field = fields.get(path) or _opened(path, fields)
        if not equals:
            problems.append(f"{setting!r} sets nothing: write it as tolerances.window_days=7")
        elif field is None:
            problems.append(_unknown(path, fields))
        else:
            _put(parts, path.split("."), _value(text, field))
    if problems:
        raise ConfigError("the rule cannot be changed", tuple(problems))
    try:
        return Policy.model_validate(parts)
    except ValidationError as cause:
        found = tuple(dict.fromkeys(_sentence(error, fields) for error in cause.errors()))
        raise ConfigError("the rule cannot be changed", found) from cause


def lay_over(policy: Policy, sections: Mapping[str, Any], *, file: str) -> Policy:
    """The policy with whole sections replaced by those of another policy's file.

    Raises: ConfigError with every wrong field of the file.
    """
    own = {name: value for name, value in sections.items() if name != "sources"}
    try:
        return Policy.model_validate({**policy.model_dump(by_alias=True), **own})
    except ValidationError as cause:
        fields = {one.path: one for one in _fields(policy)}
        found = tuple(f"{file}: {_sentence(error, fields)}" for error in cause.errors())
        raise ConfigError("the other policy cannot be used", found) from cause


def changes(before: Policy, after: Policy) -> list[tuple[str, str, str]]:
    """The fields in which two policies differ: path, value as it was, value as changed; by path."""
    was, now = ({one.path: one for one in _fields(policy)} for policy in (before, after))
    rows = [
        (path, _shown(was[path].value if path in was else None), _shown(now[path].value if path in now else None))
        for path in sorted({*was, *now})
        if (was[path].value if path in was else None) != (now[path].value if path in now else None)
    ]
    counts = [
        (name, f"{len(getattr(before, name))} rows", f"{len(getattr(after, name))} rows, changed")
        for name in _ELSEWHERE
        if getattr(before, name) != getattr(after, name)
    ]
    return [*rows, *counts]


def needs_sources(before: Policy, after: Policy) -> list[str]:
    """The sections whose change makes other expected lines, so that a replay has to read the downloads again."""
    kept = ("tolerances", "materiality", "adjustments")
    every = [name for name in type(before).model_fields if name not in kept]
    return [name for name in every if getattr(before, name) != getattr(after, name)]


def _shown(value: object) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(_shown(one) for one in value) or "none"
    return "none" if value is None else str(value)


def _fields(model: BaseModel, prefix: str = "") -> Iterator[_Field]:
    """Every field that can be set, by its path; tables of names one level deeper."""
    for name, info in type(model).model_fields.items():
        if not prefix and name in _ELSEWHERE:
            continue
        value = getattr(model, name)
        path = f"{prefix}{info.alias or name}"
        if isinstance(value, BaseModel):
            yield from _fields(value, f"{path}.")
        elif isinstance(value, dict):
            inner = get_args(info.annotation)[1]
            for key, entry in value.items():
                if isinstance(entry, BaseModel):
                    yield from _fields(entry, f"{path}.{key}.")
                else:
                    yield _Field(f"{path}.{key}", _words(inner), entry, is_text=False)
            if not _holds_models(inner):
                yield _Field(f"{path}.*", _words(inner), None, is_text=False)
        else:
            yield _Field(path, _words(info.annotation, info), value, is_text=_is_text(info.annotation))


def _holds_models(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _opened(path: str, fields: Mapping[str, _Field]) -> _Field | None:
    """The field of a new name in an open table, such as the lag of another card brand."""
    table, _, name = path.rpartition(".")
    return fields.get(f"{table}.*") if name and name != "*" else None


def _words(annotation: object, info: FieldInfo | None = None) -> str:
    """A type as a person says it, with its bounds."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return _words(inner, next((one for one in more if isinstance(one, FieldInfo)), None))
    bounds = {type(one).__name__: one for one in (info.metadata if info else ())}
    options = [one for one in get_args(annotation) if one is not type(None)]
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(str(one) for one in options)
    if get_origin(annotation) in (Union, types.UnionType) and len(options) == 1:
        return _words(options[0], info)
    if get_origin(annotation) in (tuple, list):
        return 'a list such as ["a", "b"]'
    words = _PLAIN.get(annotation, "a value as in policy.toml")
    low, high = bounds.get("Ge"), bounds.get("Le")
    if low is not None and high is not None:
        return f"{words} from {low.ge} to {high.le}"
    return f"{words} of {low.ge} or more" if low is not None else words


def _is_text(annotation: object) -> bool:
    optional = get_origin(annotation) in (Union, types.UnionType)
    return annotation is str or (optional and str in get_args(annotation))


def _value(text: str, field: _Field) -> object:
    """A value as TOML has it; bare text where it is none, or where the field takes text."""
    try:
        value: object = tomllib.loads(f"value = {text}", parse_float=Decimal)["value"]
    except tomllib.TOMLDecodeError:
        return text
    return text if field.is_text and not isinstance(value, str) else value


def _put(parts: dict[str, Any], path: Sequence[str], value: object) -> None:
    for name in path[:-1]:
        parts = parts[name]
    parts[path[-1]] = value


def _unknown(path: str, fields: Mapping[str, _Field]) -> str:
    if path.split(".", maxsplit=1)[0] in _ELSEWHERE:
        return f"{path}: {path.split('.', maxsplit=1)[0]} stand in a file of their own: give it with --policy"
    last = path.rpartition(".")[2]
    near = difflib.get_close_matches(path, fields, n=_NEAR)
    near += [
        one for one in fields if one.rpartition(".")[2] in difflib.get_close_matches(last, [one.rpartition(".")[2]])
    ]
    shown = list(dict.fromkeys(near))[:_NEAR] or [one for one in fields if one.startswith("tolerances.")]
    told = "; ".join(f"{one} ({fields[one].words})" for one in shown)
    return f"{path}: the policy has no such field; near it are {told}"


def _sentence(error: Mapping[str, Any], fields: Mapping[str, _Field]) -> str:
    path = ".".join(str(part) for part in error["loc"])
    field = next((fields[one] for one in (path, path.rpartition(".")[0]) if one in fields), None)
    field = field or _opened(path, fields)
    takes = f"; it takes {field.words}" if field else ""
    return f"{path}: {error['msg'].removeprefix('Value error, ')}, not {str(error['input'])!r}{takes}"
