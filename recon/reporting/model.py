"""A finished run as the pack and the notebooks show it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from recon.canonical import SourceFileFact
from recon.found import Reconciled
from recon.policy import Policy


@dataclass(frozen=True)
class RunRecord:
    """What was found, from which files, under which policy, by whom and when."""

    run_id: str
    found: Reconciled
    policy: Policy
    accounts: pl.DataFrame  # ACCOUNTS
    locations: pl.DataFrame  # LOCATIONS
    files: tuple[SourceFileFact, ...]
    policy_digest: str
    parameters: dict[str, str]
    version: str
    prepared_by: str
    prepared_at: dt.datetime
    closed_by: str = ""  # login of whoever ran the close, as the system vouches for it; empty: it could not be told
