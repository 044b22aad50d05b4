"""What was measured is written and read without loss."""

import json
import math
from pathlib import Path

from asr.training.diagnosis import Diagnosis, Point
from asr.training.history import read_history, read_log, write_history

FAULT = Diagnosis(name="runaway_decoding", evidence="much", mend="less")
LOG = [
    {"step": 0, "faults": [FAULT.model_dump()]},
    {"step": 1, "epoch": 0.1, "loss": 2.0, "grad_norm": 3.5, "learning_rate": 1e-4},
    {"step": 2, "epoch": 0.2, "loss": math.nan, "grad_norm": math.inf, "learning_rate": 2e-4},
    {"step": 2, "epoch": 0.2, "eval_dev_wer": 0.5, "eval_dev_empty": 0.25, "faults": []},
    {"step": 2, "epoch": 0.2, "train_runtime": 1.0},
]


def test_the_log_of_a_trainer() -> None:
    points = read_log(LOG)
    assert [point.step for point in points] == [0, 1, 2, 2]
    assert points[0].faults == (FAULT,)
    assert points[1] == Point(step=1, loss=2.0, learning_rate=1e-4, gradient_norm=3.5)
    assert points[2].loss is not None and math.isnan(points[2].loss)
    assert points[3] == Point(step=2, dev_wer=0.5, dev_empty=0.25)


def test_the_file_is_json_that_everybody_reads(tmp_path: Path) -> None:
    write_history(read_log(LOG), tmp_path / "history.json")
    text = (tmp_path / "history.json").read_text()
    assert "NaN" not in text and "Infinity" not in text
    assert json.loads(text) == [
        {"step": 1, "loss": 2.0, "learning_rate": 1e-4, "gradient_norm": 3.5},
        {"step": 2, "loss": None, "learning_rate": 2e-4, "gradient_norm": None},
        {"step": 2, "dev_wer": 0.5},
    ]
    assert read_history(tmp_path / "history.json") == [
        Point(step=1, loss=2.0, learning_rate=1e-4, gradient_norm=3.5),
        Point(step=2, learning_rate=2e-4),
        Point(step=2, dev_wer=0.5),
    ]
