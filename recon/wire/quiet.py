"""What the libraries below the wire may write to logs: no secret and no card number, at any level."""

from __future__ import annotations

import logging
import threading

import stamina.instrumentation
from stamina.instrumentation import RetryDetails

from recon.wire.redaction import redacted

_LOGGERS = (
    "httpcore",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "httpx",
    "recon.wire",
    "stamina",
)
_LOG = logging.getLogger("recon.wire")
_lock = threading.Lock()
_done = {"hushed": False}


class _Redacting(logging.Filter):
    """Every record with its text redacted and without the objects that the text was made of."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redacted(record.getMessage())
        record.args = None
        if record.exc_info:
            record.exc_text = redacted(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True


def hush() -> None:
    """Redact the logs of the libraries of the wire, once per process.

    The hook of stamina is replaced too: its own writes to standard output, where the answers of `--json` go.
    """
    with _lock:
        if _done["hushed"]:
            return
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(_Redacting())
        stamina.instrumentation.set_on_retry_hooks([_tell_retry])
        _done["hushed"] = True


def _tell_retry(details: RetryDetails) -> None:
    _LOG.info("asked again in %.1f s, try %d: %s", details.wait_for, details.retry_num + 1, details.caused_by)
