"""How a workspace signs in to the sandbox: tables of a `sources.toml`, and the variables that hold its secrets."""

from __future__ import annotations

from collections.abc import Iterable

from recon.sandbox.world import DEMO_ACCESS

# By service: where it stands below the sandbox's address, and what it wants to know of who asks.
_SIGN_IN: dict[str, tuple[str, ...]] = {
    "gp_api": ("/ucp", "gp_api.app_id", "gp_api.app_key"),
    "portico": ("", "portico.secret_api_key"),
    "retail": ("/api", "retail.token"),
    "intacct_xml": (
        "", "intacct.company_id", "intacct.user_id", "intacct.user_password", "intacct.sender_id",
        "intacct.sender_password",
    ),
    "intacct_rest": ("", "intacct.client_id", "intacct.client_secret"),
}  # fmt: skip
_USER = f'user = "{DEMO_ACCESS["intacct.user_id"]}@{DEMO_ACCESS["intacct.company_id"]}"'


def secrets_of(services: Iterable[str], prefix: str = "") -> dict[str, str]:
    """By the name of the variable that holds it, each secret that the services want, as `DEMO_ACCESS` names it."""
    keys = [key for name in services for key in _SIGN_IN[name][1:] if not key.endswith("_id")]
    return {_variable(key, prefix): key for key in keys}


def services_text(address: str, services: Iterable[str], prefix: str = "") -> str:
    """The tables of a `sources.toml` for these services of a sandbox at the address, as TOML."""
    return "\n".join(_table(address, name, prefix) for name in services)


def _table(address: str, name: str, prefix: str) -> str:
    place, *keys = _SIGN_IN[name]
    lines = [f"[services.{name}]", f'base_url = "{address}{place}"']
    for key in keys:
        value = f'"{DEMO_ACCESS[key]}"' if key.endswith("_id") else f'{{ env = "{_variable(key, prefix)}" }}'
        lines.append(f"{key.partition('.')[2]} = {value}")
    if name == "intacct_rest":
        lines.append(_USER)
    return "\n".join(lines) + "\n"


def _variable(key: str, prefix: str) -> str:
    return prefix + key.upper().replace(".", "_")
