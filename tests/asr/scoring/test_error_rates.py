"""Error rates: the same as jiwer's, pooled, and refused when they would say nothing."""

from pathlib import Path

import jiwer
import pytest

from asr.corpus.utterance import Utterance
from asr.errors import DataError, SettingsError
from asr.scoring.error_rates import score


def said(*texts: str) -> list[Utterance]:
    return [Utterance(f"{number:03}", Path(f"{number}.wav"), text, 1.5, "") for number, text in enumerate(texts)]


def test_counts_of_one_utterance() -> None:
    utterance = Utterance(
        "a", Path("a.wav"), "Turn left at the Noor, today!", 2.0, "", "s1", source="r1", slice="x", noise=12.5
    )
    (row,) = score([utterance], {"a": "turn at the nur on today"}, "basic")
    assert (row.words, row.substitutions, row.deletions, row.insertions, row.errors) == (6, 1, 1, 1, 3)
    assert (row.characters, row.character_errors) == (27, 9)
    assert (row.reference, row.hypothesis) == ("Turn left at the Noor, today!", "turn at the nur on today")
    assert (row.speaker, row.source, row.slice, row.noise, row.duration) == ("s1", "r1", "x", 12.5, 2.0)


def test_pooled_rates_are_jiwers(noisy_pairs: list[tuple[str, str]]) -> None:
    references, heard = [reference for reference, _ in noisy_pairs], [heard for _, heard in noisy_pairs]
    utterances = said(*references)
    rows = score(utterances, {utterance.id: text for utterance, text in zip(utterances, heard, strict=True)}, "none")
    judged = jiwer.process_words(references, heard)
    assert sum(row.words for row in rows) == sum(map(len, judged.references))
    assert sum(row.errors for row in rows) == judged.substitutions + judged.deletions + judged.insertions
    # Of several alignments with as few errors jiwer takes any, Wergate one with the most words right, as sclite does.
    kept = sum(row.words - row.substitutions - row.deletions for row in rows)
    assert judged.hits < kept < judged.hits * 1.02
    cer = sum(row.character_errors for row in rows) / sum(row.characters for row in rows)
    assert cer == pytest.approx(jiwer.cer(references, heard))


def test_what_is_heard_in_silence_is_inserted() -> None:
    silence, speech = score(said("...", "yes"), {"000": "thank you", "001": "yes"}, "basic")
    assert (silence.words, silence.insertions, silence.errors, silence.character_errors) == (0, 2, 2, 9)
    assert speech.errors == 0


def test_rows_come_in_the_order_of_ids() -> None:
    rows = score(reversed(said("a", "b", "c")), {"000": "a", "001": "b", "002": "c", "other": "x"}, "none")
    assert [row.id for row in rows] == ["000", "001", "002"]


def test_normalization_applies_to_both_sides() -> None:
    (row,) = score(said("The colour isn't grey"), {"000": "the color is not gray."}, "english")
    assert (row.words, row.errors) == (5, 0)


def test_an_utterance_without_a_hypothesis_is_no_deletion() -> None:
    with pytest.raises(DataError, match="1 of 2 utterances were not recognized, first '001'"):
        score(said("a", "b"), {"000": "a"}, "none")


def test_no_reference_words_at_all() -> None:
    with pytest.raises(DataError, match="no words after the normalizer basic@1"):
        score(said("", "?!"), {"000": "a", "001": "b"}, "basic")
    with pytest.raises(DataError, match="0 references"):
        score([], {}, "basic")


def test_an_unknown_normalizer() -> None:
    with pytest.raises(SettingsError):
        score(said("a"), {"000": "a"}, "klingon")
