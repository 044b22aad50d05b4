"""A sentence of the test is known in any spelling that counts as the same."""

import pytest

from asr.scoring.judged_sentences import judged_sentences
from asr.text.normalizers import normalizer


@pytest.mark.parametrize(
    "text", ["Take me to Kalba!", "take  me TO kalba", "the color isn’t gray", "THE COLOUR ISN'T GREY"]
)
def test_the_same_sentence(text: str) -> None:
    assert judged_sentences(["take me to kalba", "The colour isn't grey."], normalizer("english"))(text)


@pytest.mark.parametrize("text", ["", "...", "take me", "please take me to kalba"])
def test_another_sentence(text: str) -> None:
    assert not judged_sentences(["take me to kalba", "", "?!"], normalizer("english"))(text)
