"""Domain-word recall: the words that only the user's text brings in, and how many of them are recognized."""

from pathlib import Path

from asr.corpus.utterance import Utterance
from asr.scoring.domain_recall import DomainChange, domain_recall, domain_words
from asr.scoring.error_rates import score
from asr.scoring.hypothesis import Hypothesis
from asr.scoring.word_recall import WordRecall
from asr.text.normalizers import normalizer

BASIC = normalizer("basic")


def heard(*pairs: tuple[str, str]) -> list[Hypothesis]:
    utterances = [Utterance(f"{n:03}", Path("x.wav"), text, 1.0, "") for n, (text, _) in enumerate(pairs)]
    return score(utterances, {f"{n:03}": text for n, (_, text) in enumerate(pairs)}, "basic")


def test_what_general_speech_says_is_no_domain_word() -> None:
    text = ["Take me to Kalba!", "the GoDrive desk, 24 hours"]
    words = domain_words(text, ["C-3PO"], ["take me to the desk", "many hours"], BASIC)
    assert words == {"kalba", "godrive", "c", "3po"}
    assert domain_words([], [], ["go"], BASIC) == frozenset()


def test_said_and_found() -> None:
    words = {"kalba", "godrive", "mleiha"}
    rows = heard(("to Kalba", "to kalba"), ("Kalba, Kalba", "kalba calva"), ("GoDrive", "go drive"), ("go", "mleiha"))
    found = domain_recall(rows, words, BASIC)
    assert (found.said, found.found, found.recall, found.never_said) == (4, 2, 0.5, 1)
    assert found.words == (WordRecall("kalba", 3, 2), WordRecall("godrive", 1, 0))


def test_no_reference_says_one() -> None:
    found = domain_recall(heard(("go", "go")), {"kalba"}, BASIC)
    assert (found.said, found.recall, found.words, found.never_said) == (0, None, (), 1)


def test_word_by_word_before_and_after() -> None:
    words = {"kalba", "dibba"}
    before = domain_recall(heard(("kalba dibba", "calva dibba")), words, BASIC)
    after = domain_recall(heard(("kalba dibba", "kalba deeper")), words, BASIC)
    change = DomainChange(baseline=before, candidate=after)
    assert [(was.word, was.found, now.found if now else None) for was, now in change.words()] == [
        ("dibba", 1, 0),
        ("kalba", 0, 1),
    ]
    assert [(was.word, now) for was, now in DomainChange(baseline=before).words()] == [("kalba", None), ("dibba", None)]
    assert DomainChange.model_validate_json(change.model_dump_json()) == change
