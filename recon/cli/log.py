"""Logging for operators: JSON lines on stderr that name steps and times, never what the books contain."""

from __future__ import annotations

import logging
import sys

import structlog

_chosen = {"on": False}


def start_logging() -> None:
    """Switch logging on for this process."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    _chosen["on"] = True


def log_event(event: str, **facts: str | int) -> None:
    """Write one event if logging is on."""
    if _chosen["on"]:
        structlog.get_logger().info(event, **facts)
