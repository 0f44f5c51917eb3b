"""Logging for operators: JSON lines on stderr that name steps and times, never what the books contain."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

import structlog

# As words, and as older scripts switched it on and off.
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_SWITCHES = {**dict.fromkeys(("1", "true", "yes", "on"), "info"), **dict.fromkeys(("", "0", "false", "no", "off"), "")}
_WIRE = ("httpcore", "httpx", "recon", "stamina")
_chosen = {"on": False}


def level_named(text: str) -> str:
    """The level that the text names, in any case; empty where it switches logging off.

    Raises: ValueError that says which words there are.
    """
    word = text.strip().lower()
    word = _SWITCHES.get(word, word)
    if word and word not in _LEVELS:
        raise ValueError(f"{text!r} is no level of logging: write {', '.join(_LEVELS)}, or off")
    return word


def start_logging(level: str = "info") -> None:
    """Switch logging on for this process; at `debug` the requests of the wire are told too, without their secrets."""
    shared: Sequence[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    as_json = structlog.processors.JSONRenderer(sort_keys=True)
    structlog.configure(
        processors=[*shared, as_json],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    if _LEVELS[level] <= logging.DEBUG:
        _tell_wire(shared, as_json)
    _chosen["on"] = True


def _tell_wire(shared: Sequence[structlog.typing.Processor], as_json: structlog.typing.Processor) -> None:
    """Let what the libraries below the wire log come out in the same form; it is redacted where it arises."""
    from recon.wire.quiet import hush  # noqa: PLC0415

    hush()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=as_json, foreign_pre_chain=shared))
    for name in _WIRE:
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.addHandler(handler)


def log_event(event: str, **facts: str | int) -> None:
    """Write one event if logging is on."""
    if _chosen["on"]:
        structlog.get_logger().info(event, **facts)
