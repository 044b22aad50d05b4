"""The gate: what the checks say together about a candidate, and what follows from it."""

import math
from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from asr.scoring.checks import COSTS, OF_THE_TEST, REFUSALS, Case, Check, Limits
from asr.scoring.comparison import Comparison
from asr.scoring.evaluation import Evaluation
from asr.scoring.power import POWER, more_words_needed, power

Finding = Literal["refused", "better", "better, but", "worse", "no measurable difference", "inconclusive"]
"""What the numbers say. `better, but`: something else got worse. `inconclusive`: the test is too small to tell."""
Outcome = Literal["promote", "reject", "inconclusive", "ask", "look on"]
"""What happens then. `ask`: it needs a person. `look on`: it would be promoted, and is not."""
Mode = Literal["enforce", "dry_run", "off"]
Approval = Literal["auto", "ask"]
Compare = Callable[[Evaluation, Evaluation], Comparison]

_ANY_GAIN = 0.05
"""The gain that a test must be able to show when any gain at all is enough."""


class Verdict(BaseModel):
    """What the gate found, with every check."""

    model_config = ConfigDict(frozen=True)

    finding: Finding
    checks: tuple[Check, ...]
    sentence: str
    comparison: Comparison | None = None
    """The two models utterance by utterance; none when their numbers cannot be compared."""


def judge(
    champion: Evaluation,
    candidate: Evaluation,
    guards: Sequence[tuple[Evaluation, Evaluation]],
    compare: Compare,
    limits: Limits,
    leaks: Sequence[str] = (),
) -> Verdict:
    """Say whether the candidate is better than the champion; each pair of `guards` is (champion, candidate).

    Numbers that cannot be compared are refused before `compare` looks at the utterances behind them, and so is a
    candidate that has trained on what it is judged by, whatever its WER.
    """
    case = Case(champion, candidate, tuple(guards), None, tuple(leaks), limits)
    checks = [check for ask in REFUSALS for check in ask(case)]
    if refused := [check for check in checks if not check.passed]:
        return Verdict(finding="refused", checks=tuple(checks), sentence=" ".join(one.sentence for one in refused))
    comparison = compare(champion, candidate)
    case = Case(champion, candidate, tuple(guards), comparison, (), limits)
    of_the_test = [check for ask in OF_THE_TEST for check in ask(case)]
    costs = [check for ask in COSTS for check in ask(case)]
    finding = _finding(of_the_test, costs, comparison, limits)
    return Verdict(
        finding=finding,
        checks=(*checks, *of_the_test, *costs),
        sentence=_sentence(finding, of_the_test, costs, case),
        comparison=comparison,
    )


def choose(
    champion: Sequence[Evaluation],
    candidates: Sequence[Sequence[Evaluation]],
    compare: Compare,
    limits: Limits,
    leaks: Sequence[str] = (),
) -> tuple[int, Verdict]:
    """Judge every candidate, and say which one counts: the best that may be promoted, else the best of all.

    The first evaluation of each model is on the testing corpus, the others are on guard sets. The best has the lowest
    WER on the testing corpus; of equals it is the first.
    """
    verdicts = [
        judge(champion[0], one[0], list(zip(champion[1:], one[1:], strict=True)), compare, limits, leaks)
        for one in candidates
    ]

    def rank(number: int) -> tuple[bool, float, int]:
        wer = candidates[number][0].wer
        return verdicts[number].finding != "better", wer if math.isfinite(wer) else math.inf, number

    best = min(range(len(candidates)), key=rank)
    verdict = verdicts[best]
    others = [one[0] for number, one in enumerate(candidates) if number != best]
    if others:
        said = ", ".join(f"the {one.model} has {one.wer:.2%}" for one in others)
        is_kept = "was kept" if verdict.finding == "better" else "was judged"  # the champion stays
        kept = f"The {candidates[best][0].model} {is_kept} (WER {candidates[best][0].wer:.2%}); {said}."
        verdict = verdict.model_copy(update={"sentence": f"{verdict.sentence} {kept}"})
    return best, verdict


def what_follows(finding: Finding, mode: Mode, approval: Approval) -> Outcome:
    """What happens after a finding: nothing is promoted on a refusal, and nothing when the gate only looks on.

    With approval a person is asked whatever there is to be asked: before a promotion, and where something speaks for
    the candidate but not everything. Without a gate every candidate passes whose numbers are valid.
    """
    passes = finding == "better" or (mode == "off" and finding != "refused")
    if mode == "dry_run":
        return "look on" if passes else "inconclusive" if finding == "inconclusive" else "reject"
    if approval == "ask" and (passes or finding in ("better, but", "inconclusive")):
        return "ask"
    return "promote" if passes else "inconclusive" if finding == "inconclusive" else "reject"


def _finding(of_the_test: Sequence[Check], costs: Sequence[Check], comparison: Comparison, limits: Limits) -> Finding:
    passed = {check.name: check.passed for check in of_the_test}
    test = comparison.test
    if test.delta == test.spread == 0:  # utterance by utterance the same, however few they are
        return "no measurable difference"
    if not passed["enough_words"]:
        return "inconclusive"
    if all(passed.values()):
        return "better" if all(check.passed for check in costs) else "better, but"
    if test.interval[0] > 0:
        return "worse"
    could_have_seen_it = power(test, limits.min_gain or _ANY_GAIN, limits.confidence) >= POWER
    return "no measurable difference" if could_have_seen_it or not test.baseline_wer else "inconclusive"


def _sentence(finding: Finding, of_the_test: Sequence[Check], costs: Sequence[Check], case: Case) -> str:
    """Why, in the sentences of the checks that speak for it."""
    said = {check.name: check.sentence for check in of_the_test}
    got_worse = [check.sentence for check in costs if not check.passed]
    if finding == "better, but":
        return " ".join([*got_worse, said["relative_gain"]])
    if finding == "better":
        return said["relative_gain"]
    if finding == "inconclusive" and case.champion.words < case.limits.min_words:
        return " ".join([said["enough_words"], *got_worse])
    reasons = [said["relative_gain"], said["confidence"], *got_worse]
    if finding == "inconclusive" and case.comparison:
        gain = case.limits.min_gain or _ANY_GAIN
        more = more_words_needed(case.comparison.test, gain, case.limits.confidence)
        reasons.append(f"The test is too small to tell: about {more:,} more reference words would show {gain:.0%}.")
    if finding == "no measurable difference" and case.champion.wer:
        reasons.append("The test is large enough to show a gain that is worth a release; it shows none.")
    return " ".join(reasons)
