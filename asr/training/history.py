"""What the trainer measured at its steps, as points, and the file that keeps them."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from asr.training.diagnosis import Diagnosis, Point

FAULTS = "faults"
"""Where the log of the trainer, which checkpoints keep, holds what was seen in the dev hypotheses of a step."""

_NAMES = {
    "loss": "loss",
    "learning_rate": "learning_rate",
    "grad_norm": "gradient_norm",
    "eval_dev_wer": "dev_wer",
    "eval_dev_empty": "dev_empty",
}
"""How transformers calls what Wergate measures."""


def read_log(log_history: Iterable[Mapping[str, Any]]) -> list[Point]:
    """The points in the log of a trainer's state."""
    points = []
    for entry in log_history:
        values = {name: entry[theirs] for theirs, name in _NAMES.items() if theirs in entry}
        if values or entry.get(FAULTS):
            faults = tuple(Diagnosis.model_validate(fault) for fault in entry.get(FAULTS, ()))
            points.append(Point(step=entry["step"], **values, faults=faults))
    return points


def write_history(points: Sequence[Point], path: Path) -> None:
    """Write JSON: a list of {step, loss, learning_rate, gradient_norm} and {step, dev_wer}; null is no number."""
    kept = {"step", "loss", "learning_rate", "gradient_norm", "dev_wer"}
    curve = [point.model_dump(include=kept, exclude_none=True) for point in points]
    rows = [{name: _number(value) for name, value in point.items()} for point in curve if len(point) > 1]
    path.write_text(json.dumps(rows, indent=1, allow_nan=False), encoding="utf-8")


def read_history(path: Path) -> list[Point]:
    """Read the points back."""
    return [Point.model_validate(row) for row in json.loads(path.read_text(encoding="utf-8"))]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
