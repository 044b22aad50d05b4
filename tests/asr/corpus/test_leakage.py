import time
from pathlib import Path

import pytest

from asr.corpus.domain_text import TextLine
from asr.corpus.leakage import Learned, words_said
from asr.corpus.rules import Problem, format_problems
from asr.corpus.utterance import Utterance


def said(name: str, text: str = "", speaker: str = "", source: str = "", sha: str = "", samples: str = "") -> Utterance:
    return Utterance(
        f"{name}.wav",
        Path(f"{name}.wav"),
        text or f"a sentence of its own, {name}",
        1.0,
        audio_sha256=sha or f"sha {name}",
        speaker=speaker,
        source=source,
        samples_sha256=samples or f"samples {name}",
        shown=Path("testing") / f"{name}.wav",
    )


def leakage(training: list[Utterance], testing: list[Utterance]) -> list[Problem]:
    with Learned(training) as learned:
        return list(learned.leaks(testing))


def found(training: list[Utterance], testing: list[Utterance]) -> list[tuple[str, str, str]]:
    return [(one.rule, one.severity, one.file.name) for one in leakage(training, testing)]


def test_nothing_shared_is_no_problem() -> None:
    assert found([said("a", speaker="ann", source="1")], [said("b", speaker="bob", source="2")]) == []


def test_the_same_file_is_an_error_told_once() -> None:
    training = [said("a", "one two three four", "ann", sha="s", samples="p")]
    testing = [said("b", "one two three four", "ann", sha="s", samples="p")]

    assert found(training, testing) == [("leak_audio", "error", "b.wav"), ("leak_speaker", "warning", "b.wav")]


def test_the_same_sound_in_another_format_is_an_error() -> None:
    assert found([said("a", samples="p")], [said("b", samples="p")]) == [("leak_audio", "error", "b.wav")]


def test_manifests_without_sample_hashes_do_not_leak() -> None:
    old = [Utterance(f"{name}.wav", Path(name), name, 1.0, name) for name in "ab"]

    assert found(old[:1], old[1:]) == []


def test_a_shared_recording_is_one_error_with_its_size() -> None:
    training = [said(f"a{number}", source="tape 1") for number in range(3)]
    testing = [said("b1", source="tape 1"), said("b2", source="tape 1"), said("b3", source="tape 2")]

    (shared,) = leakage(training, testing)

    assert (shared.rule, shared.severity) == ("leak_source", "error")
    assert "“tape 1”, 3 utterances in training and 2 in testing" in shared.message


@pytest.mark.parametrize(
    ("trained", "tested", "severity"),
    [
        ("Take me to the mall.", "take me, to THE mall", "error"),
        ("Call home now", "call home now", "warning"),
        ("seven", "seven", "warning"),
        ("今天天气很好", "今天天气很好。", "error"),
    ],
)
def test_the_same_sentence_by_the_same_speaker(trained: str, tested: str, severity: str) -> None:
    problems = found([said("a", trained, "ann")], [said("b", tested, "ann")])

    assert problems == [("leak_sentence", severity, "b.wav"), ("leak_speaker", "warning", "b.wav")]


def test_the_same_sentence_by_another_or_an_unknown_speaker() -> None:
    text = "take me to the mall"

    assert found([said("a", text, "ann")], [said("b", text, "bob")]) == []
    assert found([said("a", text)], [said("b", text)]) == [("leak_sentence", "warning", "b.wav")]
    assert found([said("a", "seven")], [said("b", "seven")]) == []


def test_shared_speakers_are_one_warning_and_equal_warnings_one_line() -> None:
    training = [said(f"a{number}", "seven", f"s{number % 7}") for number in range(50)]
    testing = [said(f"b{number:02}", "seven", f"s{number % 7}") for number in range(30)]

    problems = leakage(training, testing)

    speakers = [one for one in problems if one.rule == "leak_speaker"]
    assert len(speakers) == 1
    assert "7 of 7 test speakers (s0, s1, s2, s3, s4 and 2 more)" in speakers[0].message
    assert len(format_problems(problems).splitlines()) == 2
    assert "… and 29 more" in format_problems(problems)


def test_words_said_ignore_case_punctuation_and_width() -> None:
    assert words_said("Don’t — stop, it's ＯＫ!") == words_said("dont stop its ok")  # noqa: RUF001
    assert words_said("?!") == ()


def test_a_problem_names_the_audio_as_people_know_it() -> None:
    (shared,) = leakage([said("a", sha="s")], [said("b", sha="s")])

    assert shared.file == Path("testing/b.wav")


def test_test_audio_without_a_transcript_that_is_trained_on_is_a_warning() -> None:
    unused = [said("b", sha="s"), said("c"), said("d", sha=" ")]

    with Learned([said("a", sha="s")]) as learned:
        (repeated,) = learned.repeats(unused)

    assert (repeated.rule, repeated.severity, repeated.file) == ("leak_audio", "warning", Path("testing/b.wav"))
    assert "the same file as a.wav in training, and has no transcript here" in repeated.message


def test_sources_and_speakers_of_one_corpus_do_not_count_for_the_next() -> None:
    with Learned([said("a", speaker="ann", source="tape")]) as learned:
        first = [one.rule for one in learned.leaks([said("b", speaker="ann", source="tape")])]
        second = [one.rule for one in learned.leaks([said("c", speaker="bob", source="disk")])]

    assert (first, second) == (["leak_source", "leak_speaker"], [])


def test_an_endless_transcript_is_compared_in_no_time() -> None:
    marks = "one two three four" + "\u0301\u0316" * 500_000  # to bring these into their order takes minutes

    started = time.perf_counter()
    (leaked,) = leakage([said("a", marks)], [said("b", marks)])

    assert time.perf_counter() - started < 10
    assert leaked.rule == "leak_sentence"
    assert len(leaked.message) < 250


def line(text: str, number: int = 7) -> TextLine:
    return TextLine(text, Path("training/plain_text.txt"), number)


@pytest.mark.parametrize(
    ("written", "tested", "severity"),
    [
        ("Take me to the mall!", "take me to THE mall", "error"),
        ("call home now", "Call home, now.", "warning"),
        ("今天天气很好", "今天天气很好。", "error"),
    ],
)
def test_a_line_of_text_that_is_said_in_the_test(written: str, tested: str, severity: str) -> None:
    with Learned([], [line("something else"), line(written)]) as learned:
        (leak,) = learned.leaks([said("b", tested)])

    assert (leak.rule, leak.severity, leak.file, leak.line) == (
        "leak_text",
        severity,
        Path("training/plain_text.txt"),
        7,
    )
    assert f"“{written}” is what testing/b.wav says" in leak.message


def test_a_line_is_told_once_in_each_corpus_and_a_part_of_a_sentence_is_no_leak() -> None:
    with Learned([], [line("take me to the mall"), line("to the mall and back"), line("?!")]) as learned:
        tested = [said("b", "take me to the mall"), said("c", "Take me to the mall"), said("d", "?!")]
        first, second = list(learned.leaks(tested)), list(learned.leaks(tested[1:]))

    assert [one.message for one in first] == [one.message.replace("c.wav", "b.wav") for one in second]
    assert len(first) == 1


def test_a_leaking_line_is_told_beside_a_leaking_sound() -> None:
    with Learned([said("a", sha="s")], [line("take me to the mall")]) as learned:
        rules = [one.rule for one in learned.leaks([said("b", "take me to the mall", sha="s")])]

    assert rules == ["leak_audio", "leak_text"]


@pytest.mark.parametrize(
    ("written", "holds", "place"),
    [
        ("Please, take me to Al Noor mosque now!", "take me to al noor mosque", "b"),
        ("take me to al noor mosque", None, "b"),
        ("so turn left here please and take me to al noor mosque", "turn left here please", "c"),
        ("take me to al noor, take me to al noor mosque", "take me to al noor mosque", "b"),
        ("turn left here turn left here please", "turn left here please", "c"),
        ("帮我看今天天气很好吗", "今 天 天 气 很 好", "d"),
    ],
)
def test_a_line_that_holds_a_sentence_of_the_test(written: str, holds: str | None, place: str) -> None:
    tested = [
        said("b", "Take me to Al Noor mosque."),
        said("c", "turn left, here, please"),
        said("d", "今天天气很好。"),
        said("e", "take me to al noor mosque"),
    ]
    with Learned([], [line("something else of some length", 3), line(written)]) as learned:
        (leak,) = learned.leaks(tested)

    assert (leak.rule, leak.severity, leak.line) == ("leak_text", "error", 7)
    told = f"“{written}” holds “{holds}”, which is what" if holds else f"“{written}” is what"
    assert f"{told} testing/{place}.wav says" in leak.message


def test_a_line_that_holds_no_whole_sentence_of_the_test() -> None:
    lines = [
        "please take me to some other place",  # three words of it
        "we went to al noor mosques yesterday",  # the beginning of a word
        "we drove to al noor mosque",  # the end of a word
        "this one has the first half: take me to",
        "al qasba, and this one the second",
        "now call home",  # a whole one, which is short
    ]
    tested = ["take me to al qasba", "to al noor mosque", "call home", "o al noor mosque"]
    with Learned([], [line(text, number) for number, text in enumerate(lines)]) as learned:
        leaks = [leak.line for leak in learned.leaks(said(text[:3], text) for text in tested)]

    assert leaks == [2], "and that one is there in its own words"


def test_a_line_is_told_once_and_so_are_all_that_structured_text_stands_for() -> None:
    lines = [
        line("take me to the mall or take me to the beach", 1),
        *(line(f"take me to the mall {when}", 2) for when in ("now", "today", "tomorrow")),
        line("take me to the beach later", 3),
    ]
    with Learned([], lines) as learned:
        tested = [said("b", "take me to the beach"), said("c", "take me to the mall")]
        assert [leak.line for leak in learned.leaks(tested)] == [1, 2, 3]
        assert [leak.line for leak in learned.leaks(tested[:1])] == [1, 3], "another test has its own sentences"


def test_a_large_text_is_compared_in_seconds_when_all_begins_alike() -> None:
    lines = [line(f"please take me to the place {number} and {number} back again", number) for number in range(20_000)]
    tested = [said("b", f"take me to the place {number} and" + " on" * (number % 9)) for number in range(2_000, 4_000)]
    with Learned([], lines) as learned:
        started = time.perf_counter()
        leaks = [leak.line for leak in learned.leaks(tested)]

    assert leaks == [number for number in range(2_000, 4_000) if number % 9 == 0]
    assert time.perf_counter() - started < 20, "not each line with each sentence, which takes minutes"
