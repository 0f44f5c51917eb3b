"""`recon backtest`: what a changed rule would have captured rightly and wrongly, before it is switched on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon.cli.options import AsJson, DateOrder, check_dates
from recon.cli.screen import print_json
from recon.errors import ConfigError

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console
    from rich.table import Table

    from recon.backtest import Backtest

_SHOWN = 20  # groups on the terminal; all of them stand in --out and --json
_TABLES = ("figures", "wrong", "gained", "lost")
_RULES = {"was": "as it was", "changed": "as changed"}
_NOBODY = (
    "nobody decided anything about these lines, so no rule can be judged: a share of nothing is not 100 %. Decide on "
    "matches first"
)


@dataclass(frozen=True)
class _Told:
    """What is shown of a back-test, over runs or over lines."""

    backtest: Backtest
    total: pl.DataFrame
    decided: int
    changes: Sequence[tuple[str, str, str]] = ()
    replayed: Sequence[str] = ()
    left_out: Sequence[tuple[str, str]] = ()
    notes: Sequence[tuple[str, str]] = ()
    nouns: tuple[str, str] = ("expected", "ledger")

    @property
    def code(self) -> int:
        """0 if the changed rule captures nothing wrongly and every run was replayed, else 1."""
        return 0 if self.decided and self.backtest.wrong.is_empty() and not self.left_out else 1


def backtest(
    *,
    runs: Annotated[Path | None, typer.Option(help="Folder of the finished runs.", file_okay=False)] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="PATH=VALUE", help="Try this value, as in tolerances.window_days=7; may be repeated."
        ),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(metavar="POLICY.toml", help="Try this policy; with its rules, where they stand beside it."),
    ] = None,
    workspace: Annotated[
        Path | None, typer.Option(help="Folder of the company's policy and of what people decided.", file_okay=False)
    ] = None,
    sources: Annotated[
        Path | None, typer.Option(help="Folder of the downloads (default: sources in the workspace).", file_okay=False)
    ] = None,
    left: Annotated[
        Path | None, typer.Option(help="Instead of runs: lines, as for recon match.", dir_okay=False)
    ] = None,
    right: Annotated[Path | None, typer.Option(help="The lines of the other side.", dir_okay=False)] = None,
    passes: Annotated[Path | None, typer.Option(metavar="NEW.toml", help="The pass list to try.")] = None,
    before: Annotated[Path | None, typer.Option(metavar="OLD.toml", help="The pass list as it was.")] = None,
    truth: Annotated[
        Path | None, typer.Option(help="Pairs that a person confirmed: left,right, or an earlier answer's matches.")
    ] = None,
    dates: Annotated[str, typer.Option(help="Order of a date's parts in CSV: mdy, dmy or ymd.")] = "mdy",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every row here: CSV or XLSX.", dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Try a changed rule on past runs: its precision, its recall, and each row it would have captured wrongly."""
    if out is not None and out.suffix.lower() not in (".csv", ".xlsx"):
        raise typer.BadParameter("name a file that ends in .csv or .xlsx", param_hint="--out")
    order = check_dates(dates)
    lines = {"--left": left, "--right": right, "--passes": passes, "--truth": truth}
    if runs is not None and not any(lines.values()):
        told = _over_runs(runs, tuple(settings or ()), policy, (workspace, sources))
    elif runs is None and all(lines.values()) and not (settings or policy or workspace or sources):
        told = _over_lines((left, right, truth), passes, before, order)  # type: ignore[arg-type]
    else:
        absent = ", ".join(name for name, value in lines.items() if value is None)
        raise ConfigError(
            "say what the rule is tried on: --runs DIR with --set or --policy, or --left, --right, --passes and "
            "--truth alone",
            absent=absent if any(lines.values()) else "--runs",
        )
    if out is not None:
        _write(told, out)
    if as_json:
        print_json(_document(told))
    else:
        _show(told, out)
    if not told.decided:
        typer.echo(f"recon: {_NOBODY}", err=True)
    raise typer.Exit(told.code)


def _over_runs(
    runs: Path, settings: tuple[str, ...], policy: Path | None, places: tuple[Path | None, Path | None]
) -> _Told:
    from recon.backtest.judge import total  # noqa: PLC0415
    from recon.backtest.over_runs import Ask, over_runs  # noqa: PLC0415

    if places[1] is not None and places[0] is None:
        raise ConfigError("downloads are read through a workspace's profiles: give --workspace beside --sources")
    if not settings and policy is None:
        raise ConfigError("nothing is changed: give --set tolerances.window_days=7, or --policy FILE")
    found = over_runs(Ask(runs, settings, policy, *places))
    return _Told(
        found.backtest,
        total(found.backtest.figures),
        found.decided,
        found.changes,
        found.replayed,
        found.left_out,
        found.notes,
    )


def _over_lines(files: tuple[Path, Path, Path], passes: Path, before: Path | None, dates: DateOrder) -> _Told:
    from recon.backtest.judge import total  # noqa: PLC0415
    from recon.backtest.over_lines import LinesAsk, over_lines  # noqa: PLC0415

    left, right, truth = files
    found = over_lines(LinesAsk(left, right, passes, truth, before, dates))
    changes = [("passes", str(before or "the earlier answer, if any"), str(passes))]
    return _Told(
        found.backtest,
        total(found.backtest.figures),
        found.decided,
        changes,
        notes=found.notes,
        nouns=("left", "right"),
    )


def _document(told: _Told) -> dict[str, Any]:
    """The back-test as one JSON document; money is text, shares are numbers from 0 to 1, null where unknown."""
    return {
        "exit_code": told.code,
        "changes": [{"path": path, "was": was, "changed": now} for path, was, now in told.changes],
        "decided": told.decided,
        "replayed": list(told.replayed),
        "not_replayed": [{"run": run, "reason": why} for run, why in told.left_out],
        "notes": [{"run": run, "note": note} for run, note in told.notes],
        "total": {str(row["rule"]): _figures(row) for row in told.total.to_dicts()},
        "runs": [{"run": row["run"], "rule": row["rule"], **_figures(row)} for row in told.backtest.figures.to_dicts()],
        "wrong": _rows(told.backtest.wrong),
        "gained": _rows(told.backtest.gained),
        "lost": _rows(told.backtest.lost),
    }


def _figures(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("run", "rule")}


def _rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return [{name: _plain(value) for name, value in row.items()} for row in frame.iter_rows(named=True)]


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Decimal | dt.date) else value


def _write(told: _Told, out: Path) -> None:
    """Every row to a file: a workbook with a sheet a table, or CSV with a first column that names the table."""
    import polars as pl  # noqa: PLC0415
    import xlsxwriter  # noqa: PLC0415

    found = told.backtest
    if out.suffix.lower() == ".xlsx":
        with xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
            for name in _TABLES:
                table = pl.concat([told.total, found.figures]) if name == "figures" else getattr(found, name)
                table.write_excel(book, worksheet=name, autofit=True, freeze_panes=(1, 0))
        return
    rows = [getattr(found, name).with_columns(found=pl.lit(name)) for name in _TABLES[1:]]
    every = pl.concat(rows, how="diagonal")
    every.select("found", pl.exclude("found")).write_csv(out)


def _show(told: _Told, out: Path | None) -> None:
    from rich.markup import escape  # noqa: PLC0415

    from recon.cli.tables import wide_console  # noqa: PLC0415

    console = wide_console()
    console.print()
    for path, was, now in told.changes:
        console.print(f"[bold]{escape(path)}[/]  {escape(was)} → [bold]{escape(now)}[/]")
    if told.replayed and not told.changes:
        console.print("[yellow]This changes nothing: every run was made under these values.[/]")
    for run, why in told.left_out:
        console.print(f"[red]{escape(run)} was not replayed[/]: {escape(why)}", soft_wrap=True)
    for run, note in told.notes:
        console.print(f"[yellow]{escape(run)}[/]: {escape(note)}", soft_wrap=True)
    console.print()
    if told.decided:
        console.print(f"People decided about {told.decided:,} pairs and lines.")
        console.print(_figure_table(told))
        console.print()
    _show_moves(console, told)
    if told.decided:
        _show_wrong(console, told, out)
    console.print()


def _figure_table(told: _Told) -> Table:
    """Precision and recall of both rules, run by run and in all."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from recon.backtest.judge import ALL_RUNS  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("Run", no_wrap=True)
    table.add_column("Rule", no_wrap=True)
    for heading in ("Truth, pairs", "Made", "Right", "Wrong", "Missed", "Precision", "Recall"):
        table.add_column(heading, justify="right")
    many = told.backtest.figures["run"].n_unique() > 1
    rows = [*(told.backtest.figures.to_dicts() if many else ()), *told.total.to_dicts()]
    for row in rows:
        label = row["run"] if row["run"] != ALL_RUNS else "all runs" if many else told.backtest.figures["run"][0]
        style = "red" if row["wrong"] and row["rule"] == "changed" else None
        table.add_row(
            escape(label) if row["rule"] == "was" or "was" not in {one["rule"] for one in rows} else "",
            _RULES[row["rule"]],
            f"{row['truth']:,}",
            f"{row['made']:,}",
            f"{row['right']:,}",
            f"{row['wrong']:,}",
            f"{row['truth'] - row['right']:,}",
            _share(row["precision"]),
            _share(row["recall"]),
            style=style,
            end_section=row["rule"] == "changed",
        )
    return table


def _share(ratio: float | None) -> str:
    """A share in percent, never rounded up to a whole that it is not; a dash where there is nothing to divide by."""
    if ratio is None:
        return "–"
    return f"{int(ratio * 10_000) / 100:.2f} %"


def _show_moves(console: Console, told: _Told) -> None:
    """What the change captures and loses, in pairs, by what people decided."""
    for name, words in (("gained", "Newly captured"), ("lost", "No longer captured")):
        counts = dict(getattr(told.backtest, name).group_by("verdict").len().rows())
        parts = [
            (counts.get("right", 0), "right"),
            (counts.get("wrong", 0), "wrong"),
            (counts.get(None, 0), "undecided"),
        ]
        console.print(f"{words}: " + ", ".join(f"{count:,} {word}" for count, word in parts) + " pairs")


def _show_wrong(console: Console, told: _Told, out: Path | None) -> None:
    """Each group that would have been captured wrongly, with its lines and with what people decided."""
    from rich.markup import escape  # noqa: PLC0415

    wrong = told.backtest.wrong
    console.print()
    if wrong.is_empty():
        console.print("[green]Nothing would have been captured wrongly.[/]")
        return
    new = int((~wrong["was_too"]).sum())
    groups = wrong.partition_by("run", "group", maintain_order=True)
    console.print(f"[bold red]{wrong.height:,} pairs would have been captured wrongly[/], {new:,} of them newly")
    for group in groups[:_SHOWN]:
        head = group.row(0, named=True)
        console.print()
        console.print(f"[bold]{escape(head['run'])}[/]  pass {escape(head['pass'] or '')}: "
                      f"{escape(head['explanation'] or '')}", soft_wrap=True)  # fmt: skip
        console.print(_line_table(group, told.nouns))
        for said in _decisions(group, told.nouns):
            console.print(f"  [yellow]{escape(said)}[/]", soft_wrap=True)
    if len(groups) > _SHOWN:
        where = f"see {out}" if out else "all of them: --out FILE.csv"
        console.print(f"\nand {len(groups) - _SHOWN:,} groups more; {escape(where)}", soft_wrap=True)


def _decisions(group: pl.DataFrame, nouns: tuple[str, str]) -> Iterator[str]:
    """What people decided about the lines of a group, each word once, with where they said the lines belong."""
    for part in group.partition_by("said", maintain_order=True):
        words = str(part["said"][0])
        for name, whose, where in (("instead_left", *nouns), ("instead_right", *reversed(nouns))):
            lines = dict.fromkeys(part[name].drop_nulls())
            words += f" By that the {whose} lines belong to {where} {', '.join(lines)}." if lines else ""
        yield words


def _line_table(group: pl.DataFrame, nouns: tuple[str, str]) -> Table:
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=True, padding=(0, 1), show_edge=False, header_style="dim")
    for noun in nouns:
        table.add_column(f"{noun} line", overflow="fold")
        table.add_column("date", no_wrap=True)
        table.add_column("amount", justify="right", no_wrap=True)
    for row in group.iter_rows(named=True):
        cells: list[str] = []
        for side in ("left", "right"):
            day = row.get(f"{side}_posting_date") or row.get(f"{side}_date") or ""
            cells += [escape(_named(row, side)), str(day), _amount(row.get(f"{side}_amount"))]
        table.add_row(*cells)
    return table


def _named(row: dict[str, Any], side: str) -> str:
    """The id of a line, its document and its account, each where the id does not hold it already."""
    facts = (row.get(f"{side}_{name}") for name in ("document", "reference", "text", "account"))
    return ", ".join([row[side], *(str(one) for one in facts if one and str(one) not in row[side])])


def _amount(value: object) -> str:
    from recon.money import accounting, from_cents  # noqa: PLC0415

    if value is None:
        return ""
    return accounting(value if isinstance(value, Decimal) else from_cents(int(str(value))))
