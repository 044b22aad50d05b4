"""Suggested pronunciations: what is heard the same wrong way again and again."""

import pytest

from asr.scoring.alignment import align
from asr.scoring.suggested_pronunciations import SuggestedPronunciation, suggest_pronunciations
from asr.scoring.word_recall import count_words
from asr.text.normalizers import normalizer
from asr.text.pronunciation import written_key


def suggested(
    *pairs: tuple[str, str], known: str = "", tested: str = "", name: str = "basic"
) -> tuple[SuggestedPronunciation, ...]:
    normalize = normalizer(name)
    alignments = [align(normalize(said), normalize(heard)) for said, heard in pairs]
    return suggest_pronunciations(
        alignments,
        count_words(alignments),
        (said for said, _ in pairs),
        normalize,
        known={written_key(known)},
        is_tested=lambda text: text == tested,
    )


GODRIVE = (("Call GoDrive now", "call go drive now"), ("“GoDrive”, please", "go drive please"))
KALBA = (("to Kalba", "to calva"),) * 3


def test_what_was_heard_becomes_the_spoken_form_and_the_spelling_stays() -> None:
    assert suggested(*GODRIVE, *KALBA) == (
        SuggestedPronunciation("Kalba", "calva", heard=3, said=3),
        SuggestedPronunciation("GoDrive", "go drive", heard=2, said=2),
    )


@pytest.mark.parametrize(
    "pairs",
    [
        (("to kalba", "to calva"),),
        (("to kalba", "to calva"), ("to kalba", "to cava"), ("to kalba", "to kappa")),
        (*KALBA[:2], *(("to kalba", "to kalba"),) * 3),
        (("al khan", "the khan"), ("al nahda", "the nahda")),
        (("kalba", ""), ("kalba", "")),
        (("at 17", "at 70"), ("at 17", "at 70")),
    ],
    ids=["once", "never-the-same", "mostly-found", "another-word", "nothing-heard", "a-number"],
)
def test_what_is_not_heard_the_same_way_is_not_suggested(pairs: tuple[tuple[str, str], ...]) -> None:
    assert suggested(*pairs) == ()


def test_a_word_that_has_a_row_gets_no_other() -> None:
    assert suggested(*GODRIVE, known="godrive") == ()
    assert suggested(*GODRIVE, known="drive") != ()


@pytest.mark.parametrize("tested", ["GoDrive", "go drive"])
def test_no_side_is_a_sentence_of_the_test(tested: str) -> None:
    assert suggested(*GODRIVE, tested=tested) == ()


def test_nothing_that_a_synthesizer_would_obey() -> None:
    pairs = (("to kalba", "to [[kalb]]a"), ("to kalba", "to [[kalb]]a"))
    assert suggested(*pairs, name="none") == ()


def test_scripts_with_combining_marks() -> None:
    said = "नमस्ते दिल्ली!"
    assert suggested((said, "नमस्ते दिली"), (said, "नमस्ते दिली")) == (SuggestedPronunciation("दिल्ली", "दिली", 2, 2),)
