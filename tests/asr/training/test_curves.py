"""The picture of a training is one that browsers draw and screen readers read."""

import math
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from asr.training.attempt import Attempt
from asr.training.curves import svg_curves, write_curves
from asr.training.diagnosis import Point
from asr.training.history import write_history

SVG = "{http://www.w3.org/2000/svg}"
POINTS = [
    Point(step=1, loss=2.0, learning_rate=1e-4),
    Point(step=10, loss=math.nan, learning_rate=1e-3),
    Point(step=20, loss=1.0, learning_rate=1e-5),
    Point(step=10, dev_wer=0.5),
    Point(step=20, dev_wer=0.75),
]


def parsed(points: list[Point]) -> ElementTree.Element:
    return ElementTree.fromstring(svg_curves(points, 'a <b> & "c"', "key"))


def test_each_curve_has_a_panel_and_a_sentence() -> None:
    picture = parsed(POINTS)
    texts = [element.text for element in picture.iter(f"{SVG}text")]
    assert [text for text in texts if text in ("loss", "learning rate", "dev WER")] == [
        "loss", "learning rate", "dev WER",
    ]  # fmt: skip
    assert {"2", "0.001", "75.0 %", "step 20"} <= set(texts)
    assert picture.findtext(f"{SVG}title") == 'Curves of a <b> & "c"'
    told = picture.findtext(f"{SVG}desc") or ""
    assert "loss from 2 to 1, lowest 1 at step 20" in told
    assert "dev WER from 50.0 % to 75.0 %, lowest 50.0 % at step 10" in told
    assert picture.get("aria-labelledby") == "key-title key-desc"
    assert not list(picture.iter(f"{SVG}script"))
    assert "prefers-color-scheme" in (picture.findtext(f"{SVG}style") or "")


def test_points_are_where_they_belong() -> None:
    lines = [element.get("points") or "" for element in parsed(POINTS).iter(f"{SVG}polyline")]
    assert len(lines) == 3
    loss = [tuple(map(float, pair.split(","))) for pair in lines[0].split()]
    assert len(loss) == 2, "what is no number is left out"
    assert loss[0][0] < loss[1][0] and loss[0][1] < loss[1][1], "later is right, less is down"
    [best] = [element for element in parsed(POINTS).iter(f"{SVG}circle") if element.get("class") == "best"]
    assert f"{best.get('cx')},{best.get('cy')}" == lines[2].split()[0]


@pytest.mark.parametrize(
    ("points", "panels"),
    [
        ([], 0),
        ([Point(step=1, loss=1.0)], 1),
        ([Point(step=1, loss=math.inf)], 0),
        ([Point(step=1, loss=0.0, learning_rate=0.0)], 2),
        ([Point(step=1, loss=-1.0)], 1),
    ],
)
def test_little_or_odd(points: list[Point], panels: int) -> None:
    assert len(list(parsed(points).iter(f"{SVG}polyline"))) == panels
    assert "nan" not in svg_curves(points, "x", "y").lower()


def test_a_long_training_is_a_small_picture() -> None:
    points = [Point(step=step, loss=1.0 + 1 / step, learning_rate=1e-4) for step in range(1, 100_001)]
    text = svg_curves(points, "long", "long")
    assert len(text) < 30_000
    assert re.search(r'points="[^"]* 626\.0,', text), "with its last point"


def test_the_file_stands_alone(tmp_path: Path) -> None:
    write_curves(POINTS, tmp_path / "curves.svg")
    assert ElementTree.parse(tmp_path / "curves.svg").getroot().tag == f"{SVG}svg"


def test_the_curves_of_an_attempt(tmp_path: Path) -> None:
    attempt = Attempt(learning_rate=1e-3, steps=20, best_step=10, dev_wer=0.5, history=tmp_path / "history.json")
    assert attempt.curves("one") == "", "its history may be gone"
    write_history(POINTS, attempt.history)
    assert "Curves of the training with learning rate 0.001" in attempt.curves("one")
    assert 'id="one-title"' in attempt.curves("one")
