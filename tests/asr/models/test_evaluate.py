"""An evaluation is finished once, whatever happens in between, and says what was heard."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from asr.corpus.utterance import Corpus, Utterance, write_manifest
from asr.errors import DataError
from asr.models.evaluate import evaluate
from asr.models.recognize import recognize_batch
from asr.models.speech_model import SpeechModel
from asr.scoring.evaluation import Evaluation
from asr.scoring.hypothesis import read_table


@pytest.fixture
def speech(wav2vec2_large: Path, load: Any) -> SpeechModel:
    return load(wav2vec2_large)


def measure(speech: SpeechModel, corpus: Corpus, folder: Path, **options: Any) -> Evaluation:
    return evaluate(speech, corpus, normalizer="basic", batch_size=3, folder=folder, **options)


class Killed(Exception):
    """What ends an evaluation half-way."""


def kill_after(batches: int) -> Any:
    seen: list[int] = []

    def progress(done: int, _all: int) -> None:
        seen.append(done)
        if len(seen) == batches:
            raise Killed

    return progress


def heard_again(folder: Path) -> set[str]:
    lines = (folder / "hypotheses.jsonl").read_text().splitlines()[1:]
    return {name for line in lines for name in json.loads(line)["texts"]}


def test_it_says_what_was_heard(speech: SpeechModel, corpus: Corpus, sounds: Any, tmp_path: Path) -> None:
    done: list[tuple[int, int]] = []
    result = measure(speech, corpus, tmp_path, progress=lambda now, all_: done.append((now, all_)))
    rows = read_table(result.table)
    assert [row.id for row in rows] == [one.id for one in corpus.read()]
    assert [row.hypothesis for row in rows] == recognize_batch(speech, sounds)
    assert done == [(3, 8), (6, 8), (8, 8)]
    assert (result.utterances, result.words) == (8, corpus.words)
    assert result.wer == result.errors / corpus.words
    assert result.seconds == pytest.approx(corpus.seconds)
    assert result.rtfx > 0
    assert (result.model_fingerprint, result.corpus_fingerprint) == (speech.fingerprint, corpus.fingerprint)
    assert (result.normalizer, result.recognition, result.decoding) == ("basic@1", "recognition@2", "greedily")


@pytest.mark.parametrize("half", ["", '{"texts": {"0.flac": "wro', '{"texts": {}, "seconds": 1.0}'])
def test_killed_half_way_it_goes_on(speech: SpeechModel, corpus: Corpus, tmp_path: Path, half: str) -> None:
    whole = measure(speech, corpus, tmp_path / "whole")
    folder = tmp_path / "killed"
    with pytest.raises(Killed):
        measure(speech, corpus, folder, progress=kill_after(2))
    before = heard_again(folder)
    assert len(before) == 6
    with (folder / "hypotheses.jsonl").open("a") as journal:
        journal.write(half)  # the line that was being written

    again: list[int] = []
    result = measure(speech, corpus, folder, progress=lambda done, _all: again.append(done))
    assert again == [8], "only what was missing is recognized"
    same = {"table", "rtfx"}
    assert result.model_dump(exclude=same) == whole.model_dump(exclude=same)
    assert read_table(result.table) == read_table(whole.table)
    assert heard_again(folder) == {one.id for one in corpus.read()}


def test_work_before_the_kill_counts_into_the_speed(speech: SpeechModel, corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        measure(speech, corpus, tmp_path, progress=kill_after(2))
    journal = tmp_path / "hypotheses.jsonl"
    head, first, second = journal.read_text().splitlines()
    journal.write_text("\n".join([head, first, json.dumps(json.loads(second) | {"seconds": 1000.0})]) + "\n")
    assert measure(speech, corpus, tmp_path).rtfx < corpus.seconds / 1000


def test_a_finished_evaluation_recognizes_nothing(speech: SpeechModel, corpus: Corpus, tmp_path: Path) -> None:
    first = measure(speech, corpus, tmp_path)
    assert measure(speech, corpus, tmp_path, progress=kill_after(1)) == first


def test_another_model_in_the_same_folder(
    speech: SpeechModel, wav2vec2: Path, corpus: Corpus, tmp_path: Path, load: Any
) -> None:
    measure(speech, corpus, tmp_path / "folder")
    other = measure(load(wav2vec2), corpus, tmp_path / "folder")
    assert read_table(other.table) == read_table(measure(load(wav2vec2), corpus, tmp_path / "fresh").table)


def test_another_corpus_in_the_same_folder(speech: SpeechModel, corpus: Corpus, tmp_path: Path) -> None:
    """Audio that was replaced under its old name."""
    measure(speech, corpus, tmp_path)
    again: list[int] = []
    changed = corpus.model_copy(update={"fingerprint": "e" * 64})
    measure(speech, changed, tmp_path, progress=lambda done, _all: again.append(done))
    assert again[0] == 3


def test_a_corpus_without_words(
    speech: SpeechModel, corpus: Corpus, utterances: list[Utterance], tmp_path: Path
) -> None:
    """No WER is better than a WER that is no number."""
    from dataclasses import replace

    from asr.corpus.utterance import write_manifest

    write_manifest([replace(one, text="...") for one in utterances], tmp_path / "manifest.jsonl")
    with pytest.raises(DataError, match="no words"):
        measure(speech, corpus.model_copy(update={"manifest": tmp_path / "manifest.jsonl"}), tmp_path / "folder")


@pytest.mark.skipif(os.name == "nt", reason="no such signal")
def test_a_real_kill(corpus: Corpus, wav2vec2_large: Path, speech: SpeechModel, tmp_path: Path) -> None:
    import signal
    import subprocess
    import sys

    code = f"""
import os, signal
from pathlib import Path
from asr.corpus.utterance import Corpus
from asr.models.evaluate import evaluate
from asr.models.speech_model import load_speech_model
corpus = Corpus.model_validate_json({corpus.model_dump_json()!r})
speech = load_speech_model({str(wav2vec2_large)!r}, language="en", device="cpu")
end = lambda done, all: os.kill(os.getpid(), signal.SIGKILL)
evaluate(speech, corpus, normalizer="basic", batch_size=3, folder=Path({str(tmp_path)!r}), progress=end)
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == -signal.SIGKILL
    assert len(heard_again(tmp_path)) == 3, "a batch that was reported is on the disk"
    result = measure(speech, corpus, tmp_path)
    assert result.wer == measure(speech, corpus, tmp_path / "whole").wer


def test_nothing_synthesized_is_evaluated(speech: SpeechModel, corpus: Corpus, tmp_path: Path) -> None:
    utterances = corpus.read()
    write_manifest([*utterances[:-1], replace(utterances[-1], synthetic=True)], tmp_path / "m.jsonl")
    mixed = corpus.model_copy(update={"manifest": tmp_path / "m.jsonl"})
    with pytest.raises(DataError, match=f"1 of the utterances for testing in {corpus.folder} were synthesized"):
        measure(speech, mixed, tmp_path / "work")
    assert not (tmp_path / "work").exists()
