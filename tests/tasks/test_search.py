"""What the search learns is not what models are judged by."""

from pathlib import Path

from asr.corpus.utterance import Corpus, Utterance, write_manifest
from tasks.search import without_judged


def test_a_sentence_of_the_test_is_not_searched_for_whoever_said_it_in_training(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.jsonl"
    said = ("Take me to Al Qasba, please.", "turn left")
    write_manifest(
        [Utterance(f"{number}", Path(f"{number}.wav"), text, 1.0, "") for number, text in enumerate(said)], manifest
    )
    judged = Corpus(
        name="testing", folder=tmp_path, manifest=manifest, fingerprint="", utterances=2, words=8, seconds=2, speakers=0
    )
    sentences = ["take me to al qasba please", "take me to al qasba", "turn left", "turn right"]

    assert list(without_judged(sentences, [judged])) == sentences[1:]
