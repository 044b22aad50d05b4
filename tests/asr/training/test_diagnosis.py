"""Curves that were measured, and what is said of them; the trainings that made them are in test_diagnosed_trainings."""

from collections.abc import Sequence
from typing import Any

import pytest

from asr.training.diagnosis import Diagnosis, Plan, Point, diagnose
from asr.training.options import TrainingOptions

STEPS = (1, 10, 20, 30, 40, 50, 60)


def plan(rate: float = 5e-4, usual: float = 5e-4, steps: int = 60, **options: Any) -> Plan:
    chosen = TrainingOptions(**{"max_steps": steps, "evaluations": 6, "patience": 0} | options)
    return Plan(steps=steps, learning_rate=rate, usual_learning_rate=usual, options=chosen)


def curves(
    losses: Sequence[float | None], wers: Sequence[float] = (), *, rate: float = 5e-4, empty: float = 0.0
) -> list[Point]:
    """Losses at the first step and every tenth, dev WERs at every tenth."""
    shape = (0.2, 1.0, 0.9, 0.7, 0.4, 0.2, 0.01)  # a warm-up and a cosine
    points = [
        Point(step=step, loss=loss, learning_rate=rate * share)
        for step, loss, share in zip(STEPS, losses, shape, strict=False)
    ]
    points += [Point(step=step, dev_wer=wer, dev_empty=empty) for step, wer in zip(STEPS[1:], wers, strict=False)]
    return sorted(points, key=lambda point: point.step)


def names(found: Sequence[Diagnosis]) -> list[str]:
    return [one.name for one in found]


HEALTHY = {
    "the embedded base, 1e-3": ((1.22, 0.55, 0.03, 0.01, 0.00, 0.00, 0.00), (0.43, 0.33, 0.35, 0.35, 0.31, 0.31)),
    "1e-4": ((1.22, 0.97, 0.44, 0.21, 0.11, 0.07, 0.06), (0.69, 0.63, 0.63, 0.57, 0.57, 0.57)),
    "1e-2, which falls after a jump": (
        (1.22, 1.41, 0.76, 0.35, 0.11, 0.02, 0.01),
        (0.84, 0.67, 0.61, 0.59, 0.53, 0.53),
    ),
    "the sample data": ((0.44, 0.42, 0.35, 0.28, 0.24, 0.22, 0.19), (0.42, 0.32, 0.30, 0.26, 0.24, 0.23)),
    "a base that knows it all": ((0.02, 0.03, 0.02, 0.03, 0.02, 0.02, 0.02), (0.02, 0.02, 0.02, 0.02, 0.02, 0.02)),
    "no dev set": ((0.44, 0.42, 0.35, 0.28, 0.24, 0.22, 0.21), ()),
    "a first batch of easy utterances": ((0.2, 0.5, 0.5, 0.4, 0.4, 0.4, 0.4), (0.4, 0.38, 0.36, 0.36, 0.35, 0.35)),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_training_has_nothing(name: str) -> None:
    losses, wers = HEALTHY[name]
    assert diagnose(curves(losses, wers), plan()) == ()


FLAT = {
    "the embedded base, 1e-6": (1e-6, (1.22, 1.15, 1.13, 1.14, 1.13, 1.12, 1.13), (0.73,) * 6),
    "a whisper, 1e-5": (1e-5, (8.19, 8.13, 8.14, 8.09, 8.12, 8.10, 8.12), (1.0,) * 6),
    "a wav2vec2, 1e-4": (1e-4, (11.22, 14.68, 14.05, 14.12, 14.18, 13.82, 13.63), (1.0,) * 6),
    "no dev set": (1e-6, (1.22, 1.15, 1.13, 1.14, 1.13, 1.12, 1.13), ()),
}


@pytest.mark.parametrize("name", FLAT)
def test_too_low(name: str) -> None:
    rate, losses, wers = FLAT[name]
    [found] = diagnose(curves(losses, wers, rate=rate), plan(rate))
    assert (found.name, found.factor) == ("learning_rate_too_low", 10.0)
    assert f"set training.learning_rate = {10 * rate:.2g} (it was {rate:.2g})" in found.mend
    assert "over the last quarter of 60 steps" in found.evidence


HIGH = {
    "the embedded base, 0.1": (0.1, (1.22, 7.81, 8.77, 3.68, 3.09, 2.96, 2.93), (1.0,) * 6, 1.0),
    "0.02": (0.02, (1.22, 3.18, 3.87, 3.06, 2.95, 2.89, 2.87), (1.0,) * 6, 1.0),
    "a whisper, 1": (1.0, (8.19, 11.82, 28.01, 32.09, 18.5, 7.07, 4.51), (1.0, 1.0, 1.0, 1.0, 1.0, 2.0), 0.0),
    "blanks only": (0.1, (11.22, 8.61, 5.92, 3.49, 3.35, 3.03, 3.13), (1.0,) * 6, 1.0),
    "flat, at an unusual rate": (0.1, (8.0, 7.9, 8.1, 8.0, 7.9, 8.0, 8.0), (1.0,) * 6, 0.0),
    "no dev set": (0.1, (1.22, 7.81, 8.77, 3.68, 3.09, 2.96, 2.93), (), 0.0),
}


@pytest.mark.parametrize("name", HIGH)
def test_too_high(name: str) -> None:
    rate, losses, wers, empty = HIGH[name]
    [found] = diagnose(curves(losses, wers, rate=rate, empty=empty), plan(rate))
    assert (found.name, found.factor) == ("learning_rate_too_high", 0.1)
    assert f"set training.learning_rate = {rate / 10:.2g}" in found.mend
    assert f"{losses[0]:.3g} at first" in found.evidence or "in the beginning" in found.evidence


@pytest.mark.parametrize(
    ("rate", "name"),
    [(1e-4, "learning_rate_too_low"), (5e-4, "learning_too_slow"), (1e-2, "learning_rate_too_high")],
)
def test_who_writes_nothing_is_judged_by_the_usual_rate(rate: float, name: str) -> None:
    """The curves of too low and of too high a rate are the same then."""
    losses = (3.56, 3.47, 3.09, 3.03, 2.99, 2.96, 2.96)
    [found] = diagnose(curves(losses, (1.0,) * 6, rate=rate, empty=1.0), plan(rate))
    assert found.name == name
    assert "nothing is written for 100 % of the dev utterances" in found.evidence


def test_overfitting() -> None:
    found = diagnose(
        curves((1.0, 0.8, 0.5, 0.3, 0.2, 0.1, 0.05), (0.3, 0.2, 0.19, 0.21, 0.22, 0.24)), plan(spec_augment=False)
    )
    assert names(found) == ["overfitting"]
    assert "rose from 19.0 % at step 30 to 24.0 % at step 60 while the loss fell from 0.3 to 0.05" in found[0].evidence
    assert found[0].mend == "set training.max_steps = 30, training.spec_augment = true, or add training data"


@pytest.mark.parametrize(
    ("losses", "wers"),
    [
        ((1.0, 0.8, 0.5, 0.3, 0.2, 0.1, 0.05), (0.3, 0.2, 0.19, 0.2, 0.2, 0.2)),
        ((1.0, 0.8, 0.5, 0.3, 0.2, 0.1, 0.05), (0.3, 0.2, 0.19, 0.19, 0.19, 0.24)),
        ((1.0, 0.8, 0.5, 0.3, 0.2, 0.1, 0.05), (0.0, 0.0, 0.0, 0.0, 0.005, 0.005)),
        ((1.0, 0.8, 0.5, 0.3, 0.3, 0.3, 0.3), (0.3, 0.2, 0.19, 0.21, 0.22, 0.24)),
        ((4.0, 3.0, 2.5, 2.3, 2.2, 2.0, 1.6), (1.0, 1.0, 1.2, 1.3, 1.3, 1.3)),
    ],
    ids=["it rose by a word", "only once", "from nothing", "the loss did not fall", "from a model that wrote nothing"],
)
def test_no_overfitting(losses: tuple[float, ...], wers: tuple[float, ...]) -> None:
    assert "overfitting" not in names(diagnose(curves(losses, wers), plan()))


FALLING = (1.22, 1.15, 1.05, 0.9, 0.75, 0.62, 0.55)
STILL = (0.9, 0.8, 0.7, 0.6, 0.5, 0.42)


@pytest.mark.parametrize(
    ("options", "steps", "mend"),
    [
        ({}, 60, "training.max_steps = 120"),
        ({"max_steps": 0, "epochs": 5}, 60, "training.epochs = 10"),
        ({"max_steps": 0, "max_minutes": 1.5}, 100, "training.max_minutes = 3"),
    ],
)
def test_too_slow(options: dict[str, Any], steps: int, mend: str) -> None:
    [found] = diagnose(curves(FALLING, STILL), plan(steps=steps, **options))
    assert found.name == "learning_too_slow"
    assert found.mend == f"set {mend}"
    assert "the dev WER from 50.0 % to 42.0 %" in found.evidence


@pytest.mark.parametrize("wers", [(0.9, 0.8, 0.7, 0.6, 0.5, 0.49), (0.9, 0.5, 0.52, 0.53, 0.52, 0.52), ()])
def test_who_is_done_was_not_too_slow(wers: tuple[float, ...]) -> None:
    """The loss still falls, as it does to the end of every training, but the dev WER does not."""
    assert diagnose(curves(FALLING, wers), plan()) == ()


def test_what_is_still_going_on_is_not_too_slow() -> None:
    assert diagnose(curves(FALLING, STILL), plan(), ended=False) == ()


def test_before_half_of_the_steps_nothing_is_said() -> None:
    points = curves((1.22, 1.15, 1.13, 1.14, 1.13), (0.73,) * 4)
    assert diagnose(points, plan(steps=100), ended=False) == ()
    assert names(diagnose(points, plan(steps=80), ended=False)) == ["learning_rate_too_low"]
    assert names(diagnose(points, plan(steps=100))) == ["learning_rate_too_low"]


def test_a_few_steps_are_no_curve() -> None:
    points = [Point(step=step, loss=1.0, learning_rate=1e-3) for step in (1, 6, 12, 18)]
    assert diagnose(points, plan(steps=18)) == ()


@pytest.mark.parametrize("points", [[], [Point(step=1, dev_wer=0.5)], [Point(step=60, loss=float("nan"))]])
def test_nothing_measured(points: list[Point]) -> None:
    assert diagnose(points, plan()) == ()


def test_divergence_is_the_whole_diagnosis() -> None:
    [found] = diagnose(curves((1.22, 47.5, 226.1)), plan(1.0), diverged_at=20)
    assert (found.name, found.factor) == ("diverged", 0.1)
    assert found.sentence() == (
        "at step 20 the loss or the weights were no numbers to go on with; the loss went from 1.22 to 226: "
        "set training.learning_rate = 0.1 (it was 1)"
    )


def fault(name: str) -> tuple[Diagnosis, ...]:
    return (Diagnosis(name=name, evidence=name, mend=""),)


def test_faults_are_those_of_the_step_that_is_kept() -> None:
    points = [
        Point(step=0, faults=fault("base")),
        Point(step=10, dev_wer=1.5, faults=fault("begin")),
        Point(step=20, dev_wer=0.5, faults=fault("best")),
        Point(step=30, dev_wer=1.2, faults=fault("last")),
    ]
    assert names(diagnose(points, plan())) == ["base", "best"]
    assert names(diagnose([*points[:2], points[3]], plan())) == ["base", "last"], "when none is any good"


def test_a_loss_that_rises_beside_a_falling_wer_is_that_of_replayed_speech() -> None:
    """The first batch was full of what the base knows; found with recordings of real people beside replay."""
    points = curves((0.276, 0.45, 0.43, 0.42), (0.282, 0.275, 0.270))
    assert "learning_rate_too_high" not in names(diagnose(points, plan(), ended=False))
    rising = curves((0.276, 0.45, 0.43, 0.42), (0.282, 0.285, 0.290))
    assert names(diagnose(rising, plan(), ended=False)) == ["learning_rate_too_high"]


def test_one_dev_wer_does_not_tell_whether_it_fell() -> None:
    flat = (0.41, 0.43, 0.42, 0.44, 0.42, 0.43, 0.42)
    assert diagnose(curves(flat, (0.367,)), plan()) == ()
    assert names(diagnose(curves(flat, (0.367, 0.367)), plan())) == ["learning_rate_too_low"]
