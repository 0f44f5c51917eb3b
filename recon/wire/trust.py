"""The TLS of every connection: version 1.2 or newer, chain and host name always checked, keys never logged."""

from __future__ import annotations

import ssl
from pathlib import Path

import certifi

from recon.errors import ConfigError
from recon.wire.settings import Tls


def tls_context(tls: Tls) -> ssl.SSLContext:
    """A context that trusts the public authorities, or only those of `tls.ca_file`.

    Raises: ConfigError where the file cannot be read or holds no certificate.
    """
    # Not create_default_context: that one writes session keys to the file that SSLKEYLOGFILE names.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.check_hostname = True
    trusted = Path(certifi.where()) if tls.ca_file is None else tls.ca_file
    try:
        context.load_verify_locations(cafile=trusted)
    except (OSError, ssl.SSLError) as cause:
        raise ConfigError(
            "The file of trusted certificates cannot be read; ca_file must name a PEM file", file=trusted
        ) from cause
    return context
