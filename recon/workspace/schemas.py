"""JSON Schemas of policy, profiles and sources, for editors that check TOML while it is written."""

from __future__ import annotations

import json
from importlib.resources import files

from recon.connectors.profiles import Profile
from recon.policy import Policy
from recon.workspace.supply import supply_schema

SCHEMA_NAMES = ("policy", "profile", "sources")


def export_schema(name: str) -> str:
    """The JSON Schema of the TOML of the policy, of a profile or of the sources, as text."""
    if name == "sources":
        return json.dumps(supply_schema(), indent=2, sort_keys=True) + "\n"
    schema = (Policy if name == "policy" else Profile).model_json_schema()
    if name == "policy":
        for section in ("rules", "periods"):  # they stand in CSV files
            schema["properties"].pop(section)
        schema["required"].remove("rules")
    else:
        _allow_short_columns(schema)
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def stored_schema(name: str) -> str:
    """The JSON Schema that ships with the package."""
    return files("recon.workspace").joinpath("schemas", f"{name}.schema.json").read_text(encoding="utf-8")


def _allow_short_columns(schema: dict[str, object]) -> None:
    """Let a heading, or a list of headings, stand for a column, and a text for a list of one."""
    definitions = schema["$defs"]
    if not isinstance(definitions, dict):
        return
    for definition in definitions.values():
        for field in definition.get("properties", {}).values():
            if field.get("type") == "array" and field.get("items", {}).get("type") == "string":
                field.pop("type")
                items = field.pop("items")
                field["anyOf"] = [{"type": "string"}, {"type": "array", "items": items}]
    column = definitions["Column"]
    short = [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
    definitions["Column"] = {"anyOf": [*short, column], "description": column.pop("description", "")}
