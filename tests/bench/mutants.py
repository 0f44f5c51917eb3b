"""Would the tests notice a mistake in `recon/matching`? Its code is broken on purpose, one place at a time.

`pip install 'mutmut>=3.8,<4'`, then from the root of the repository

    python tests/bench/mutants.py --sample 300 --seed 1 --out mutants.jsonl

draws 300 of mutmut's mutants (and numbers of constants), as many from each module as its share of all mutants
demands, and runs against each the tests that run the broken lines, the module's own tests first, until one fails.
It prints one line a module and the score: the share of mutants that a test noticed, with the 95 % interval of a
sample. `--out` gets one JSON line a mutant, with its difference: read the survivors. The same seed over the same
code draws the same mutants. An hour of one core; no part of the tests that run on every change.

A mutant that runs out of time counts as noticed. The work is done in a copy below the machine's temporary folder.
"""

from __future__ import annotations

import argparse
import difflib
import functools
import json
import math
import os
import queue
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import coverage
import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = Path("recon/matching")
# Without the laws of whole months: each takes longer than all that a mutant is allowed.
TESTS = (
    "tests/unit/matching",
    "tests/unit/variances",
    "tests/unit/test_decisions.py",
    "tests/golden",
    "tests/laws/test_chance.py",
    "tests/laws/test_match_lines.py",
    "tests/shell/test_match_files.py",
)
COPIED = ("recon", "tests", "notebooks", "pyproject.toml", "README.md")
IMPORTED = ("", "tests", "tests/laws", "tests/bench")
TESTS_CPU_S = 15.0  # of the tests that run a mutant's lines, the nearest up to so much time
START_CPU_S = 25.0  # for the interpreter, the imports and a machine that is busy
SLOWER = 5  # times the tests' own time, until a mutant counts as one that never ends
COVERED = "RECON_MUTANTS_COVERED"  # the file for coverage; set only in the run that measures it
Z_95 = 1.959964


@dataclass(frozen=True)
class Mutant:
    """One broken place: where, what the file reads instead, and what became of it."""

    module: str
    lines: tuple[int, ...]  # of the unbroken file that the difference touches
    difference: str
    is_constant: bool  # outside of every function
    verdict: str = ""  # noticed, timeout, survived, untested
    tests: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Covered:
    """Which tests run which lines, and each test's CPU seconds."""

    tests_of: dict[str, dict[int, list[str]]]
    seconds: dict[str, float]

    def tests(self, mutant: Mutant) -> list[str]:
        """The tests that run the mutant's lines, the module's own first, then the fastest, up to the allowance."""
        lines = self.tests_of.get(mutant.module, {})
        # A constant is read once, before any test: whatever runs the module depends on it.
        touched = lines if mutant.is_constant else mutant.lines
        covering = {test for line in touched for test in lines.get(line, []) if test}
        ordered = sorted(covering, key=lambda test: (_distance(test, mutant.module), self.seconds.get(test, 0.0), test))
        chosen, spent = [], 0.0
        for test in ordered:
            spent += self.seconds.get(test, 0.0)
            if chosen and spent > TESTS_CPU_S:
                break
            chosen.append(test)
        return chosen


def _distance(test: str, module: str) -> int:
    if f"/matching/test_{module}" in test:
        return 0
    return 1 if "unit/matching/" in test else 2


# The next three are hooks of pytest: this file is its own plug-in in the run that measures coverage.
if os.environ.get(COVERED):
    measured = coverage.Coverage(source=[str(PACKAGE)], data_file=os.environ[COVERED])
    seconds: dict[str, float] = {}

    def pytest_sessionstart() -> None:
        measured.start()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
        measured.switch_context(item.nodeid)
        before = time.process_time()
        yield
        seconds[item.nodeid] = time.process_time() - before

    def pytest_sessionfinish() -> None:
        measured.stop()
        measured.save()
        Path(os.environ[COVERED] + ".json").write_text(json.dumps(seconds))


def copied(folder: Path) -> Path:
    """A copy of what the tests need, compiled, so that only the broken module is compiled anew."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis"))
        else:
            shutil.copy(source, folder / name)
    subprocess.run([sys.executable, "-m", "compileall", "-q", "recon", "tests"], cwd=folder, check=True)
    return folder


def run_tests(folder: Path, tests: list[str], cpu_s: float, **environment: str) -> str:
    """`passed`, `failed`, or `timeout` for more CPU seconds than allowed."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
    command += ["-p", "_hypothesis_pytestplugin"]  # no others: to load them takes longer than most tests
    command += ["--import-mode=importlib", *(["-p", "mutants"] if environment else [])]
    paths = os.pathsep.join(str(folder / name) for name in IMPORTED)
    limit = functools.partial(resource.setrlimit, resource.RLIMIT_CPU, (math.ceil(cpu_s), math.ceil(cpu_s) + 5))
    plain = {
        "PYTHONPATH": paths,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "POLARS_MAX_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    try:
        done = subprocess.run(
            [*command, *tests],
            check=False,
            cwd=folder,
            env=os.environ | plain | environment,
            preexec_fn=limit,
            capture_output=True,
            text=True,
            timeout=10 * cpu_s,
        )
    except subprocess.TimeoutExpired:
        return "timeout"
    if environment and done.returncode:
        raise SystemExit(f"the tests must pass before a mutant is tried\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
    if done.returncode < 0:
        return "timeout"
    return "failed" if done.returncode else "passed"


def covered(folder: Path, data: Path) -> Covered:
    """What every test runs, by one run of all of them over the unbroken code, or as `data` has it from a run before."""
    if not data.exists():
        run_tests(folder, list(TESTS), 3600, **{COVERED: str(data)})
    read = coverage.CoverageData(str(data))
    read.read()
    tests_of = {Path(name).stem: read.contexts_by_lineno(name) for name in read.measured_files()}
    return Covered(tests_of, json.loads(Path(f"{data}.json").read_text()))


def drawn(sample: int, seed: int, only: set[str]) -> tuple[list[Mutant], dict[str, int], dict[str, str]]:
    """The mutants to try, the number of all mutants by module, and every mutant's file by its difference."""
    import libcst
    from mutmut.mutation.file_mutation import create_mutations, deep_replace

    found = {}
    for path in sorted((ROOT / PACKAGE).glob("*.py")):
        if path.stem == "__init__" or (only and path.stem not in only):
            continue
        module, mutations, *_ = create_mutations(str(path), path.read_text())
        inside = [
            one
            for one in mutations
            if isinstance(one.contained_by_top_level_function, libcst.FunctionDef)
            or isinstance(one.original_node, libcst.BaseNumber)
        ]
        if inside:
            found[path.stem] = (module, inside)
    sizes = {name: len(inside) for name, (_, inside) in found.items()}
    mutants, texts = [], {}
    for name, count in shares(sizes, sample).items():
        module, inside = found[name]
        for one in random.Random(f"{seed} {name}").sample(inside, count):
            broken = deep_replace(module, one.original_node, one.mutated_node).code
            inside_function = isinstance(one.contained_by_top_level_function, libcst.FunctionDef)
            mutant = _mutant(name, (module.code, broken), is_constant=not inside_function)
            mutants.append(mutant)
            texts[f"{name} {mutant.difference}"] = broken
    random.Random(seed).shuffle(mutants)
    return mutants, sizes, texts


def shares(sizes: dict[str, int], sample: int) -> dict[str, int]:
    """How many to draw from each module: by its share of all, the remainders to the largest fractions."""
    total = sum(sizes.values())
    exact = {name: min(1.0, sample / total) * size for name, size in sizes.items()}
    counts = {name: math.floor(share) for name, share in exact.items()}
    by_fraction = sorted(exact, key=lambda name: (counts[name] - exact[name], name))
    for name in by_fraction[: round(sum(exact.values())) - sum(counts.values())]:
        counts[name] += 1
    return counts


def _mutant(name: str, codes: tuple[str, str], *, is_constant: bool) -> Mutant:
    before, after = (code.splitlines() for code in codes)
    changes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    lines = tuple(line + 1 for tag, i, j, *_ in changes if tag != "equal" for line in range(i, max(j, i + 1)))
    difference = "\n".join(difflib.unified_diff(before, after, lineterm="", n=1))
    return Mutant(name, lines, difference.split("\n", 2)[-1], is_constant)


def judged(mutant: Mutant, broken: str, folder: Path, tests: Covered) -> Mutant:
    """The mutant with its verdict, its module in `folder` broken for as long as the tests run."""
    chosen = tests.tests(mutant)
    if not chosen:
        return replace(mutant, verdict="untested")
    path = folder / PACKAGE / f"{mutant.module}.py"
    whole = path.read_text()
    started = time.monotonic()
    _write(path, broken)
    try:
        outcome = run_tests(folder, chosen, START_CPU_S + SLOWER * sum(tests.seconds.get(one, 0.0) for one in chosen))
    finally:
        _write(path, whole)
    verdict = {"passed": "survived", "failed": "noticed", "timeout": "timeout"}[outcome]
    return replace(mutant, verdict=verdict, tests=len(chosen), seconds=round(time.monotonic() - started, 1))


def _write(path: Path, text: str) -> None:
    # A compiled module is trusted by the second and the size of its source, and a mutant may share both.
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
        compiled.unlink()
    path.write_text(text)


def interval(noticed: int, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; on the safe side, as a sample drawn by module scatters less."""
    if not count:
        return 0.0, 1.0
    share, slack = noticed / count, Z_95**2 / count
    middle = (share + slack / 2) / (1 + slack)
    half = Z_95 * math.sqrt(share * (1 - share) / count + slack / (4 * count)) / (1 + slack)
    return middle - half, middle + half


def summary(mutants: list[Mutant], sizes: dict[str, int]) -> str:
    """One line a module, the weakest first, and the total with its interval."""
    rows = []
    for name, size in sizes.items():
        of_module = [one for one in mutants if one.module == name]
        if of_module:
            rows.append((sum(_is_noticed(one) for one in of_module), len(of_module), size, name))
    rows.sort(key=lambda row: (row[0] / row[1], row[3]))
    text = [f"{name:16} {noticed:4} of {count:4} noticed, {size:5} mutants" for noticed, count, size, name in rows]
    noticed, count = sum(row[0] for row in rows), sum(row[1] for row in rows)
    low, high = interval(noticed, count)
    text.append(f"score {noticed / max(count, 1):.3f} ({noticed} of {count}), 95 % interval {low:.3f} to {high:.3f}")
    return "\n".join(text)


def _is_noticed(mutant: Mutant) -> bool:
    return mutant.verdict in {"noticed", "timeout"}


def main() -> None:
    """Draw, break, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--module", action="append", default=[], help="only these modules; may be given again")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--covered", type=Path, help="what the tests run, kept here for another run over the same code")
    asked = parser.parse_args()
    os.chdir(ROOT)  # mutmut reads its settings from the pyproject.toml of the working folder
    mutants, sizes, texts = drawn(asked.sample, asked.seed, set(asked.module))
    judgements = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as below:
        folders: queue.Queue[Path] = queue.Queue()
        for number in range(asked.workers):
            folders.put(copied(Path(below) / str(number)))
        tests = covered(Path(below) / "0", asked.covered.absolute() if asked.covered else Path(below) / "covered")

        def judge(mutant: Mutant) -> Mutant:
            folder = folders.get()
            try:
                return judged(mutant, texts[f"{mutant.module} {mutant.difference}"], folder, tests)
            finally:
                folders.put(folder)

        with ThreadPoolExecutor(asked.workers) as pool, asked.out.open("w") as out:
            for done in as_completed([pool.submit(judge, mutant) for mutant in mutants]):
                judgements.append(done.result())
                out.write(json.dumps(asdict(judgements[-1])) + "\n")
                out.flush()
    sys.stdout.write(summary(judgements, sizes) + "\n")


if __name__ == "__main__":
    main()
