"""How long does `wergate --help` take."""

import subprocess
import sys
from pathlib import Path

from benchmarks.result import Result
from benchmarks.timing import take_turns

TARGET = 0.5


def measure(root: Path, rounds: int) -> list[Result]:
    """Wall time of the help, beside a Python that does nothing."""

    def start(*arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], cwd=root, check=True, stdout=subprocess.DEVNULL)

    cases = {"help": lambda: start("-m", "flows.cli", "--help"), "nothing": lambda: start("-c", "pass")}
    take_turns(cases, 1)  # the first start reads the files from disk
    times = take_turns(cases, rounds)
    return [
        Result(
            what="wergate --help, beside python -c pass",
            ours=f"{times['help']:.2f} s",
            theirs=f"{times['nothing']:.2f} s",
            ratio=f"{times['help'] / times['nothing']:.1f}×",
            target=f"≤ {TARGET:g} s",
            met=times["help"] <= TARGET,
        )
    ]
