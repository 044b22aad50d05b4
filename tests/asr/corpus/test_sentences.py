from collections.abc import Iterator

import pytest

from asr.corpus.sentences import Said, Sentences


@pytest.fixture
def sentences() -> Iterator[Sentences]:
    """Four sentences, one of them said in two places."""
    with Sentences() as opened:
        for place, sentence in enumerate(("call home", "go to the mall", "go to the mall now", "go to the mall", "")):
            opened.add(sentence.split(), f"place {place}")
        yield opened


@pytest.mark.parametrize(
    ("words", "sentence", "place"),
    [
        ("go to the mall", "go to the mall", "place 1"),
        ("go to the mall now", "go to the mall", "place 1"),
        ("we go to the go to the mall", "go to the mall", "place 1"),
        ("and go to the mall right now", "go to the mall", "place 1"),
    ],
)
def test_a_part_of_a_longer_one(sentences: Sentences, words: str, sentence: str, place: str) -> None:
    assert sentences.inside(words.split()) == Said(sentence, place)


@pytest.mark.parametrize(
    "words", ["call home", "now call home to me", "go to the", "go to the malls now", "to the mall", ""]
)
def test_no_part(sentences: Sentences, words: str) -> None:
    assert sentences.inside(words.split()) is None


@pytest.mark.parametrize(("words", "place"), [("call home", "place 0"), ("go to the mall now", "place 2")])
def test_the_same(sentences: Sentences, words: str, place: str) -> None:
    assert sentences.same(words.split()) == Said(words, place)


def test_not_the_same(sentences: Sentences) -> None:
    assert sentences.same(["call"]) is None
    assert sentences.same(["call", "home", "now"]) is None
