"""The sources folder of a company read into canonical frames, with every row that cannot be used named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from recon.canonical import Canonical, RejectedRows
from recon.connectors.beside import read_changes, read_rejects, where_to_download
from recon.connectors.cells import read_flags
from recon.connectors.checks import FILE, judged_checks, judged_copies, repeated_keys, unlike_keys
from recon.connectors.profiles import Profile, canonical_profile
from recon.connectors.rows import Places
from recon.connectors.shapes import IDENTITY, KEY, sales_of, tenders_of
from recon.connectors.staging import SourceTask, Staged, Window, rejects_of, stage
from recon.connectors.tables import ROW
from recon.errors import ConfigError, DataError
from recon.frames import CANONICAL_FRAMES, blank, complete
from recon.period import Period
from recon.policy import Policy
from recon.policy.validate import policy_problems

Progress = Callable[[str], None]
_MASTER = ("accounts", "locations")
_NEEDED = {  # frames that a reconciliation reads, besides the ledger and the master data
    "sales": ("tickets", "sales", "tenders", "payments"),
    "deposits": ("deposits", "fee_statements", "payments"),
    "payroll": ("payroll",),
}
_CANONICAL_FILES = (
    "sales",
    "tenders",
    "payments",
    "deposits",
    "fee_statements",
    "payroll",
    "ledger",
    "balances",
    "accounts",
    "locations",
)
_NO_PLACES = Places({}, {}, {}, "UTC")


def read_sources(
    policy: Policy,
    profiles: Mapping[str, Profile],
    sources: Path,
    period: Period,
    staging: Path,
    *,
    only: tuple[str, ...] = (),
    mappings: Mapping[str, pl.DataFrame] | None = None,
    progress: Progress | None = None,
) -> Canonical:
    """The canonical frames of the period and its margin, read from the files of the sources folder.

    Master data is read first, and the policy is checked against it before anything big is opened.
    `staging` is a folder of the run: typed rows are written there and the lazy frames scan them.

    Raises: DataError naming every file that cannot be read as a whole; ConfigError for faults of policy.
    """
    tasks = _tasks(policy, profiles, sources, only)
    staging.mkdir(parents=True, exist_ok=True)
    window = Window(period, policy.period.margin_days)
    told = progress or (lambda _: None)
    first = _staged([task for task in tasks if task.profile.frame in _MASTER], _NO_PLACES, window, staging, told)
    overlays = mappings or {}
    accounts, refused_accounts = _master("accounts", first, overlays)
    locations, refused_locations = _master("locations", first, overlays)
    problems = policy_problems(policy, accounts, locations)
    if problems:
        raise ConfigError("the policy does not fit the chart of accounts and the locations", problems)
    places = _places(locations, policy.company.timezone)
    rest = [task for task in tasks if task.profile.frame not in _MASTER]
    staged = _staged(rest, places, window, staging, told)
    rejects, of_rejects = read_rejects(sources, _read_frames(only), window)
    changed, of_changes = read_changes(sources, _read_frames(only), window)
    found = _assembled([*first, *staged], accounts, locations, [refused_accounts, refused_locations, rejects])
    return replace(found, changed=changed, files=(*found.files, *of_rejects, *of_changes))


def _tasks(policy: Policy, profiles: Mapping[str, Profile], sources: Path, only: tuple[str, ...]) -> list[SourceTask]:
    """Every file to be read, in order of name; canonical files need no profile."""
    wanted = _read_frames(only)
    tasks, absent = [], []
    if not sources.is_dir():
        raise DataError(f"there is no folder of sources at {sources}: say where the downloads are with --sources")
    for source in policy.sources:
        profile = profiles[source.profile]
        if only and profile.frame not in wanted:
            continue
        found = sorted(path for path in sources.glob(source.files) if path.is_file())
        if not found and source.required and not _canonical_files(sources, _frames_of(profile)):
            absent.append(f"no file {source.files!r} for profiles/{source.profile}.toml")
        tasks += [
            SourceTask(path, profile, source.profile, source.required) for path in found if not _is_canonical(path)
        ]
    for frame in _CANONICAL_FILES:
        if not only or frame in wanted:
            paths = _canonical_files(sources, (frame,))
            tasks += [SourceTask(path, canonical_profile(frame), "") for path in paths]
    frames = {task.profile.frame for task in tasks}
    if not absent:
        absent = [f"no file gives the {name}" for name in ("ledger", "accounts") if name not in frames]
    if absent:
        mend = f"download it into {where_to_download(sources)}, or mend [[sources]] in policy.toml"
        raise DataError(f"{'; '.join(absent)}: {mend}", folder=str(sources))
    return tasks


def _read_frames(only: tuple[str, ...]) -> tuple[str, ...]:
    """The frames that the reconciliations read; empty names all of them."""
    if not only:
        return ("tickets", *_CANONICAL_FILES)
    return (*(frame for name in only for frame in _NEEDED.get(name, ())), "ledger", "balances", *_MASTER)


def _frames_of(profile: Profile) -> tuple[str, ...]:
    return ("sales", "tenders") if profile.frame == "tickets" else (profile.frame,)


def _canonical_files(sources: Path, frames: Iterable[str]) -> list[Path]:
    names = (sources / f"{frame}{ending}" for frame in frames for ending in (".parquet", ".csv"))
    return [path for path in names if path.is_file() and _is_canonical(path)]


def _is_canonical(path: Path) -> bool:
    """True for a file whose stem is a frame's name and whose headings are that frame's required columns."""
    if path.stem not in _CANONICAL_FILES or path.suffix not in (".parquet", ".csv"):
        return False
    if path.suffix == ".parquet":
        return True
    with path.open(encoding="utf-8-sig", errors="replace") as stream:
        headings = {heading.strip().strip('"') for heading in stream.readline().split(",")}
    profile = canonical_profile(path.stem)
    return {name for name, column in profile.columns.items() if not column.optional} <= headings


def _staged(tasks: Sequence[SourceTask], places: Places, window: Window, staging: Path, told: Progress) -> list[Staged]:
    """Every file, staged; faults of whole files are gathered, so that one run tells them all."""
    staged: list[Staged] = []
    faults: list[DataError] = []
    for task in tasks:
        told(task.path.name)
        try:
            staged.append(stage(task, places if task.profile_name else _own(places), window, staging))
        except DataError as fault:
            faults.append(fault)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise DataError("\n".join(str(fault) for fault in faults))
    _refuse_twins(staged)
    return staged


def _own(places: Places) -> Places:
    """Canonical files name places by Intacct's own ids: nothing is translated."""
    return replace(places, store={})


def _refuse_twins(staged: Sequence[Staged]) -> None:
    """Raise DataError if a file stands in the folder twice under two names."""
    seen: dict[tuple[str, str], str] = {}
    for one in staged:
        key = (one.fact.frame, one.fact.sha256)
        if key in seen:
            raise DataError(f"{one.fact.name} is {seen[key]} again, byte for byte: remove one of them")
        seen[key] = one.fact.name


def _master(
    frame: str, staged: Sequence[Staged], overlays: Mapping[str, pl.DataFrame]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """ACCOUNTS or LOCATIONS of the files with the workspace's own columns laid over; and the rejects."""
    mine = [one for one in staged if one.task.profile.frame == frame]
    schema = CANONICAL_FRAMES[frame]
    kept, refused = _unique(mine, frame) if frame == "accounts" else (mine, [])
    frames = [complete(one.good, schema).collect() for one in kept]
    rows = pl.concat(frames) if frames else blank(schema)
    refused += [rejects_of(one) for one in mine]
    if frame == "locations":
        rows = _joined_locations(rows)
    overlay = overlays.get(frame)
    if overlay is not None:
        rows = _overlaid(rows, overlay, frame.removesuffix("s"))
    rejects = pl.concat(refused) if refused else blank(RejectedRows)
    return schema.validate(rows.sort(rows.columns[0]), cast=True), rejects


def _joined_locations(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per Intacct location; its store and merchant numbers joined by `|`."""
    lists = ("store_ids", "merchant_ids")
    others = [pl.col(name).drop_nulls().first() for name in rows.columns if name not in ("location", *lists)]
    joined = [pl.col(name).drop_nulls().unique(maintain_order=True).str.join("|") for name in lists]
    return rows.group_by("location", maintain_order=True).agg(*joined, *others).select(rows.columns)


def _overlaid(rows: pl.DataFrame, overlay: pl.DataFrame, key: str) -> pl.DataFrame:
    """The rows with the overlay's cells where they are filled; rows that only the overlay has are added."""
    flags = [name for name in overlay.columns if rows.schema[name] == pl.Boolean]
    own = overlay.with_columns(pl.col(name).map_batches(read_flags, return_dtype=pl.Boolean()) for name in flags)
    return rows.update(own, on=key, how="full")


def _places(locations: pl.DataFrame, usual_zone: str) -> Places:
    """Store numbers, merchant numbers and time zones of the locations."""
    store, zone, merchant_zone = {}, {}, {}
    for row in locations.iter_rows(named=True):
        location = row["location"]
        for number in (row["store_ids"] or location).split("|"):
            store[number.strip()] = location
        zone[location] = row["timezone"] or usual_zone
        for merchant in (row["merchant_ids"] or "").split("|"):
            merchant_zone[merchant.strip()] = zone[location]
    return Places(store, zone, merchant_zone, usual_zone)


@dataclass(frozen=True)
class _Kept:
    """The staged files of each frame after the checks that look across rows."""

    by_frame: dict[str, list[Staged]]
    rejects: list[pl.DataFrame]


def _assembled(
    staged: Sequence[Staged], accounts: pl.DataFrame, locations: pl.DataFrame, refused: Sequence[pl.DataFrame]
) -> Canonical:
    """The canonical frames, after duplicates and documents that do not foot are left out."""
    groups: dict[str, list[Staged]] = {}
    for one in staged:
        groups.setdefault(one.task.profile.frame, []).append(one)
    kept = _Kept({}, [*refused])
    for frame, files in groups.items():
        if frame in _MASTER:
            continue
        has_identity = frame not in ("sales", "tenders", "payroll")  # their rows are parts of tickets and checks
        kept.by_frame[frame], copies = _unique(files, frame) if has_identity else (files, [])
        kept.rejects.extend([*copies, *(rejects_of(one) for one in files)])
    _check_payroll(kept)
    _check_long_tickets(kept)
    rejected = pl.concat(kept.rejects) if kept.rejects else blank(RejectedRows)
    lazies = {frame: _frame(kept.by_frame, frame) for frame in CANONICAL_FRAMES}
    balances = lazies["balances"]
    ledger = lazies["ledger"]
    return Canonical(
        ledger=ledger if ledger is not None else blank(CANONICAL_FRAMES["ledger"]).lazy(),
        accounts=accounts,
        locations=locations,
        sales=lazies["sales"],
        tenders=lazies["tenders"],
        payments=lazies["payments"],
        deposits=lazies["deposits"],
        fee_statements=lazies["fee_statements"],
        payroll=lazies["payroll"],
        balances=balances.collect() if balances is not None else None,
        rejected=RejectedRows.validate(rejected.sort("source", "row"), cast=True),
        files=tuple(one.fact for one in staged),
    )


def _frame(kept: Mapping[str, Sequence[Staged]], frame: str) -> pl.LazyFrame | None:
    """One canonical frame over all its files; None if there is no file."""
    schema = CANONICAL_FRAMES[frame]
    lazies = [complete(one.good, schema) for one in kept.get(frame, ())]
    explode = {"sales": sales_of, "tenders": tenders_of}.get(frame)
    if explode is not None:
        wide = kept.get("tickets", ())
        lazies += [complete(explode(one.good, one.task.profile), schema) for one in wide]
    return pl.concat(lazies) if lazies else None


def _unique(files: Sequence[Staged], frame: str) -> tuple[list[Staged], list[pl.DataFrame]]:
    """The files without rows whose identity stands elsewhere too, and those rows as rejects."""
    good = [one.good for one in files]
    keys = repeated_keys(good, sum(one.fact.rows for one in files))
    if keys.is_empty():
        return [*files], []
    suspects = [rows.filter(pl.col(KEY).is_in(keys.implode())) for rows in good]
    copies = pl.concat([rows.collect().with_columns(_file(n)) for n, rows in enumerate(suspects)], how="diagonal")
    return _without(files, judged_copies(copies, frame))


def _without(files: Sequence[Staged], judged: pl.DataFrame) -> tuple[list[Staged], list[pl.DataFrame]]:
    """The files without the judged rows, and those rows as rejects."""
    kept, rejects = [], []
    for n, one in enumerate(files):
        mine = judged.filter(pl.col(FILE) == n)
        kept.append(replace(one, dropped=(*one.dropped, *mine[ROW].to_list())))
        if mine.height:
            rejects.append(rejects_of(one, mine))
    return kept, rejects


def _collected(files: Sequence[Staged]) -> pl.DataFrame:
    rows = [one.good.collect().with_columns(_file(n)) for n, one in enumerate(files)]
    return pl.concat(rows, how="diagonal")


def _file(n: int) -> pl.Expr:
    return pl.lit(n, pl.Int64).alias(FILE)


def _check_payroll(kept: _Kept) -> None:
    """Leave out payroll checks that are incomplete or do not foot, and copies of whole checks."""
    files = kept.by_frame.get("payroll", [])
    if not files:
        return
    rows = _collected(files)
    keys = [name for name in IDENTITY["payroll"] if name in rows.columns]
    broken = pl.concat([one.bad.select(keys).collect() for one in files]).unique()
    kept.by_frame["payroll"], rejects = _without(files, judged_checks(rows, broken))
    kept.rejects.extend(rejects)


def _check_long_tickets(kept: _Kept) -> None:
    """Leave out tickets of long files that have a bad row, or whose components differ from their tenders."""
    sales, tenders = kept.by_frame.get("sales", []), kept.by_frame.get("tenders", [])
    every = [*sales, *tenders]
    if not every:
        return
    bad = pl.concat([one.bad.select(KEY).collect() for one in every]).unique()
    faulty = dict.fromkeys(bad[KEY], "another row of this ticket cannot be read: the whole ticket is left out")
    if sales and tenders:
        count = sum(one.fact.rows for one in every)
        unlike = unlike_keys([one.good for one in sales], [one.good for one in tenders], count)
        text = "the ticket's components and tenders differ by {}.{:02d}: the whole ticket is left out"
        for key, left, right in unlike.rows():
            faulty.setdefault(key, text.format(*divmod(abs(left - right), 100)))
    for frame, files in (("sales", sales), ("tenders", tenders)):
        kept.by_frame[frame], rejects = _left_out(files, faulty) if faulty else (files, [])
        kept.rejects.extend(rejects)


def _left_out(files: Sequence[Staged], faulty: Mapping[int, str]) -> tuple[list[Staged], list[pl.DataFrame]]:
    """The files without the rows of faulty tickets, and those rows as rejects."""
    if not files:
        return [], []
    reasons = pl.DataFrame({KEY: [*faulty], "reason": [*faulty.values()]}, schema={KEY: pl.UInt64, "reason": pl.String})
    hits = [
        one.good.join(reasons.lazy(), on=KEY).collect().with_columns(_file(n), duplicate=pl.lit(False))
        for n, one in enumerate(files)
    ]
    return _without(files, pl.concat(hits, how="diagonal"))
