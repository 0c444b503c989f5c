"""Measure what work costs, interleaved in rounds, so that ratios hold on a machine that others use as well."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Literal

from tqdm import tqdm

__all__ = ["Clock", "Cost", "Rounds", "cost_of", "cost_of_process", "interleaved", "median", "ratio_cells", "ratios"]

LAUNCHER = """
import os, sys, time
begun = time.perf_counter()
nothing = os.open(os.devnull, os.O_WRONLY)
process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, nothing, 1)])
_, status, used = os.wait4(process, 0)
print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, time.perf_counter() - begun, used.ru_maxrss)
"""

Clock = Literal["cpu", "wall"]


@dataclass(frozen=True)
class Cost:
    """Hold one measurement: seconds of CPU and of wall time, and peak memory in MB where it is known."""

    cpu: float
    wall: float
    megabytes: float = 0.0


Rounds = dict[str, list[Cost]]


def cost_of(task: Callable[[], object]) -> Cost:
    """Run a task in this process."""
    cpu, wall = process_time(), perf_counter()
    task()
    return Cost(process_time() - cpu, perf_counter() - wall)


def cost_of_process(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command in a process of its own, started by a small one.

    A child's peak memory counts what it shared with its parent before it became another program, so
    the parent must be smaller than whatever is measured.

    Raises:
        RuntimeError: it failed.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", LAUNCHER, *command],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, **(environment or {})},
    )
    code, cpu, wall, peak = map(float, done.stdout.split())
    if code:
        raise RuntimeError(f"{' '.join(command)} ended with exit code {code:.0f}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(cpu, wall, peak * unit / 1e6)


def ratios(rounds: Rounds, name: str, yardstick: str, clock: Clock) -> tuple[float, float, float]:
    """Return the quartiles, the median in the middle, of the ratios within rounds."""
    pairs = zip(rounds[name], rounds[yardstick], strict=True)
    values = [getattr(a, clock) / max(getattr(b, clock), 1e-9) for a, b in pairs]
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def interleaved(tasks: Mapping[str, Callable[[], Cost]], repeats: int, title: str) -> Rounds:
    """Run every task once to warm up, then all of them in turn, round after round."""
    for task in tasks.values():
        task()
    rounds: Rounds = {name: [] for name in tasks}
    for _ in tqdm(range(repeats), desc=title, unit="round", disable=None):
        for name, task in tasks.items():
            rounds[name].append(task())
    return rounds


def median(rounds: Rounds, name: str, quantity: Literal["cpu", "wall", "megabytes"]) -> float:
    """Return the median of one quantity over the rounds."""
    return float(statistics.median(getattr(cost, quantity) for cost in rounds[name]))


def ratio_cells(rounds: Rounds, name: str, yardstick: str) -> list[str]:
    """Return the median of CPU and of wall ratios with their quartiles, as cells of a table."""
    clocks: tuple[Clock, ...] = ("cpu", "wall")
    found = [ratios(rounds, name, yardstick, clock) for clock in clocks]
    return [f"{middle:.2f} ({low:.2f} – {high:.2f})" for low, middle, high in found]
