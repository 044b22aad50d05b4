"""The gate: the checks that decide whether a candidate replaces the champion.

A check is one function that answers with `Check`s; to add one, write it and put it into `CHECKS` where it belongs.
The first check in that list that fails decides the outcome.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from asr.scoring.evaluation import Evaluation

Outcome = Literal["promote", "reject", "inconclusive"]

_ROUNDING = 1e-9
"""A rate of exactly the limit passes, whatever its last binary digit."""


class Limits(BaseModel):
    """What a candidate must reach."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_gain: float = Field(0.05, ge=0, lt=1, description="Least share of the champion's word errors that must go.")
    guard_tolerance: float = Field(0.02, ge=0, description="Most that the WER of a guard set may rise, absolute.")
    min_words: int = Field(100, ge=1, description="Fewest reference words in the test corpus that allow a decision.")


class Check(BaseModel):
    """One question of the gate, answered: its number, its limit, and what that means in a sentence."""

    model_config = ConfigDict(frozen=True)

    name: str
    value: float
    limit: float
    passed: bool
    sentence: str


class Verdict(BaseModel):
    """What the gate decided, with every check."""

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    checks: tuple[Check, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the checks look at: two models on the test corpus, and on every guard set."""

    champion: Evaluation
    candidate: Evaluation
    guards: tuple[tuple[Evaluation, Evaluation], ...]
    """Champion and candidate on one guard set each."""
    limits: Limits


def judge(
    champion: Evaluation,
    candidate: Evaluation,
    guards: Sequence[tuple[Evaluation, Evaluation]],
    limits: Limits,
) -> Verdict:
    """Decide whether the candidate replaces the champion; each pair of `guards` is (champion, candidate).

    Numbers that cannot be compared are refused before any other check looks at them.
    """
    comparison = Comparison(champion, candidate, tuple(guards), limits)
    checks: list[Check] = []
    for check in CHECKS:
        checks += check(comparison)
        if check is comparable and not checks[-1].passed:
            break
    failed = [check for check in checks if not check.passed]
    outcome: Outcome = "promote"
    reasons = [check for check in checks if check.name == "relative_gain"]
    if failed and failed[0].name in INCONCLUSIVE:
        outcome, reasons = "inconclusive", failed[:1]
    elif failed:
        outcome, reasons = "reject", failed
    sentence = " ".join(check.sentence for check in reasons)
    return Verdict(outcome=outcome, checks=tuple(checks), sentence=sentence)


def choose(
    champion: Sequence[Evaluation], candidates: Sequence[Sequence[Evaluation]], limits: Limits
) -> tuple[int, Verdict]:
    """Judge every candidate, and say which one counts: the best that may be promoted, else the best of all.

    The first evaluation of each model is on the testing corpus, the others are on guard sets. The best has the lowest
    WER on the testing corpus; of equals it is the first.
    """
    verdicts = [judge(champion[0], one[0], list(zip(champion[1:], one[1:], strict=True)), limits) for one in candidates]

    def rank(number: int) -> tuple[bool, float, int]:
        wer = candidates[number][0].wer
        return verdicts[number].outcome != "promote", wer if math.isfinite(wer) else math.inf, number

    best = min(range(len(candidates)), key=rank)
    verdict = verdicts[best]
    others = [one[0] for number, one in enumerate(candidates) if number != best]
    if others:
        said = ", ".join(f"the {one.model} has {one.wer:.2%}" for one in others)
        is_kept = "was kept" if verdict.outcome == "promote" else "was judged"  # the champion stays
        kept = f"The {candidates[best][0].model} {is_kept} (WER {candidates[best][0].wer:.2%}); {said}."
        verdict = verdict.model_copy(update={"sentence": f"{verdict.sentence} {kept}"})
    return best, verdict


def comparable(comparison: Comparison) -> Iterator[Check]:
    """Refuse numbers that say nothing: other utterances, another normalizer or recognition, or no valid rate."""
    pairs = ((comparison.champion, comparison.candidate), *comparison.guards)
    problems = [problem for pair in pairs for problem in _problems(*pair)]
    sentence = (
        f"The two models cannot be compared: {'; '.join(problems)}."
        if problems
        else "Both models were measured on the same utterances, in the same way, with the same normalizer."
    )
    yield Check(name="comparable", value=len(problems), limit=0, passed=not problems, sentence=sentence)


def guard_sets(comparison: Comparison) -> Iterator[Check]:
    """Ask of every guard set whether it stayed within its tolerance."""
    tolerance = comparison.limits.guard_tolerance
    for champion, candidate in comparison.guards:
        name = champion.corpus.rstrip("/").rpartition("/")[2]
        rise = candidate.wer - champion.wer
        passed = rise <= tolerance + _ROUNDING
        if rise > 0:
            change = f"got worse by {100 * rise:.2f} points"
        elif rise < 0:
            change = f"got better by {-100 * rise:.2f} points"
        else:
            change = "stayed as it was"
        rates = f"WER {champion.wer:.2%} → {candidate.wer:.2%}"
        sentence = f"The guard set {name} {change} ({rates}); {100 * tolerance:.2f} points worse are tolerated."
        yield Check(name=f"guard:{name}", value=rise, limit=tolerance, passed=passed, sentence=sentence)


def enough_words(comparison: Comparison) -> Iterator[Check]:
    """Ask whether the test corpus is large enough for any decision."""
    words, limit = comparison.champion.words, comparison.limits.min_words
    has = f"The test corpus has {words:,} reference words"
    if words >= limit:
        sentence = f"{has}; at least {limit:,} are needed to decide."
    else:
        sentence = f"{has}, too few to decide; add at least {limit - words:,} more to reach {limit:,}."
    yield Check(name="enough_words", value=words, limit=limit, passed=words >= limit, sentence=sentence)


def relative_gain(comparison: Comparison) -> Iterator[Check]:
    """Ask whether enough of the champion's word errors are gone; no gain at all is never enough."""
    before, after, limit = comparison.champion.wer, comparison.candidate.wer, comparison.limits.min_gain
    gain = (before - after) / before if before > 0 else 0.0
    asked = f"at least {limit:.1%} fewer are asked for" if limit > 0 else "any fewer are enough"
    if before == 0:
        sentence = "The champion makes no error on the test corpus, so there is nothing to gain."
    elif after < before:
        sentence = f"{gain:.1%} of the word errors are gone (WER {before:.2%} → {after:.2%}); {asked}."
    elif after == before:
        sentence = f"Not fewer word errors than before (WER {before:.2%} for both); {asked}."
    else:
        sentence = f"There are {-gain:.1%} more word errors than before (WER {before:.2%} → {after:.2%}); {asked}."
    passed = gain > 0 and gain >= limit - _ROUNDING
    yield Check(name="relative_gain", value=gain, limit=limit, passed=passed, sentence=sentence)


CHECKS: tuple[Callable[[Comparison], Iterator[Check]], ...] = (comparable, guard_sets, enough_words, relative_gain)
"""In the order in which they decide."""

INCONCLUSIVE = frozenset({"enough_words"})
"""Checks that say, when they fail, that nothing can be said."""


def _problems(champion: Evaluation, candidate: Evaluation) -> Iterator[str]:
    on = champion.corpus
    if champion.corpus_fingerprint != candidate.corpus_fingerprint:
        yield f"on {on} the data differ ({champion.corpus_fingerprint[:12]} and {candidate.corpus_fingerprint[:12]})"
    for what, one, other in (
        ("normalizers", champion.normalizer, candidate.normalizer),
        ("ways of recognition", champion.recognition, candidate.recognition),
        ("numbers of utterances", champion.utterances, candidate.utterances),
        ("numbers of reference words", champion.words, candidate.words),
    ):
        if one != other:
            yield f"on {on} the {what} differ ({one} and {other})"
    for evaluation in (champion, candidate):
        if not math.isfinite(evaluation.wer) or evaluation.wer < 0:
            yield f"the WER of {evaluation.model} on {on} is {evaluation.wer}, which is no error rate"
        if evaluation.words <= 0:
            yield f"{evaluation.model} was measured on {evaluation.words} reference words of {on}"
