"""What is seen in dev hypotheses whose WER is very high."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from asr.corpus.utterance import Utterance
from asr.scoring.error_rates import score
from asr.training.dev_faults import dev_faults
from asr.training.diagnosis import Diagnosis
from asr.training.options import TrainingOptions


def faults(said: Sequence[str], heard: Sequence[str], normalizer: str = "basic") -> tuple[Diagnosis, ...]:
    utterances = [Utterance(f"{number}", Path("one.wav"), text, 1.0, "") for number, text in enumerate(said)]
    rows = score(utterances, {f"{number}": text for number, text in enumerate(heard)}, normalizer)
    return dev_faults(rows, normalizer, TrainingOptions(epochs=3))


def test_runaway_decoding() -> None:
    [found] = faults(["go", "stop now please"], ["go go go go go go", "the train at the train at noon"])
    assert found.name == "runaway_decoding"
    assert "13 words are written where 4 were said" in found.evidence
    assert "again and again in 1 of 2 utterances" in found.evidence
    assert found.mend.startswith("set training.epochs = 6")


def test_up_to_100_percent_nothing_ran_away() -> None:
    assert faults(["go", "stop now please"], ["", "the train leaves"]) == ()


@pytest.mark.parametrize(
    ("said", "heard", "normalizer", "counts_not"),
    [
        ("Stop now, please!", "stop now please", "none", "case and punctuation"),
        ("Fait le café à l’hôtel", "fait le cafe a l'hotel", "basic", "accents"),
        ("Élève déjà fâché", "eleve deja fache", "none", "accents"),
        ("今日は天気がいい", "今日 は 天気 が いい", "basic", "spaces"),
    ],
    ids=["case", "accents", "both", "spaces"],
)
def test_wrong_normalizer(said: str, heard: str, normalizer: str, counts_not: str) -> None:
    [found] = faults([said], [heard], normalizer)
    assert found.name == "wrong_normalizer"
    assert f"when {counts_not} do not count (normalizer {normalizer})" in found.evidence
    assert ('normalizer = "basic"' in found.mend) == (counts_not == "case and punctuation")


def test_errors_that_are_errors_under_every_normalizer() -> None:
    assert faults(["Stop now, please!"], ["go there then"], "none") == ()
    assert faults(["one two three four five Six"], ["one two three four five six"], "none") == (), "a WER of 17 %"


@pytest.mark.parametrize(
    ("said", "heard", "evidence"),
    [
        ("turn left at the bridge", "турн лефт ат зэ бридж", "Cyrillic for Latin"),
        ("да нет да", "yes no yes", "Latin for Cyrillic"),
        ("يسار الجسر", "left the bridge", "Latin for Arabic"),
    ],
    ids=["cyrillic", "latin", "for arabic"],
)
def test_another_script(said: str, heard: str, evidence: str) -> None:
    [found] = faults([said], [heard])
    assert found.name == "wrong_language"
    assert evidence in found.evidence
    assert "language" in found.mend


def test_scripts_that_are_mixed_in_the_transcripts_too() -> None:
    assert faults(["да нет call me да"], ["call you then you go"]) == ()
    assert faults(["turn left at the bridge"], ["да left at the bridge"]) == ()


def test_references_without_words_of_their_own() -> None:
    assert faults(["...", "go"], ["", "go"]) == ()
