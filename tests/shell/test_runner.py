"""The runner of notebooks: every way in which one can end, with real kernels."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest

from recon.errors import ConfigError, NotebookFailed
from recon.reporting.runner import NOTEBOOKS, Job, notebooks_folder, notebooks_for, plan_notebook, run_notebooks
from recon.reporting.worker import parameter_problems


def notebook(path: Path, *sources: str, tagged: bool = True) -> Path:
    """A notebook with these cells, the first of them the cell of parameters."""
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "execution_count": None,
            "metadata": {"tags": ["parameters"]} if tagged and number == 0 else {},
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    spec = {"name": "a-kernel-nobody-has", "display_name": "Other", "language": "python"}
    content = {"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def job(folder: Path, name: str, *sources: str, tagged: bool = True, **parameters: object) -> Job:
    (folder / "out").mkdir(exist_ok=True)
    source = notebook(folder / f"{name}.ipynb", *sources, tagged=tagged)
    kept = folder / "failed" / f"{name}.failed.ipynb"
    return Job(source, folder / "out" / source.name, kept, parameters or {"period": "2026-09"})


def stream(path: Path) -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "".join("".join(output.get("text", "")) for cell in cells for output in cell.get("outputs", ()))


def test_a_notebook_runs_in_the_folder_of_its_output_with_its_parameters_on_this_interpreter(tmp_path: Path) -> None:
    told: list[str] = []
    asked = job(tmp_path, "good", "period = ''", "import os, sys\nprint(period, os.getcwd(), sys.executable)")

    run_notebooks([asked], tmp_path / "scratch", done=told.append)

    assert stream(asked.output).split() == ["2026-09", str(tmp_path / "out"), sys.executable]
    assert told == ["good"]


def test_an_executed_notebook_carries_no_times_and_no_paths_of_this_machine(tmp_path: Path) -> None:
    asked = [job(tmp_path, name, "period = ''", "period") for name in ("one", "two")]

    run_notebooks(asked, tmp_path / "scratch")

    texts = [one.output.read_text(encoding="utf-8") for one in asked]
    assert texts[0] == texts[1]
    assert str(tmp_path) not in texts[0]
    assert "_time" not in texts[0]


def test_a_cell_that_raises_is_named_and_its_notebook_is_kept_apart(tmp_path: Path) -> None:
    asked = job(tmp_path, "wrong", "period = ''", "1 / 0")

    with pytest.raises(NotebookFailed, match=r"'wrong' failed in cell 3: ZeroDivisionError") as caught:
        run_notebooks([asked], tmp_path / "scratch")

    assert caught.value.exit_code == 8
    assert asked.failed.is_file()
    assert not asked.output.exists()


def test_a_notebook_that_ends_early_without_an_error_has_failed(tmp_path: Path) -> None:
    asked = job(tmp_path, "early", "period = ''", "import sys; sys.exit(0)", "period")

    with pytest.raises(NotebookFailed, match="never run"):
        run_notebooks([asked], tmp_path / "scratch")


def test_a_kernel_that_dies_is_a_failed_notebook(tmp_path: Path) -> None:
    asked = job(tmp_path, "dead", "period = ''", "import os; os._exit(3)")

    with pytest.raises(NotebookFailed, match="Kernel died"):
        run_notebooks([asked], tmp_path / "scratch")


def test_a_cell_that_takes_too_long_is_a_failed_notebook(tmp_path: Path) -> None:
    asked = job(tmp_path, "slow", "period = ''", "import time; time.sleep(60)")

    with pytest.raises(NotebookFailed, match="timed out"):
        run_notebooks([asked], tmp_path / "scratch", cell_timeout_s=1)


def test_what_a_cell_writes_to_the_standard_output_of_its_process_is_no_verdict(tmp_path: Path) -> None:
    passed = """import os\nos.system('echo \\'{"refused": [], "failed": null}\\'')"""
    shouting = job(tmp_path, "shouting", "period = ''", "import os\nos.write(1, b'raw\\n')", passed)
    wrong = job(tmp_path, "wrong", "period = ''", passed, "1 / 0")

    with pytest.raises(NotebookFailed, match="'wrong' failed in cell 4: ZeroDivisionError"):
        run_notebooks([shouting, wrong], tmp_path / "scratch")

    assert shouting.output.is_file()
    assert wrong.failed.is_file()


def at_each_start(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """What a site may have every Python of the machine do when it starts."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(code, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]))


def test_a_worker_that_says_something_else_than_a_verdict_is_a_failed_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_each_start(monkeypatch, tmp_path / "site", "print('Welcome', flush=True)")
    asked = job(tmp_path, "greeted", "period = ''")

    with pytest.raises(NotebookFailed, match="'greeted' failed in something that left no verdict but 'Welcome'"):
        run_notebooks([asked], tmp_path / "scratch")


def test_a_worker_that_does_not_end_when_there_are_no_more_notebooks_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_each_start(monkeypatch, tmp_path / "site", "import atexit, time\natexit.register(time.sleep, 90)")
    asked = job(tmp_path, "good", "period = ''")
    began = time.monotonic()

    run_notebooks([asked], tmp_path / "scratch")

    assert asked.output.is_file()
    assert time.monotonic() - began < 80


def test_a_worker_that_is_killed_is_not_explained_by_what_it_said_during_an_earlier_notebook(tmp_path: Path) -> None:
    loud = job(tmp_path, "loud", "period = ''", "import os\nos.system('echo an old story >&2')", "period")
    killed = job(tmp_path, "killed", "period = ''", "import os\nos.kill(os.getppid(), 9)\nos._exit(0)")

    with pytest.raises(NotebookFailed, match="'killed' failed in its process ended early: no word why"):
        run_notebooks([loud, killed], tmp_path / "scratch")


def test_the_first_failure_stops_the_others_and_only_its_copy_is_kept(tmp_path: Path) -> None:
    slow = job(tmp_path, "slow", "period = ''", "import time; time.sleep(600)")
    wrong = job(tmp_path, "wrong", "period = ''", "1 / 0")
    later = [job(tmp_path, name, "period = ''") for name in ("after-slow", "after-wrong")]  # in the same two kernels

    with pytest.raises(NotebookFailed, match="'wrong'"):
        run_notebooks([slow, wrong, *later], tmp_path / "scratch", side_by_side=2)

    assert [path.name for path in (tmp_path / "failed").iterdir()] == ["wrong.failed.ipynb"]
    assert not [one for one in later if one.output.exists()]


def test_a_notebook_finds_no_name_and_no_folder_of_the_one_before_it_in_its_kernel(tmp_path: Path) -> None:
    seen = "import os\nprint(os.getpid(), os.getcwd(), 'kept' in globals(), len(In), Out)"
    before = job(tmp_path, "before", "period = ''", f"kept = 1\n{seen}\nos.chdir('/')", "period")
    after = job(tmp_path, "after", "period = ''", seen)

    run_notebooks([before, after], tmp_path / "scratch")

    first, second = (stream(one.output).split(maxsplit=2) for one in (before, after))
    assert first[:2] == second[:2] == [second[0], str(tmp_path / "out")]
    assert (first[2], second[2]) == ("True 4 {}\n", "False 4 {}\n")


def test_a_notebook_finds_nothing_that_the_one_before_it_has_set_in_its_kernel(tmp_path: Path) -> None:
    used = "import decimal, os, sys, warnings\nimport polars as pl"
    sets = (
        "pl.Config.set_tbl_rows(1).set_fmt_float('full').set_thousands_separator('_')\n"
        "os.environ['KEPT'] = 'kept'\n"
        "sys.path = ['/kept', *sys.path]\n"
        "decimal.getcontext().prec = 3\n"
        "warnings.simplefilter('error')\n"
        "get_ipython().display_formatter.formatters['text/plain'].for_type(int, lambda amount, text, _: text.text('?'))"
    )
    seen = (
        "print(os.getpid())\n"
        "print('KEPT' in os.environ, '/kept' in sys.path, decimal.getcontext().prec, 'error' in warnings.filters[0])\n"
        "print(pl.DataFrame({'amount': [1e9, 2.0, 3.0]}))\n"
        "print(get_ipython().display_formatter.format(7)[0]['text/plain'])"
    )
    asked = [job(tmp_path, name, "period = ''", used, *said, seen)
             for name, said in (("before", ()), ("setting", (sets,)), ("after", ()))]  # fmt: skip

    run_notebooks(asked, tmp_path / "scratch", side_by_side=1)

    before, setting, after = (stream(one.output) for one in asked)
    assert before == after
    assert "False False 28 False" in after
    assert "True True 3 True" in setting
    assert before.splitlines()[0] == setting.splitlines()[0]  # one kernel has run them all


def test_a_notebook_that_ends_by_leaving_its_kernel_is_whole_and_the_next_has_a_new_one(tmp_path: Path) -> None:
    pid = "import os\nprint(os.getpid())"
    asked = [job(tmp_path, "leaving", "period = ''", pid, "quit()"), job(tmp_path, "next", "period = ''", pid)]

    run_notebooks(asked, tmp_path / "scratch")

    left, fresh = (stream(one.output) for one in asked)
    assert left.strip().isdigit()
    assert fresh.strip().isdigit()
    assert left != fresh


@pytest.mark.parametrize(
    ("sources", "tagged", "why"),
    [(("period = ''", "period"), False, "0 cells tagged"), (("other = ''", "other"), True, "no parameter 'period'")],
)
def test_a_notebook_that_cannot_take_the_parameters_is_refused(
    tmp_path: Path, sources: tuple[str, ...], tagged: bool, why: str
) -> None:
    asked = job(tmp_path, "strange", *sources, tagged=tagged)

    with pytest.raises(ConfigError, match=why):
        run_notebooks([asked], tmp_path / "scratch")


def test_a_notebook_that_is_none_or_names_no_kernel_is_refused(tmp_path: Path) -> None:
    broken, homeless, absent = tmp_path / "broken.ipynb", tmp_path / "homeless.ipynb", tmp_path / "absent.ipynb"
    broken.write_text("{", encoding="utf-8")
    homeless.write_text('{"cells": [], "metadata": {}}', encoding="utf-8")

    problems = [parameter_problems(path, set()) for path in (broken, homeless, absent)]

    assert [len(found) for found in problems] == [1, 1, 1]
    assert "names no kernel" in problems[1][0]


def test_an_unknown_notebook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no notebook 'guess'"):
        plan_notebook("guess", {"period": "2026-09"}, tmp_path, tmp_path)


@pytest.mark.parametrize(
    "parameters",
    [
        {"period": "2026-09", "thresold": "100"},
        {"period": "2026-09", "run_id": "../../etc"},
        {"period": 202609},
        {"period": "2026-09", "rows": 0},
        {},
    ],
)
def test_parameters_that_a_notebook_does_not_know_are_refused(tmp_path: Path, parameters: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="refuses its parameters"):
        plan_notebook("sales", parameters, tmp_path, tmp_path)


def test_only_notebooks_about_the_chosen_reconciliations_are_run() -> None:
    assert notebooks_for({"payroll"}) == ("payroll", "close")
    assert notebooks_for({"sales", "deposits", "payroll"}) == tuple(NOTEBOOKS)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_of_the_pack_knows_every_parameter_that_the_runner_may_give_it(name: str) -> None:
    source = notebooks_folder() / f"{name}.ipynb"
    assert parameter_problems(source, set(NOTEBOOKS[name].parameters.model_fields)) == ()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_of_the_pack_is_thin_and_committed_without_outputs(name: str) -> None:
    content = json.loads((notebooks_folder() / f"{name}.ipynb").read_text(encoding="utf-8"))
    code = [cell for cell in content["cells"] if cell["cell_type"] == "code"]

    assert content["metadata"]["kernelspec"]["name"] == "python3"
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)
    assert all(len(cell["source"]) <= 8 for cell in code)
    assert not [cell["id"] for cell in code if "def " in "".join(cell["source"])]
    assert "check_conserved" in "".join(code[-1]["source"])
