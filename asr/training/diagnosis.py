"""What ails a training, told by its curves: a name, the evidence in numbers, and the setting that mends it.

The thresholds come from trainings of the embedded base and of small models with random weights, at learning rates from
1e-6 to 1 (docs/training.md shows some of them).
"""

import math
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from asr.training.options import TrainingOptions

TOO_LOW = "learning_rate_too_low"
TOO_HIGH = "learning_rate_too_high"
DIVERGED = "diverged"
OVERFITTING = "overfitting"
TOO_SLOW = "learning_too_slow"

RATE_FACTOR = 10.0
"""One wrong power of ten is the usual mistake; half of it often changes nothing that can be seen."""

_FEWEST_STEPS, _FEWEST_LOSSES = 20, 4  # less is no curve
_FLAT = 0.1  # share of the loss; where it fell by less, ten times the rate was better for every model that was tried
_IMPROVED = 0.05  # share of the dev WER; single words of a small dev set change by chance
_RISEN = 1.5  # times the first loss: single batches differ by a fifth; what is lost ends at 2.5 times and more
_JUMPED = 2.0  # times the first loss, on the way
_UNUSUAL = 3.0  # times the usual rate, or one part in as many, to decide where the curves do not
_EMPTY = 0.9  # share of the dev utterances for which nothing is written
_NOTHING_LEARNED = 0.9  # dev WER
_LEARNED = 0.05  # dev WER, or nats a token: there is not much left to learn
_WER_ROSE, _WER_ROSE_LEAST = 0.1, 0.01  # share of the best dev WER, and at least; half as much the evaluation before
_STILL_FALLING = 0.1  # share of the dev WER or loss from the evaluation or third before; the sample data end at 0.05
_STILL_STEADY = 0.5  # fall in the last third of the learning over that in the second; near 0 where it is done


class Diagnosis(BaseModel):
    """One thing that is wrong with a training."""

    model_config = ConfigDict(frozen=True)

    name: str
    evidence: str
    """A sentence with the numbers."""
    mend: str
    """What to do: a setting with its value."""
    factor: float | None = None
    """What to multiply the learning rate by, where that is the mend."""

    def sentence(self) -> str:
        """Evidence and mend in one line."""
        return f"{self.evidence}: {self.mend}"


class Point(BaseModel):
    """What was measured at one step."""

    model_config = ConfigDict(frozen=True)

    step: int
    loss: float | None = None
    """Mean over the steps since the last point with a loss, in nats a token."""
    learning_rate: float | None = None
    gradient_norm: float | None = None
    """Before it was clipped."""
    dev_wer: float | None = None
    dev_empty: float | None = None
    """Share of the dev utterances for which nothing was written."""
    faults: tuple[Diagnosis, ...] = ()
    """What was seen in the dev hypotheses of this step, or at step 0 in the base."""


class Plan(BaseModel):
    """How a training was meant."""

    model_config = ConfigDict(frozen=True)

    steps: int
    learning_rate: float
    usual_learning_rate: float
    """What is chosen for such a model when the user names none."""
    options: TrainingOptions


class _Window(BaseModel):
    step: int
    width: int
    loss: float
    learning_rate: float


def diagnose(
    points: Sequence[Point], plan: Plan, *, ended: bool = True, diverged_at: int | None = None
) -> tuple[Diagnosis, ...]:
    """Name what is wrong, each thing once: with the training so far, or with the whole of it when it has `ended`.

    `diverged_at` is the step at which it was stopped because its loss or weights were no numbers any more.
    """
    if diverged_at is not None:
        return (_diverged(points, plan, diverged_at), *_faults(points))
    windows = _windows(points)
    far = bool(windows) and (ended or windows[-1].step >= plan.steps / 2)
    found: list[Diagnosis | None] = []
    if far and windows[-1].step >= _FEWEST_STEPS and len(windows) >= _FEWEST_LOSSES:
        rate = _learning_rate(points, windows, plan)
        found = [rate, _overfitting(points, windows, plan)]
        if ended and rate is None:
            found.append(_too_slow(points, windows, plan))
    by_name: dict[str, Diagnosis] = {}
    for one in (*filter(None, found), *_faults(points)):
        by_name.setdefault(one.name, one)
    return tuple(by_name.values())


def _windows(points: Sequence[Point]) -> list[_Window]:
    """The losses that are numbers, each with the steps that it is the mean of."""
    windows: list[_Window] = []
    before = 0
    for point in points:
        if point.loss is not None:
            if math.isfinite(point.loss):
                rate = point.learning_rate or 0.0
                windows.append(_Window(step=point.step, width=point.step - before, loss=point.loss, learning_rate=rate))
            before = point.step
    return windows


def _mean(windows: Sequence[_Window]) -> float:
    return sum(one.loss * one.width for one in windows) / sum(one.width for one in windows)


def _dev_wers(points: Sequence[Point]) -> list[tuple[int, float]]:
    return [(point.step, point.dev_wer) for point in points if point.dev_wer is not None]


def _diverged(points: Sequence[Point], plan: Plan, step: int) -> Diagnosis:
    losses = [point.loss for point in points if point.loss is not None]
    rose = f"the loss went from {losses[0]:.3g} to {losses[-1]:.3g}" if losses else "no loss was measured"
    return _rate_diagnosis(
        DIVERGED, f"at step {step} the loss or the weights were no numbers to go on with; {rose}", plan
    )


def _rate_diagnosis(name: str, evidence: str, plan: Plan) -> Diagnosis:
    factor = RATE_FACTOR if name == TOO_LOW else 1 / RATE_FACTOR
    rate = plan.learning_rate * factor
    mend = f"set training.learning_rate = {rate:.2g} (it was {plan.learning_rate:.2g})"
    return Diagnosis(name=name, evidence=evidence, mend=mend, factor=factor)


def _learning_rate(points: Sequence[Point], windows: Sequence[_Window], plan: Plan) -> Diagnosis | None:
    """A loss that does not fall: too high a rate pushed it up from its start, too low a rate left it there."""
    first, peak = windows[0].loss, max(windows, key=lambda one: one.loss)
    early = _mean([one for one in windows if one.step <= max(windows[1].step, plan.steps / 10)])
    late = _mean([one for one in windows if one.step > 0.75 * windows[-1].step])
    wers = [wer for _, wer in _dev_wers(points)]
    improved = len(wers) > 1 and wers[-1] <= (1 - _IMPROVED) * wers[0]
    if improved or (min(wers) if wers else late) <= _LEARNED:
        return None
    learned_nothing = wers[-1] >= _NOTHING_LEARNED if wers else late >= first
    from_to = f"the loss was {first:.3g} at first and {late:.3g} over the last quarter of {windows[-1].step} steps"
    told = f", dev WER {100 * wers[-1]:.1f} %" if wers else ""
    # Replayed speech is known already: the loss of a first batch that is full of it says little beside a falling WER.
    if late >= _RISEN * first and (len(wers) < 2 or wers[-1] >= wers[0]):
        return _rate_diagnosis(TOO_HIGH, f"{from_to}{told}", plan)
    if peak.loss >= _JUMPED * first and learned_nothing:
        return _rate_diagnosis(TOO_HIGH, f"{from_to}, {peak.loss:.3g} near step {peak.step}{told}", plan)
    share = plan.learning_rate / plan.usual_learning_rate
    usual = f"; for such a model {plan.usual_learning_rate:.2g} is usual"
    empty = next((point.dev_empty for point in reversed(points) if point.dev_empty is not None), 0.0)
    if empty >= _EMPTY:
        told = f", and nothing is written for {100 * empty:.0f} % of the dev utterances"
        if share >= _UNUSUAL or share <= 1 / _UNUSUAL:
            return _rate_diagnosis(TOO_HIGH if share > 1 else TOO_LOW, f"{from_to}{told}{usual}", plan)
        evidence = f"{from_to}{told}, which is how a model begins that is new to writing"
        return Diagnosis(name=TOO_SLOW, evidence=evidence, mend=_longer(points, plan))
    if late > (1 - _FLAT) * early and len(wers) != 1:  # one dev WER does not tell whether it fell
        flat = from_to.replace(f"{first:.3g} at first", f"{early:.3g} in the beginning")
        if share >= _UNUSUAL:
            return _rate_diagnosis(TOO_HIGH, f"{flat}{told}{usual}", plan)
        return _rate_diagnosis(TOO_LOW, f"{flat}, never far above it{told}", plan)
    return None


def _overfitting(points: Sequence[Point], windows: Sequence[_Window], plan: Plan) -> Diagnosis | None:
    """The dev WER has risen since its best step, twice, while the loss went on falling."""
    wers = _dev_wers(points)
    if len(wers) < 3:
        return None
    best_step, best = min(wers, key=lambda one: one[1])
    (step_before, before), (last_step, last) = wers[-2:]
    least = max(_WER_ROSE * best, _WER_ROSE_LEAST)
    rose = last >= best + least and before >= best + least / 2
    until = [one for one in windows if one.step <= best_step]
    after = [one for one in windows if one.step > step_before]
    if step_before <= best_step or best >= _NOTHING_LEARNED or not rose or not until or not after:
        return None
    old, new = _mean(until[-max(1, len(until) // 4) :]), _mean(after)
    if new > (1 - _FLAT) * old:
        return None
    switched_off = [name for name in ("spec_augment", "noise", "speed_perturbation") if not getattr(plan.options, name)]
    switch_on = f", training.{switched_off[0]} = true" if switched_off else ""
    return Diagnosis(
        name=OVERFITTING,
        evidence=f"the dev WER rose from {100 * best:.1f} % at step {best_step} to {100 * last:.1f} % at step "
        f"{last_step} while the loss fell from {old:.3g} to {new:.3g}",
        mend=f"set training.max_steps = {best_step}{switch_on}, or add training data",
    )


def _too_slow(points: Sequence[Point], windows: Sequence[_Window], plan: Plan) -> Diagnosis | None:
    """Steps or minutes were over, and dev WER and loss were still falling clearly."""
    wers = [wer for _, wer in _dev_wers(points)]
    if len(wers) < 2:  # the loss alone falls to the end of every training
        return None
    total = sum(one.width * one.learning_rate for one in windows)
    thirds: list[list[_Window]] = [[], [], []]
    done = 0.0
    for window in windows:  # by the sum of the learning rates: near the end of the cosine no loss falls
        share = window.width * window.learning_rate
        thirds[int(3 * (done + share / 2) / total) if total else 2].append(window)
        done += share
    if not all(thirds):
        return None
    one, two, three = map(_mean, thirds)
    loss_falls = two - three >= max(_STILL_STEADY * (one - two), _STILL_FALLING * two)
    wer_falls = wers[-1] <= (1 - _STILL_FALLING) * min(wers[:-1])
    if not loss_falls or not wer_falls:
        return None
    evidence = f"when the training was over, the loss still fell from {two:.3g} to {three:.3g}, and the dev WER from "
    evidence += f"{100 * wers[-2]:.1f} % to {100 * wers[-1]:.1f} %"
    return Diagnosis(name=TOO_SLOW, evidence=evidence, mend=_longer(points, plan))


def _longer(points: Sequence[Point], plan: Plan) -> str:
    """The bound that ended the training, twice as wide."""
    options, last = plan.options, max(point.step for point in points)
    if last < plan.steps and _out_of_patience([wer for _, wer in _dev_wers(points)], plan):
        return f"set training.patience = {2 * options.patience}"
    if last < plan.steps and options.max_minutes:
        return f"set training.max_minutes = {2 * options.max_minutes:g}"
    if options.max_steps and options.max_steps <= plan.steps:
        return f"set training.max_steps = {2 * options.max_steps}"
    return f"set training.epochs = {2 * options.epochs:g}"


def _out_of_patience(wers: Sequence[float], plan: Plan) -> bool:
    since_best = len(wers) - 1 - wers.index(min(wers)) if wers else 0
    return 0 < plan.options.patience <= since_best


def _faults(points: Sequence[Point]) -> tuple[Diagnosis, ...]:
    """What was seen in the base, and in the dev hypotheses of the best step, or of the last when none is any good."""
    seen = [point for point in points if point.step == 0]
    judged = [(point.dev_wer, point) for point in points if point.dev_wer is not None]
    if judged:
        best_wer, best = min(judged, key=lambda one: one[0])
        seen.append(best if best_wer < _NOTHING_LEARNED else judged[-1][1])
    return tuple(fault for point in seen for fault in point.faults)
