"""`kill -9` and faults of the system before every state-changing system call of approving, posting and settling.

`python tests/bench/crashes.py` does all of it (some thousand processes, half an hour of two cores) and prints one JSON
line; `--scenario post-xml-draft` and `--how kill` do a part. Each process runs under strace from the opening of its
state database to its end; the n-th call of a name is the last it makes, or fails, for n = 1, 2, ... until a process
finishes untouched. Then a person settles and posts again, and database, trail and ledger are judged; see
tests/crash_rig.py.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, get_args

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))  # run as a program, the helpers of the tests are not on the path

from crash_acts import ActName  # noqa: E402
from crash_rig import SCENARIOS, Fault, How, Rig, Scenario, Tried, crash_rig, hows_of  # noqa: E402
from crash_trace import CALLS  # noqa: E402

NAMED = {one.name: one for one in SCENARIOS}
HOWS: tuple[How, ...] = tuple(dict.fromkeys(how for call in CALLS for how in hows_of(call)))


@dataclass
class Crashes:
    """What runs came to."""

    runs: int = 0
    untouched: int = 0  # finished before the fault could happen: the end of a row of faults
    requests: int = 0  # that would change the ledger, each held against what the disk knew when it left
    states: int = 0  # left behind, each unlike the others
    injections: Counter[str] = field(default_factory=Counter)  # by act, call and how
    ends: Counter[str] = field(default_factory=Counter)  # by exit code
    bad: list[str] = field(default_factory=list)

    def add(self, scenario: Scenario, tried: Tried) -> None:
        """Count one run in."""
        self.runs += 1
        self.requests += tried.requests
        self.ends[str(tried.code)] += 1
        if tried.fault is not None and tried.is_hit:
            self.injections[f"{scenario.act} {tried.fault.call} {tried.fault.how}"] += 1
        else:
            self.untouched += 1
        if tried.flaws:
            self.bad.append(f"{scenario.name}, {tried.fault or 'untouched'}: {'; '.join(tried.flaws)}")

    def join(self, other: Crashes) -> None:
        """Count the other's runs in."""
        self.runs += other.runs
        self.untouched += other.untouched
        self.requests += other.requests
        self.states += other.states
        self.injections += other.injections
        self.ends += other.ends
        self.bad += other.bad

    def told(self) -> dict[str, Any]:
        """The figures by name; a kill point is a call before which a process was killed, once in each scenario."""
        kills, by_call, by_how = Counter[str](), Counter[str](), Counter[str]()
        for name, count in self.injections.items():
            act, call, how = name.split(" ")
            kills[act] += count * (how == "kill")
            by_call[call] += count
            by_how[how] += count
        return {
            "runs": self.runs,
            "injections": by_call.total(),
            "kill_points": dict(kills),
            "by_call": dict(by_call),
            "by_how": dict(by_how),
            "untouched": self.untouched,
            "requests_checked": self.requests,
            "states_recovered": self.states,
            "exit_codes": dict(self.ends),
            "bad": len(self.bad),
            "found": self.bad,
        }


def crash_everywhere(rig: Rig, scenario: Scenario, how: How) -> Crashes:
    """The scenario with this fault at every call at which it can happen, after one run without any."""
    done, calm = Crashes(), rig.run(scenario)
    done.add(scenario, calm)
    for call in sorted(call for call in calm.calls if how in hows_of(call)):
        is_hit, number = True, 0
        while is_hit:
            number += 1
            tried = rig.run(scenario, Fault(call, number, how))
            done.add(scenario, tried)
            is_hit = tried.is_hit
    done.states = len(rig.judged)
    return done


def crash_somewhere(rig: Rig, faults: int, seed: int) -> Crashes:
    """So many faults for one scenario of each act, call by call as often, after one run without any."""
    dice, done = Random(seed), Crashes()
    for act in get_args(ActName):
        scenario = dice.choice([one for one in SCENARIOS if one.act == act])
        calm = rig.run(scenario)
        done.add(scenario, calm)
        for _ in range(faults):
            call = dice.choice(sorted(calm.calls))
            fault = Fault(call, dice.randint(1, calm.calls[call]), dice.choice(hows_of(call)))
            done.add(scenario, rig.run(scenario, fault))
    done.states = len(rig.judged)
    return done


def campaign(strace: str, names: Iterable[str], hows: Iterable[How], processes: int) -> Crashes:
    """Every scenario that is named with every fault of the hows, by so many processes at once."""
    wanted = [(strace, name, how) for how in hows for name in names]
    whole = Crashes()
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        for part in pool.map(_crash, wanted):
            whole.join(part)
    return whole


def _crash(wanted: tuple[str, str, How]) -> Crashes:
    strace, name, how = wanted
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, crash_rig(Path(folder), strace) as rig:
        done = crash_everywhere(rig, NAMED[name], how)
    seconds = time.perf_counter() - began
    sys.stderr.write(f"{name} {how}, {seconds:.0f} s: {json.dumps(done.told())}\n")
    return done


def main() -> None:
    """Crash everywhere, print what came of it, and fail if anything was wrong."""
    parser = argparse.ArgumentParser(description="Kill and fail approving, posting and settling at each system call.")
    parser.add_argument("--scenario", choices=NAMED, action="append")
    parser.add_argument("--how", choices=HOWS, action="append")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    strace = shutil.which("strace")
    if strace is None:
        sys.exit("strace is not installed: apt-get install strace")
    whole = campaign(strace, asked.scenario or NAMED, asked.how or HOWS, asked.processes)
    sys.stdout.write(json.dumps(whole.told()) + "\n")
    sys.exit(bool(whole.bad))


if __name__ == "__main__":
    main()
