"""Suggested lines: sentences that bring what is missed, each with something new, and none that is there already."""

import random
import time

from asr.corpus.leakage import words_said
from asr.scoring.phrases import Phrase
from asr.scoring.suggested_lines import failing_targets, suggest_lines
from asr.scoring.word_recall import WordRecall
from asr.text.normalizers import normalizer

BASIC = normalizer("basic")


def suggested(
    targets: dict[str, float], *sentences: str, known: str = "", tested: str = "", most: int = 50
) -> list[str]:
    lines = suggest_lines(
        targets,
        sentences,
        BASIC,
        known={words_said(known)},
        is_tested=lambda text: text == tested,
        most=most,
    )
    return list(lines)


def test_what_fails_always_weighs_more_than_what_fails_often() -> None:
    targets = failing_targets(
        [WordRecall("the", 100, 95), WordRecall("kalba", 3, 0), WordRecall("go", 5, 5), WordRecall("21", 4, 0)],
        [Phrase("al khan", said=4, failed=2)],
    )
    assert list(targets.items()) == [("kalba", 3.0), ("al khan", 1.0), ("the", 0.25)]


def test_most_helpful_first_and_every_line_brings_something_else() -> None:
    targets = {"kalba": 3.0, "dibba": 2.0, "al khan": 1.9}
    sentences = (
        "to kalba",
        "Kalba again and again",
        "to Dibba!",
        "kalba and dibba",
        "go home",
        "in al  khan",
        "khan al",
    )
    assert suggested(targets, *sentences) == [
        "kalba and dibba",
        "in al khan",
        "to kalba",
        "to Dibba!",
        "Kalba again and again",
    ]
    assert suggested(targets, *sentences, most=2) == ["kalba and dibba", "in al khan"]


def test_what_the_text_has_and_what_is_tested_is_left_out() -> None:
    targets = {"kalba": 1.0}
    sentences = ("to Kalba!", "TO KALBA", "near kalba", "see kalba now")
    assert suggested(targets, *sentences) == ["near kalba", "to Kalba!", "see kalba now"]
    assert suggested(targets, *sentences, known="to kalba") == ["near kalba", "see kalba now"]
    assert suggested(targets, *sentences, tested="near kalba") == ["to Kalba!", "see kalba now"]


def test_what_is_too_long_for_one_utterance_is_left_out() -> None:
    assert suggested({"kalba": 1.0}, "kalba " * 61) == []
    assert len(suggested({"kalba": 1.0}, "kalba " * 60)) == 1


def test_no_targets_no_lines() -> None:
    assert suggested({}, "to kalba") == []


def test_many_sentences_take_bounded_work() -> None:
    choice = random.Random(1)
    words = [f"w{number}" for number in range(5000)]
    targets = failing_targets([WordRecall(word, 2, 0) for word in words[:1000]], [])
    assert len(targets) == 200
    sentences = [" ".join(choice.choices(words, k=8)) for _ in range(50_000)]
    started = time.perf_counter()
    lines = suggest_lines(targets, iter(sentences), BASIC, known=set(), is_tested=lambda _: False)
    assert len(lines) == 50
    assert time.perf_counter() - started < 10
    held = {word for line in lines[:20] for word in line.split() if word in targets}
    assert len(held) > 40, "lines that bring several words come first, and each brings others"
