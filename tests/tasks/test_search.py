"""What the search learns is not what models are judged by."""

from pathlib import Path

from asr.corpus.utterance import Corpus, Utterance, write_manifest
from tasks.search import without_judged


def judged_by(folder: Path, *said: str) -> Corpus:
    manifest = folder / "manifest.jsonl"
    write_manifest(
        [Utterance(f"{number}", Path(f"{number}.wav"), text, 1.0, "") for number, text in enumerate(said)], manifest
    )
    return Corpus(
        name="testing", folder=folder, manifest=manifest, fingerprint="", utterances=2, words=8, seconds=2, speakers=0
    )


def test_a_sentence_of_the_test_is_not_searched_for_whoever_said_it_in_training(tmp_path: Path) -> None:
    judged = judged_by(tmp_path, "Take me to Al Qasba, please.", "turn left")
    sentences = ["take me to al qasba please", "take me to al qasba", "turn left", "turn right"]

    assert list(without_judged(sentences, [judged])) == sentences[1:]


def test_a_sentence_that_holds_one_of_the_test_is_left_out_as_well(tmp_path: Path) -> None:
    judged = judged_by(tmp_path, "Take me to Al Noor mosque.", "turn left here please")
    held = ["please take me to al noor mosque now", "Turn left here, please: take me to al noor mosque"]
    kept = ["take me to al noor mosques", "take me to al noor", "mosque turn left here", "turn left please"]

    assert list(without_judged([*held, *kept], [judged])) == kept
