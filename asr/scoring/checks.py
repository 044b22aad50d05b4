"""The checks of the gate: each asks one question about two models, and answers with its number and a sentence.

To add one, write it and put it into the tuple at the end that it belongs to.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from asr.scoring.comparison import Comparison
from asr.scoring.evaluation import Evaluation

_ROUNDING = 1e-9
"""A rate of exactly the limit passes, whatever its last binary digit."""


class Limits(BaseModel):
    """What a candidate must reach."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_gain: float = Field(0.05, ge=0, lt=1, description="Least share of the champion's word errors that must go.")
    confidence: float = Field(0.95, ge=0.5, lt=1, description="Least probability that the candidate is better.")
    guard_tolerance: float = Field(0.02, ge=0, description="Most that the WER of a guard set may rise, absolute.")
    insertion_tolerance: float = Field(0.01, ge=0, description="Most that the insertion rate may rise, absolute.")
    max_slowdown: float = Field(4.0, ge=1, description="How many times as long recognition may take.")
    min_words: int = Field(100, ge=1, description="Fewest reference words in the test corpus that allow a decision.")


class Check(BaseModel):
    """One question of the gate, answered: its number, its limit, and what that means in a sentence."""

    model_config = ConfigDict(frozen=True)

    name: str
    value: float
    limit: float
    passed: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Case:
    """What the checks look at: two models on the test corpus, and on every guard set."""

    champion: Evaluation
    candidate: Evaluation
    guards: tuple[tuple[Evaluation, Evaluation], ...]
    """Champion and candidate on one guard set each."""
    comparison: Comparison | None
    leaks: tuple[str, ...]
    """What the candidate trained on of the data that it is judged by, in words."""
    limits: Limits


def comparable(case: Case) -> Iterator[Check]:
    """Refuse numbers that say nothing: other utterances, another normalizer or recognition, or no valid rate."""
    pairs = ((case.champion, case.candidate), *case.guards)
    problems = [problem for pair in pairs for problem in _problems(*pair)]
    how = "in the same way" if case.champion.recognition == case.candidate.recognition else "each where it runs"
    sentence = (
        f"The two models cannot be compared: {'; '.join(problems)}."
        if problems
        else f"Both models were measured on the same utterances, {how}, with the same normalizer."
    )
    yield Check(name="comparable", value=len(problems), limit=0, passed=not problems, sentence=sentence)


def no_leakage(case: Case) -> Iterator[Check]:
    """Refuse a candidate that has trained on what it is judged by."""
    count = len(case.leaks)
    more = f" and {count - 3:,} more" if count > 3 else ""
    sentence = (
        f"The candidate has trained on what it is judged by: {'; '.join(case.leaks[:3])}{more}."
        if count
        else "The candidate has trained on no audio that it is judged by, and on no sentence of it by the same "
        "speaker or from text."
    )
    yield Check(name="no_leakage", value=count, limit=0, passed=not count, sentence=sentence)


def guard_sets(case: Case) -> Iterator[Check]:
    """Ask of every guard set whether it stayed within its tolerance."""
    tolerance = case.limits.guard_tolerance
    for champion, candidate in case.guards:
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


def slices(case: Case) -> Iterator[Check]:
    """Ask whether a part of the test corpus got worse beyond chance, corrected for how many parts there are."""
    found = case.comparison.slices if case.comparison else ()
    worse = [one for one in found if one.worse]
    judged = sum(not one.too_small for one in found)
    if worse:
        named = ", ".join(f"{one.column} {one.name} by {100 * one.difference.delta:.2f} points" for one in worse[:3])
        more = f" and {len(worse) - 3:,} more" if len(worse) > 3 else ""
        sentence = f"Worse beyond chance: {named}{more}."
    elif judged:
        sentence = f"No slice got worse beyond chance; {judged:,} were large enough to be judged."
    else:
        sentence = "There is no slice that is large enough to be judged alone."
    yield Check(name="slices", value=len(worse), limit=0, passed=not worse, sentence=sentence)


def insertions(case: Case) -> Iterator[Check]:
    """Ask whether the candidate makes up more words than the champion: a sign of hallucination."""
    before, after = (one.insertions / one.words for one in (case.champion, case.candidate))
    rise, limit = after - before, case.limits.insertion_tolerance
    sentence = (
        f"Inserted words: {before:.2%} → {after:.2%} of the reference; {100 * limit:.2f} points more are tolerated."
    )
    yield Check(name="insertions", value=rise, limit=limit, passed=rise <= limit + _ROUNDING, sentence=sentence)


def speed(case: Case) -> Iterator[Check]:
    """Ask whether recognition has become too slow."""
    before, after, limit = case.champion.rtfx, case.candidate.rtfx, case.limits.max_slowdown
    if not (before > 0 and after > 0):
        sentence = "How long recognition takes is not known of both models."
        yield Check(name="speed", value=0, limit=limit, passed=True, sentence=sentence)
        return
    slowdown = before / after
    times = f"{slowdown:.1f} times as long as the champion's" if slowdown > 1 else "no longer than the champion's"
    sentence = f"Recognition takes {times} ({before:,.0f}× → {after:,.0f}× real time); {limit:g} times is tolerated."
    yield Check(name="speed", value=slowdown, limit=limit, passed=slowdown <= limit + _ROUNDING, sentence=sentence)


def enough_words(case: Case) -> Iterator[Check]:
    """Ask whether the test corpus is large enough for any decision."""
    words, limit = case.champion.words, case.limits.min_words
    has = f"The test corpus has {words:,} reference words"
    if words >= limit:
        sentence = f"{has}; at least {limit:,} are needed to decide."
    else:
        sentence = f"{has}, too few to decide; add at least {limit - words:,} more to reach {limit:,}."
    yield Check(name="enough_words", value=words, limit=limit, passed=words >= limit, sentence=sentence)


def relative_gain(case: Case) -> Iterator[Check]:
    """Ask whether enough of the champion's word errors are gone; no gain at all is never enough."""
    before, after, limit = case.champion.wer, case.candidate.wer, case.limits.min_gain
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


def confidence(case: Case) -> Iterator[Check]:
    """Ask how probable it is that the candidate is better, and not just lucky."""
    if case.comparison is None:
        return
    found, limit = case.comparison.test, case.limits.confidence
    low, high = (100 * bound for bound in found.interval)
    sentence = (
        f"The candidate is better with a probability of {_share(found.probability_better)} "
        f"({100 * found.delta:+.2f} points of WER, 95 % interval {low:+.2f} to {high:+.2f}); "
        f"{limit:.0%} is asked for."
    ).replace("-", "−")
    passed = found.probability_better >= limit - _ROUNDING
    yield Check(name="confidence", value=found.probability_better, limit=limit, passed=passed, sentence=sentence)


REFUSALS: tuple[Callable[[Case], Iterator[Check]], ...] = (comparable, no_leakage)
"""Whatever fails here, nothing else is asked."""
OF_THE_TEST: tuple[Callable[[Case], Iterator[Check]], ...] = (enough_words, relative_gain, confidence)
"""They say whether the candidate is better."""
COSTS: tuple[Callable[[Case], Iterator[Check]], ...] = (guard_sets, slices, insertions, speed)
"""They say what else has got worse."""


def _share(probability: float) -> str:
    return "more than 99.9%" if probability > 0.999 else f"{probability:.1%}"


def _problems(champion: Evaluation, candidate: Evaluation) -> Iterator[str]:
    on = champion.corpus
    if champion.corpus_fingerprint != candidate.corpus_fingerprint:
        yield f"on {on} the data differ ({champion.corpus_fingerprint[:12]} and {candidate.corpus_fingerprint[:12]})"
    for what, one, other in (
        ("normalizers", champion.normalizer, candidate.normalizer),
        ("numbers of utterances", champion.utterances, candidate.utterances),
        ("numbers of reference words", champion.words, candidate.words),
    ):
        if one != other:
            yield f"on {on} the {what} differ ({one} and {other})"
    ways = champion.recognition, candidate.recognition
    if ways[0] != ways[1] and _kind_of(ways[0]) == _kind_of(ways[1]):
        yield f"on {on} the ways of recognition differ ({ways[0]} and {ways[1]})"
    for evaluation in (champion, candidate):
        if not math.isfinite(evaluation.wer) or evaluation.wer < 0:
            yield f"the WER of {evaluation.model} on {on} is {evaluation.wer}, which is no error rate"
        if evaluation.words <= 0:
            yield f"{evaluation.model} was measured on {evaluation.words} reference words of {on}"


def _kind_of(recognition: str) -> str:
    """Its name without the version: a model here and one of a service are compared as people would get them."""
    return recognition.partition("@")[0]
