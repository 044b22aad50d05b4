"""The gate: what passes, what never may, and that it says why with its numbers."""

import math
import random
from pathlib import Path
from statistics import NormalDist
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from asr.corpus.utterance import Utterance
from asr.scoring.checks import Check, Limits
from asr.scoring.comparison import Comparison, compare
from asr.scoring.difference import Difference
from asr.scoring.error_rates import score
from asr.scoring.evaluation import Evaluation, summarize
from asr.scoring.gate import Finding, Verdict, choose, judge, what_follows
from asr.scoring.hypothesis import Hypothesis
from asr.scoring.matched_pairs import MatchedPairs
from asr.scoring.slices import SliceDifference
from asr.text.normalizers import normalizer


def measured(
    wer: float, words: int = 1000, corpus: str = "testing", changes: dict[str, Any] | None = None
) -> Evaluation:
    errors = round(wer * words) if math.isfinite(wer) else 0
    known = {
        "model": f"model at {wer}",
        "model_fingerprint": str(wer),
        "corpus": corpus,
        "corpus_fingerprint": f"fingerprint of {corpus}",
        "normalizer": "basic@1",
        "recognition": "recognition@2",
        "decoding": "greedily",
        "utterances": 60,
        "seconds": 200.0,
        "wer": wer,
        "cer": wer / 2,
        "ser": 0.5,
        "words": words,
        "substitutions": errors,
        "deletions": 0,
        "insertions": 0,
        "interval": (0.0, 1.0),
        "rtfx": 30.0,
        "table": Path("table.jsonl"),
    }
    return Evaluation.model_validate(known | (changes or {}))


def difference(before: float, after: float, spread: float = 0.005, words: int = 1000) -> Difference:
    """What a bootstrap with this spread would have found."""
    delta = after - before
    certain = 0.5 if not delta else float(delta < 0)
    return Difference(
        baseline_wer=before,
        candidate_wer=after,
        delta=delta,
        interval=(delta - 1.96 * spread, delta + 1.96 * spread),
        spread=spread,
        probability_better=NormalDist().cdf(-delta / spread) if spread else certain,
        insertion_delta=0,
        insertion_interval=(0, 0),
        unit="speaker",
        blocks=20,
        utterances=60,
        words=words,
    )


def compared(spread: float = 0.005, slices: tuple[SliceDifference, ...] = ()) -> Any:
    """Compares two evaluations as if their utterances had this spread."""

    def look(champion: Evaluation, candidate: Evaluation) -> Comparison:
        same = champion.wer == candidate.wer
        found = difference(champion.wer, candidate.wer, 0 if same else spread, champion.words)
        pairs = MatchedPairs(segments=60, mean=0, deviation=1, z=0, p=1, finding="no difference")
        return Comparison(test=found, second_opinion=pairs, slices=slices)

    return look


def ask(champion: Evaluation, candidate: Evaluation, guards: Any = (), limits: Limits | None = None) -> Verdict:
    return judge(champion, candidate, guards, compared(), limits or Limits())


def check(verdict: Verdict, name: str) -> Check:
    (found,) = [check for check in verdict.checks if check.name == name]
    return found


def test_a_better_candidate() -> None:
    guard = measured(0.14, corpus="guards/general"), measured(0.15, corpus="guards/general")
    verdict = ask(measured(0.40), measured(0.10), [guard])
    assert verdict.finding == "better"
    assert [check.name for check in verdict.checks] == [
        "comparable", "no_leakage", "enough_words", "relative_gain", "confidence",
        "guard:general", "slices", "insertions", "speed",
    ]  # fmt: skip
    assert all(check.passed for check in verdict.checks)
    assert check(verdict, "relative_gain").value == pytest.approx(0.75)
    assert check(verdict, "guard:general").value == pytest.approx(0.01)
    assert (
        verdict.sentence
        == "75.0% of the word errors are gone (WER 40.00% → 10.00%); at least 5.0% fewer are asked for."
    )
    assert "probability of more than 99.9% (−30.00 points of WER" in check(verdict, "confidence").sentence
    assert verdict.comparison is not None and verdict.comparison.test.delta == pytest.approx(-0.3)
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict


@pytest.mark.parametrize(
    ("before", "after", "spread", "words", "finding"),
    [
        (0.20, 0.19, 0.001, 1000, "better"),  # exactly the gain that is asked for
        (0.20, 0.1901, 0.001, 1000, "no measurable difference"),  # sure, and not worth a release
        (0.20, 0.20, 0.001, 1000, "no measurable difference"),
        (0.20, 0.202, 0.001, 1000, "worse"),
        (0.20, 0.2005, 0.001, 1000, "no measurable difference"),  # its interval holds 0
        (0.20, 0.10, 0.08, 1000, "inconclusive"),  # half the errors are gone, perhaps by luck
        (0.20, 0.10, 0.08, 99, "inconclusive"),
        (0.20, 0.10, 0.001, 99, "inconclusive"),  # fewer words than anybody should decide on
        (0.20, 0.199, 0.02, 1000, "inconclusive"),
        (0.20, 0.24, 0.03, 1000, "inconclusive"),
        (0.0, 0.0, 0.001, 1000, "no measurable difference"),
        (0.0, 0.01, 0.001, 1000, "worse"),
    ],
)
def test_what_the_numbers_say(before: float, after: float, spread: float, words: int, finding: Finding) -> None:
    verdict = judge(measured(before, words), measured(after, words), [], compared(spread), Limits())
    assert verdict.finding == finding
    assert check(verdict, "relative_gain").passed == (after <= 0.19 and before > 0)
    if finding == "inconclusive" and words >= 100:
        assert "more reference words would show 5%" in verdict.sentence
    if finding == "inconclusive" and words < 100:
        assert "add at least 1 more" in verdict.sentence


def test_exactly_the_limit_passes_whatever_its_last_binary_digit() -> None:
    assert (0.7 - 0.665) / 0.7 < 0.05
    assert ask(measured(0.7), measured(0.665)).finding == "better"


@pytest.mark.parametrize(("after", "finding"), [(0.12, "better"), (0.1201, "better, but"), (0.05, "better")])
def test_no_guard_set_may_get_worse_than_its_tolerance(after: float, finding: Finding) -> None:
    general = measured(0.10, 10_000, corpus="guards/general"), measured(after, 10_000, corpus="guards/general")
    accents = measured(0.30, corpus="guards/accents"), measured(0.30, corpus="guards/accents")
    verdict = ask(measured(0.40), measured(0.10), [accents, general])
    assert verdict.finding == finding
    assert check(verdict, "guard:accents").passed
    assert check(verdict, "guard:general").passed == (finding == "better")
    if finding == "better, but":
        assert verdict.sentence.startswith("The guard set general got worse by 2.01 points")


def test_a_slice_that_got_worse_beyond_chance() -> None:
    def one(name: str, worse: bool) -> SliceDifference:
        found = difference(0.1, 0.3 if worse else 0.1)
        return SliceDifference(
            column="slice", name=name, difference=found, p_worse=0.001 if worse else 1, worse=worse, too_small=False
        )

    slices = (one("street", worse=False), one("whisper", worse=True))
    verdict = judge(measured(0.4), measured(0.1), [], compared(slices=slices), Limits())
    assert verdict.finding == "better, but"
    assert verdict.sentence.startswith("Worse beyond chance: slice whisper by 20.00 points.")
    verdict = judge(measured(0.4), measured(0.1), [], compared(slices=slices[:1]), Limits())
    assert verdict.finding == "better"
    assert check(verdict, "slices").sentence == "No slice got worse beyond chance; 1 were large enough to be judged."


@pytest.mark.parametrize(
    ("changes", "name", "said"),
    [
        ({"insertions": 31}, "insertions", "Inserted words: 2.00% → 3.10% of the reference; 1.00 points more"),
        ({"rtfx": 7.4}, "speed", "Recognition takes 4.1 times as long as the champion's"),
    ],
)
def test_what_a_gain_may_not_cost(changes: dict[str, Any], name: str, said: str) -> None:
    champion = measured(0.4, changes={"insertions": 20})
    verdict = ask(champion, measured(0.1, changes={"insertions": 30} | changes))
    assert (verdict.finding, check(verdict, name).passed) == ("better, but", False)
    assert verdict.sentence.startswith(said)
    fine = ask(champion, measured(0.1, changes={"insertions": 30, "rtfx": 7.5}))
    assert (fine.finding, check(fine, name).passed) == ("better", True)


@pytest.mark.parametrize("min_gain", [0.0, 0.05])
def test_a_model_never_replaces_itself(min_gain: float) -> None:
    choice = random.Random(2)
    for _ in range(50):
        same = measured(choice.random() * 1.5)
        verdict = ask(same, same, [(same, same)], Limits(min_gain=min_gain))
        assert verdict.finding == "no measurable difference"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"corpus_fingerprint": "another"}, "the data differ"),
        ({"normalizer": "english@1"}, "the normalizers differ (basic@1 and english@1)"),
        ({"recognition": "recognition@3"}, "the ways of recognition differ (recognition@2 and recognition@3)"),
        ({"utterances": 59}, "the numbers of utterances differ (60 and 59)"),
        ({"words": 999}, "the numbers of reference words differ"),
        ({"words": 0}, "was measured on 0 reference words"),
        ({"wer": math.nan}, "which is no error rate"),
        ({"wer": -0.1}, "which is no error rate"),
        ({"wer": math.inf}, "which is no error rate"),
    ],
)
def test_numbers_that_cannot_be_compared_are_refused(changes: dict[str, Any], said: str) -> None:
    def never(*_: Any) -> Comparison:
        raise AssertionError("their utterances were looked at")

    limits = Limits(min_gain=0, min_words=1)
    verdict = judge(measured(0.4), measured(0.1, changes=changes), [], never, limits)
    assert verdict.finding == "refused"
    assert [check.name for check in verdict.checks if not check.passed] == ["comparable"]
    assert said in verdict.sentence
    general = measured(0.1, corpus="guards/general"), measured(0.1, corpus="guards/general", changes=changes)
    verdict = judge(measured(0.4), measured(0.1), [general], never, Limits())
    assert verdict.finding == "refused"
    assert "on guards/general" in verdict.sentence
    assert Verdict.model_validate_json(verdict.model_dump_json()).finding == "refused"


@pytest.mark.parametrize(
    ("champion", "candidate", "how"),
    [
        ("recognition@2", "azure-batch@1", "each where it runs"),
        ("azure-batch@1", "recognition@2", "each where it runs"),
        ("azure-batch@1", "azure-batch@1", "in the same way"),
    ],
    ids=["to-azure", "from-azure", "at-azure"],
)
def test_a_model_here_and_one_of_a_service_are_compared(champion: str, candidate: str, how: str) -> None:
    """Each as people would get it; how long the service computes is not known."""
    before = measured(0.4, changes={"recognition": champion})
    after = measured(0.1, changes={"recognition": candidate, "rtfx": 0.0})
    verdict = judge(before, after, [], compared(), Limits())
    assert verdict.finding == "better"
    assert how in check(verdict, "comparable").sentence
    assert check(verdict, "speed").passed and "not known of both" in check(verdict, "speed").sentence


def test_two_versions_of_one_recognition_are_not_compared() -> None:
    before, after = (measured(0.4 / number, changes={"recognition": f"azure-batch@{number}"}) for number in (1, 2))
    verdict = judge(before, after, [], compared(), Limits())
    assert verdict.finding == "refused"
    assert "on testing the ways of recognition differ (azure-batch@1 and azure-batch@2)" in verdict.sentence


def test_whoever_trained_on_the_test_is_refused_whatever_the_wer() -> None:
    leaks = [f"test {number} is the same file as one in training" for number in range(5)]
    verdict = judge(measured(0.4), measured(0.0), [], compared(), Limits(), leaks)
    assert verdict.finding == "refused"
    assert verdict.sentence.startswith("The candidate has trained on what it is judged by: test 0 is")
    assert verdict.sentence.endswith("and 2 more.")
    assert check(verdict, "no_leakage").value == 5


def test_limits_that_make_no_sense_are_refused() -> None:
    wrongs = [{"min_gain": -0.1}, {"min_gain": 1.0}, {"guard_tolerance": -0.1}, {"min_gains": 0.1}]
    for wrong in [*wrongs, {"confidence": 0.4}, {"confidence": 1.0}, {"max_slowdown": 0.9}]:
        with pytest.raises(ValidationError):
            Limits.model_validate(wrong)


@pytest.mark.parametrize(
    ("finding", "follows"),
    [  # enforced and automatic, with a person, dry run, without a gate
        ("refused", ("reject", "reject", "reject", "reject")),
        ("better", ("promote", "ask", "look on", "promote")),
        ("better, but", ("reject", "ask", "reject", "promote")),
        ("worse", ("reject", "reject", "reject", "promote")),
        ("no measurable difference", ("reject", "reject", "reject", "promote")),
        ("inconclusive", ("inconclusive", "ask", "inconclusive", "promote")),
    ],
)
def test_what_follows(finding: Finding, follows: tuple[str, ...]) -> None:
    assert follows == (
        what_follows(finding, "enforce", "auto"),
        what_follows(finding, "enforce", "ask"),
        what_follows(finding, "dry_run", "auto"),
        what_follows(finding, "off", "auto"),
    )
    assert what_follows(finding, "dry_run", "ask") == follows[2], "nobody is asked what would have no effect"
    assert (what_follows(finding, "off", "ask") == "ask") == (finding != "refused")


def test_every_finding_is_told_what_follows() -> None:
    assert set(get_args(Finding)) == {
        "refused", "better", "better, but", "worse", "no measurable difference", "inconclusive",
    }  # fmt: skip


def test_published_systems(published: tuple[list[Utterance], dict[str, dict[str, str]]]) -> None:
    utterances, systems = published
    names = ("b1.rnnt_baseline", "s3.s2+db-rnnt.biasing_100")
    rows: dict[str, list[Hypothesis]] = {name: score(utterances, systems[name], "english") for name in names}
    evaluations = {
        name: summarize(
            rows[name],
            model=name,
            model_fingerprint=name,
            corpus="testing",
            corpus_fingerprint="test-clean",
            normalizer="english",
            recognition="recognition@2",
            decoding="greedily",
            seconds_of_compute=1.0,
            table=Path("table.jsonl"),
        )
        for name in names
    }

    def look(one: Evaluation, other: Evaluation) -> Comparison:
        return compare(rows[one.model], rows[other.model], normalizer("english"))

    plain, biased = evaluations.values()
    assert judge(plain, biased, [], look, Limits()).finding == "better"
    assert judge(biased, plain, [], look, Limits()).finding == "worse"
    same = judge(plain, plain, [], look, Limits())
    assert same.finding == "no measurable difference"
    assert same.comparison is not None and same.comparison.test.interval == (0, 0)


def both(testing: float, guard: float, name: str) -> list[Evaluation]:
    changes = {"model": name}
    return [measured(testing, changes=changes), measured(guard, corpus="guards/general", changes=changes)]


CHAMPION = both(0.40, 0.10, "champion v1")


@pytest.mark.parametrize(
    ("alone", "with_text", "chosen", "finding"),
    [
        ((0.30, 0.10), (0.10, 0.10), 1, "better"),
        ((0.10, 0.10), (0.30, 0.10), 0, "better"),
        ((0.30, 0.10), (0.10, 0.20), 0, "better"),  # the better one has forgotten general speech
        ((0.30, 0.20), (0.10, 0.20), 1, "better, but"),
        ((0.30, 0.10), (math.nan, 0.10), 0, "better"),
        ((0.30, 0.10), (0.30, 0.10), 0, "better"),  # the text is of no use: the simpler one
    ],
    ids=["with text", "without", "guard", "both rejected", "no number", "equal"],
)
def test_the_better_of_two_searches_counts(
    alone: tuple[float, float], with_text: tuple[float, float], chosen: int, finding: Finding
) -> None:
    candidates = [both(*alone, "candidate"), both(*with_text, "candidate with text")]
    found, verdict = choose(CHAMPION, candidates, compared(), Limits())

    assert (found, verdict.finding) == (chosen, finding)


def test_it_says_what_was_kept_instead_of_what() -> None:
    def sentence(*candidates: list[Evaluation]) -> str:
        return choose(CHAMPION, candidates, compared(), Limits())[1].sentence

    two = (both(0.30, 0.10, "candidate"), both(0.10, 0.10, "candidate with text"))
    assert sentence(*two).endswith("The candidate with text was kept (WER 10.00%); the candidate has 30.00%.")
    assert "kept" not in sentence(two[0])
    worse = (both(0.60, 0.10, "candidate"), both(0.50, 0.10, "candidate with text"))
    assert sentence(*worse).endswith("The candidate with text was judged (WER 50.00%); the candidate has 60.00%.")
