"""How long does `wergate run` take on the sample data, what of that is not the model's, and how much memory.

The run is started as a user starts it, in an empty data folder and an empty home; its own records say how long it
recognized, trained and spoke. All else counts as added by the flow: starting Python and the servers, loading models,
validating, hashing, tracking, the report and the release.
"""

import json
import os
import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

from benchmarks.result import Result

MINUTES = 5
SHARE = 0.25
GIGABYTES = 3
UNCHANGED_SECONDS = 20
_FOREIGN = ("AZURE_", "MLFLOW_", "PREFECT_", "WERGATE_")
_SPEAKING = "prepare training data"  # a task of the flow
_BETWEEN_LOOKS = 0.2  # seconds


@dataclass(frozen=True)
class Run:
    """One `wergate run`, as seen from outside."""

    answer: dict[str, Any]
    seconds: float
    peak_bytes: int
    """Resident memory of the process and all its children together, looked at five times a second."""


def measure(root: Path, _rounds: int) -> list[Result]:
    """A first run and an unchanged second one."""
    with TemporaryDirectory() as folder:
        data, home = Path(folder, "data"), Path(folder, "home")
        home.mkdir()
        first = _run(root, data, home)
        speaking = _seconds_of_task(data / "prefect" / "prefect.db", _SPEAKING)
        trainings = [json.loads(path.read_bytes()) for path in (data / "training").glob("*/result.json")]
        second = _run(root, data, home)
    evaluations = [first.answer["baseline"], first.answer["candidate"]]
    evaluations += [evaluation for pair in first.answer["guards"] for evaluation in pair]
    recognizing = sum(one["seconds"] / one["rtfx"] for one in evaluations if one)
    training = sum(one["seconds"] for one in trainings)
    compute = recognizing + training + speaking
    share = 1 - compute / first.seconds
    note = (
        f"The loop: {first.answer['outcome']}, WER {first.answer['baseline']['wer']:.1%} → "
        f"{first.answer['candidate']['wer']:.1%}; training {training:.0f} s (its dev evaluations and checkpoints "
        f"included), recognizing {recognizing:.1f} s, preparing replayed speech {speaking:.1f} s, all else "
        f"{first.seconds - compute:.0f} s. Memory is the sum over all processes, which counts shared pages twice."
    )
    unchanged = second.answer["outcome"] == "unchanged"
    return [
        Result(
            what="wergate run in a fresh folder",
            ours=f"{first.seconds:.0f} s",
            theirs="",
            ratio="",
            target=f"≤ {MINUTES} min",
            met=first.seconds <= 60 * MINUTES,
            note=note,
        ),
        Result(
            what="of that, not spent in the model",
            ours=f"{first.seconds - compute:.0f} s",
            theirs=f"{compute:.0f} s in it",
            ratio=f"{share:.0%}",
            target=f"≤ {SHARE:.0%}",
            met=share <= SHARE,
        ),
        Result(
            what="most memory of wergate run",
            ours=f"{first.peak_bytes / 1e9:.2f} GB",
            theirs="",
            ratio="",
            target=f"≤ {GIGABYTES} GB",
            met=first.peak_bytes <= GIGABYTES * 1e9,
        ),
        Result(
            what="the same again" if unchanged else f"the same again ({second.answer['outcome']}, not unchanged)",
            ours=f"{second.seconds:.1f} s",
            theirs=f"{first.seconds:.0f} s",
            ratio=f"{first.seconds / second.seconds:.0f}×",
            target=f"≤ {UNCHANGED_SECONDS} s",
            met=unchanged and second.seconds <= UNCHANGED_SECONDS,
        ),
    ]


def _run(root: Path, data: Path, home: Path) -> Run:
    import psutil  # accelerate brings it along

    environment = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    environment |= {"HOME": str(home), "WERGATE_DATA": str(data)}
    started = time.perf_counter()
    peak = 0
    with TemporaryFile() as answer:
        command = [sys.executable, "-m", "flows.cli", "run", "--json"]
        process = psutil.Popen(command, cwd=root, env=environment, stdout=answer)
        while process.poll() is None:
            peak = max(peak, _resident(process))
            time.sleep(_BETWEEN_LOOKS)
        took = time.perf_counter() - started
        if process.returncode:
            raise SystemExit(f"wergate run failed with exit code {process.returncode}; its messages are above")
        answer.seek(0)
        return Run(json.load(answer), took, peak)


def _resident(process: Any) -> int:
    import psutil

    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            try:
                total += one.memory_info().rss
            except psutil.Error:  # it has ended meanwhile
                continue
    except psutil.Error:
        pass
    return total


def _seconds_of_task(database: Path, name: str) -> float:
    """How long Prefect says that a task took, 0 when it did not run."""
    took = "SELECT SUM(julianday(end_time) - julianday(start_time)) FROM task_run WHERE name LIKE ? || '%'"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as records:
        return 86_400 * float(records.execute(took, (name,)).fetchone()[0] or 0.0)
