"""What one period of one company comes to, in memory: the policy and the downloads through the core."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import polars as pl

from recon.canonical import Canonical, SignedSubject, SourceFileFact
from recon.connectors import BESIDE, read_sources
from recon.decisions import DecisionsRead, person, read_decisions
from recon.digests import digest_file
from recon.errors import ConfigError, DataError, ReconError
from recon.frames import CANONICAL_FRAMES, complete
from recon.frames.results import OpenItems
from recon.identity import digest_fields, run_id
from recon.matching import Runner
from recon.period import Period, parse_period
from recon.pipeline import reconcile
from recon.policy import Policy
from recon.progress import Progress, silent
from recon.reporting.manifest import versions
from recon.reporting.model import RunRecord
from recon.reporting.runner import notebooks_folder
from recon.signoff.carried import NOTHING, Carried, read_carried, signed_elsewhere
from recon.workspace import Workspace, load_workspace, people_or_nobody

_CODE = (".py", ".j2", ".css", ".typ", ".toml", ".csv")  # what decides a run's tables and pages


@dataclass(frozen=True)
class CloseRequest:
    """Which period of which company is closed, from which downloads."""

    period: str
    workspace: Path
    sources: Path
    only: tuple[str, ...] = ()
    as_of: dt.date | None = None
    open_items: Path | None = None
    notebooks: Path = field(default_factory=notebooks_folder)

    def parameters(self) -> dict[str, str]:
        """What was asked, as the pack prints it; no path, so that equal runs are equal on any machine."""
        asked = {
            "period": self.period,
            "only": ", ".join(self.only),
            "as_of": self.as_of.isoformat() if self.as_of else "",
            "open_items": self.open_items.name if self.open_items else "",
        }
        return {name: value for name, value in asked.items() if value}


@dataclass(frozen=True)
class ClosePlan:
    """A request whose policy is loaded and whose inputs have been named by their digests."""

    request: CloseRequest
    company: Workspace
    period: Period
    run_id: str
    decisions: DecisionsRead
    carried: Carried = NOTHING  # what the records say of this period and the ones before
    signed: tuple[SignedSubject, ...] = ()  # subjects of this period that stand signed over other runs


def plan_close(request: CloseRequest) -> ClosePlan:
    """The request with its policy, its period and the id of its run. Raises: ConfigError."""
    if not request.workspace.is_dir():
        raise ConfigError("the workspace is not there; make one with: recon init DIR", workspace=request.workspace)
    company = load_workspace(request.workspace)
    period = parse_period(request.period, company.policy.periods)
    if Path(period.name).name != period.name or period.name.startswith("."):
        raise ConfigError("a period's name is also the name of a folder; this one cannot be", period=period.name)
    decisions = read_decisions(request.workspace, request.sources)
    carried = read_carried(request.workspace, company.policy, period)
    named = _named(_fields(request, company, decisions), carried, with_items=request.open_items is None)
    signed = signed_elsewhere(carried.signed, named)
    return ClosePlan(request, company, period, named(signed), decisions, carried, signed)


def compute(
    plan: ClosePlan, scratch: Path, *, progress: Progress | None = None, runner: Runner | None = None
) -> RunRecord:
    """What the plan finds, in memory; `scratch` holds intermediate tables and may be removed afterwards.

    `runner` says where the parts of a match run (None: here); it changes nothing of what is found.
    """
    tell = progress or silent
    company, request = plan.company, plan.request
    tell("Reading the downloads", 1, 3)
    canonical = _read(plan, scratch, tell)
    tell("Comparing with the ledger", 2, 3)
    login = vouched_login(company.policy)
    found = reconcile(canonical, company.policy, plan.period, only=request.only, as_of=request.as_of, runner=runner)
    return RunRecord(
        run_id=plan.run_id,
        found=found,
        policy=company.policy,
        accounts=canonical.accounts,
        locations=canonical.locations,
        files=canonical.files,
        policy_digest=company.digest,
        parameters=request.parameters(),
        version=version("recon"),
        prepared_by=preparer_of(company, login),
        prepared_at=dt.datetime.now(dt.UTC).replace(microsecond=0),
        closed_by=login,
    )


def _read(plan: ClosePlan, scratch: Path, progress: Progress) -> Canonical:
    request, company = plan.request, plan.company
    canonical = read_sources(
        company.policy,
        company.profiles,
        request.sources,
        plan.period,
        scratch,
        only=request.only,
        mappings=company.mappings,
        progress=lambda name: progress(f"Reading {name}", 1, 3),
    )
    canonical = dataclasses.replace(
        canonical, decisions=plan.decisions.frame, files=(*canonical.files, *plan.decisions.files)
    )
    carried = plan.carried
    canonical = dataclasses.replace(canonical, signed=plan.signed, uncorrected=carried.uncorrected)
    if request.open_items is None and carried.open_items is not None:
        own = carried.open_items
        fact = SourceFileFact(carried.items_name, "open_items", own.height, carried.items_digest)
        return dataclasses.replace(canonical, open_items=own, files=(*canonical.files, fact))
    if request.open_items is None:
        return canonical
    items = _read_open_items(request.open_items)
    fact = SourceFileFact(request.open_items.name, "open_items", items.height, digest_file(request.open_items))
    return dataclasses.replace(canonical, open_items=items, files=(*canonical.files, fact))


def _read_open_items(path: Path) -> pl.DataFrame:
    """OPEN_ITEMS of the period before, from the Parquet file of its run or a CSV file of the same columns."""
    if not path.is_file():
        raise DataError("the file of open items is not there", file=path)
    try:
        scan = pl.scan_csv(path, infer_schema=False) if path.suffix == ".csv" else pl.scan_parquet(path)
        return OpenItems.validate(complete(scan, OpenItems).collect(), cast=True)
    except Exception as cause:
        raise DataError(
            "the file of open items cannot be read; give data/open_items.parquet of the run before",
            file=path,
            reason=str(cause).splitlines()[0],
        ) from cause


def _named(fields: Sequence[str], carried: Carried, *, with_items: bool) -> Callable[[Sequence[SignedSubject]], str]:
    """The run's id by the subjects that stand signed over other runs."""
    return lambda signed: run_id([*fields, *carried.fields(signed, with_items=with_items)])


def _fields(request: CloseRequest, company: Workspace, decisions: DecisionsRead) -> list[str]:
    """What decides a run: inputs, decisions, policy, parameters, notebooks, libraries, and the code itself.

    The version's number alone would answer from an old run while somebody works on the code.
    """
    inputs = [(path.relative_to(request.sources).as_posix(), path) for path in _inputs(request.sources, company.policy)]
    if request.open_items is not None and request.open_items.is_file():
        inputs.append(("open_items", request.open_items))
    inputs += [(path.name, path) for path in sorted(request.notebooks.glob("*.ipynb"))]
    asked = [f"{name}={value}" for name, value in request.parameters().items()]
    files = [text for name, path in inputs for text in (name, digest_file(path))]
    files += [text for fact in decisions.files for text in (fact.name, fact.sha256)]
    libraries = [f"{name} {number}" for name, number in versions().items()]
    return [*libraries, _code_digest(), company.digest, str(len(asked)), *asked, *files]


def _code_digest() -> str:
    """One digest over every file of the package, by name."""
    package = Path(__file__).parent
    files = sorted(path for path in package.rglob("*") if path.is_file() and path.suffix in _CODE)
    parts = [text for path in files for text in (path.relative_to(package).as_posix(), digest_file(path))]
    return digest_fields(parts).hex()


def _inputs(sources: Path, policy: Policy) -> list[Path]:
    listed = {path for one in policy.sources for path in sources.glob(one.files)}
    canonical = {sources / f"{name}.{suffix}" for name in CANONICAL_FRAMES for suffix in ("parquet", "csv")}
    beside = {sources / name for name in BESIDE}
    return sorted(path for path in listed | canonical | beside if path.is_file())


def preparer_of(company: Workspace, login: str) -> str:
    """Who prepared a run, as its pack prints it: whom the policy names, else the person of the login that closed it."""
    return company.policy.company.preparer or people_or_nobody(company.root).name_of(login) or "not named"


def vouched_login(policy: Policy) -> str:
    """Who runs the close, as the system vouches for it; empty where it cannot tell, so that nothing is proposed."""
    try:
        return person(policy.approval.hub)
    except ReconError:
        return ""
