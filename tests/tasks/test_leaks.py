"""A last look at what really went into the training."""

from pathlib import Path

import pytest

from asr.corpus.utterance import Corpus, Utterance, write_manifest
from tasks.corpus import Corpora
from tasks.leaks import find_leaks
from tasks.prepare import TrainingSet

PARTS = ("training", "dev", "replay", "spoken")


def utterance(name: str, text: str, speaker: str = "ada", source: str = "") -> Utterance:
    return Utterance(name, Path(f"{name}.wav"), text, 1.0, f"audio of {name}", speaker=speaker, source=source)


def corpus(folder: Path, *utterances: Utterance) -> Corpus:
    write_manifest(utterances, folder / "manifest.jsonl")
    return Corpus(
        name=folder.name, folder=folder, manifest=folder / "manifest.jsonl", fingerprint="", utterances=1, words=4,
        seconds=1, speakers=1,
    )  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    ("leak", "said"),
    [
        (utterance("tested", "whatever it is called"), "it is the same file as tested in training"),
        (utterance("other", "Take me to Rolla!", source="espeak"), "by ada, see other in training"),
        (utterance("guarded", "whatever it is called", "bob"), "it is the same file as guarded in training"),
    ],
    ids=["audio", "sentence", "guard set"],
)
def test_whatever_was_trained_on_is_found(tmp_path: Path, part: str, leak: Utterance, said: str) -> None:
    fine = [utterance("fine", "take me to wasit", source="espeak")]
    paths = {name: tmp_path / f"{name}.jsonl" for name in PARTS}
    for name, path in paths.items():
        write_manifest([*fine, leak] if name == part else fine, path)
    testing = corpus(tmp_path / "testing", utterance("tested", "take me to rolla", source="espeak"))
    guard = corpus(tmp_path / "guard", utterance("guarded", "general speech it is", "carl"))
    corpora = Corpora(training=corpus(tmp_path / "all"), testing=testing, guards=(guard,), replay=None, warnings=())
    found = find_leaks.fn(TrainingSet(**paths, fingerprint=""), corpora)
    assert any(said in message for message in found), found
    write_manifest(fine, paths[part])
    assert find_leaks.fn(TrainingSet(**paths, fingerprint=""), corpora) == ()


def test_a_test_sentence_that_was_spoken_from_text_is_found_whatever_the_voice(tmp_path: Path) -> None:
    paths = {name: tmp_path / f"{name}.jsonl" for name in PARTS}
    for path in paths.values():
        write_manifest([], path)
    testing = corpus(tmp_path / "testing", utterance("tested", "take me to rolla"))
    corpora = Corpora(training=corpus(tmp_path / "all"), testing=testing, guards=(), replay=None, warnings=())
    write_manifest([utterance("a", "please take me to rolla now", "espeak en")], paths["training"])
    assert find_leaks.fn(TrainingSet(**paths, fingerprint=""), corpora) == (), "somebody else said it"
    write_manifest([utterance("a", "please take me to rolla now", "espeak en")], paths["spoken"])
    [message] = find_leaks.fn(TrainingSet(**paths, fingerprint=""), corpora)
    assert "holds “take me to rolla”" in message
