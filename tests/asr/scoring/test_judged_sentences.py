"""A sentence of the test is known in any spelling that counts as the same."""

import pytest

from asr.scoring.judged_sentences import judged_sentences
from asr.text.normalizers import normalizer


@pytest.mark.parametrize(
    "text", ["Take me to Kalba!", "take  me TO kalba", "the color isn’t gray", "THE COLOUR ISN'T GREY"]
)
def test_the_same_sentence(text: str) -> None:
    assert judged_sentences(["take me to kalba", "The colour isn't grey."], normalizer("english"))(text)


@pytest.mark.parametrize("text", ["", "...", "take me", "please take me to"])
def test_another_sentence(text: str) -> None:
    assert not judged_sentences(["take me to kalba", "", "?!"], normalizer("english"))(text)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("please take me to al noor mosque now", True),
        ("take me to al noor mosque", True),
        ("Please: take me to Al Noor Mosque!", True),
        ("take me to al noor mosques", False),
        ("take me to al noor", False),
        ("please stop", False),  # two words are what anybody says
        ("", False),
    ],
)
def test_a_text_that_holds_a_judged_sentence(text: str, held: bool) -> None:
    is_judged = judged_sentences(["take me to al noor mosque", "stop"], normalizer("basic"))
    assert is_judged(text) is held
