"""Synthesized speech is recognized wherever somebody copies it, and no model is judged by it."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from asr.audio import decode, write_flac
from asr.corpus.fingerprint import fingerprint
from asr.corpus.rules import Purpose
from asr.corpus.split import split_dev
from asr.corpus.synthetic import MARK, is_marked, refuse_synthetic
from asr.corpus.utterance import Utterance, read_manifest, write_manifest
from asr.corpus.validate import CorpusReport, load_corpus
from asr.errors import DataError
from asr.synthesis.spoken_text import speak_text
from asr.synthesis.synthesizer import open_synthesizer


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> list[Utterance]:
    """Two lines as Wergate speaks them for training."""
    folder = tmp_path_factory.mktemp("spoken")
    lines = ["where is the museum", "open the door please"]
    synthesizer = open_synthesizer("espeak", "en")
    return speak_text(lines, (), count=2, synthesizer=synthesizer, folder=folder, seed=1).utterances


@pytest.fixture
def copied(spoken: list[Utterance], tmp_path: Path) -> Path:
    """A folder with a recording and, under another name, something synthesized."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(spoken[0].audio, folder / "a.flac")
    write_flac(folder / "b.flac", decode(spoken[1].audio))  # without the mark
    (folder / "a.txt").write_text(spoken[0].text)
    (folder / "b.txt").write_text(spoken[1].text)
    return folder


def load(folder: Path, work: Path, purpose: Purpose = "testing") -> CorpusReport:
    return load_corpus(folder, purpose, work=work, purpose=purpose)


def rules(report: CorpusReport) -> list[tuple[str, str]]:
    return [(one.file.name, one.rule) for one in report.errors]


def test_a_copy_in_the_testing_data_is_an_error(copied: Path, tmp_path: Path) -> None:
    for _ in range(2):  # the second time from what is known of the file
        report = load(copied, tmp_path / "work")
        assert rules(report) == [("a.flac", "synthetic_test")]
        assert report.corpus is None


def test_an_archive_hides_nothing(copied: Path, tmp_path: Path) -> None:
    shutil.make_archive(str(tmp_path / "zipped" / "all"), "zip", copied)
    assert rules(load(tmp_path / "zipped", tmp_path / "work")) == [("a.flac", "synthetic_test")]


def test_nor_does_a_table_of_segments(copied: Path, tmp_path: Path) -> None:
    for text in copied.glob("*.txt"):
        text.unlink()
    rows = "a.flac,where is,0,0.4\na.flac,the museum,0.4,0.4\nb.flac,open,0,0.6\n"
    (copied / "metadata.csv").write_text(f"file_name,transcription,start,duration\n{rows}")
    report = load(copied, tmp_path / "work")
    assert [(one.rule, one.line) for one in report.errors] == [("synthetic_test", 2), ("synthetic_test", 3)]


def test_a_copy_in_the_training_data_is_trained_on_and_known(copied: Path, tmp_path: Path) -> None:
    report = load(copied, tmp_path / "work", "training")
    assert report.errors == ()
    assert [one.synthetic for one in report.draft.read()] == [True, False]


def test_the_bundled_samples_carry_no_mark(repository: Path) -> None:
    samples = [path for part in ("training_data", "testing_data") for path in (repository / part).rglob("*.flac")]
    assert len(samples) > 300
    assert not any(map(is_marked, samples))


def test_the_mark_is_kept_when_audio_is_made_smaller(spoken: list[Utterance], tmp_path: Path) -> None:
    import av

    with av.open(str(spoken[0].audio)) as source, av.open(str(tmp_path / "a.opus"), "w") as target:
        target.metadata.update(source.metadata)  # as the ffmpeg command does
        stream = target.add_stream("libopus", rate=48_000)
        for frame in source.decode(audio=0):
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
    assert is_marked(tmp_path / "a.opus")


def test_only_the_beginning_of_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "late").write_bytes(bytes(5000) + MARK.encode())
    (tmp_path / "early").write_bytes(bytes(1000) + MARK.encode())
    (tmp_path / "empty").write_bytes(b"")
    assert [is_marked(tmp_path / name) for name in ("late", "early", "empty")] == [False, True, False]


def test_a_manifest_keeps_what_was_synthesized_and_old_ones_can_be_read(
    spoken: list[Utterance], tmp_path: Path
) -> None:
    recorded = replace(spoken[0], id="recorded", synthetic=False)
    write_manifest([*spoken, recorded], tmp_path / "m.jsonl")
    assert read_manifest(tmp_path / "m.jsonl") == [*spoken, recorded]
    old = (tmp_path / "m.jsonl").read_text().splitlines()[-1].replace(', "synthetic": false', "")
    assert "synthetic" not in old.replace(recorded.source, "")
    (tmp_path / "old.jsonl").write_text(old)
    assert read_manifest(tmp_path / "old.jsonl") == [recorded]


def test_the_fingerprint_of_a_corpus_stays_what_it_was(spoken: list[Utterance]) -> None:
    assert fingerprint(spoken) == fingerprint(replace(one, synthetic=False) for one in spoken)


def corpus(count: int, **columns: str) -> list[Utterance]:
    return [Utterance(f"{number:03}.wav", Path("x.wav"), "text", 1.0, "0", **columns) for number in range(count)]


@pytest.mark.parametrize("split", ["", "dev"])
def test_dev_is_chosen_as_if_nothing_were_synthesized(split: str) -> None:
    recorded = corpus(100)
    synthetic = [replace(one, id=f"synthetic/{one.id}", synthetic=True, split=split) for one in corpus(300)]
    mixed = [one for pair in zip(recorded, synthetic[:100], strict=True) for one in pair] + synthetic[100:]
    for seed in range(3):
        _, without = split_dev(recorded, 0.1, seed)
        train, dev = split_dev(mixed, 0.1, seed)
        assert dev == without
        assert len(dev) >= 10
        assert train == [one for one in mixed if one not in dev]


def test_what_is_only_synthesized_has_no_dev_set() -> None:
    synthetic = [replace(one, synthetic=True) for one in corpus(50)]
    assert split_dev(synthetic, 0.1, 0) == (synthetic, [])


def test_models_are_not_judged_by_it(spoken: list[Utterance]) -> None:
    recorded = corpus(2)
    refuse_synthetic(recorded, "development")
    with pytest.raises(DataError) as error:
        refuse_synthetic([*recorded, *spoken], "development")
    assert str(error.value).startswith(f"{spoken[0].id}: 2 of the utterances for development were synthesized")
    assert "\n" not in str(error.value)


def test_the_mark_changes_no_sample(tmp_path: Path) -> None:
    samples = np.sin(np.arange(8000) / 9).astype(np.float32) / 2
    write_flac(tmp_path / "plain.flac", samples)
    write_flac(tmp_path / "marked.flac", samples, comment=MARK)
    assert np.array_equal(decode(tmp_path / "plain.flac"), decode(tmp_path / "marked.flac"))
    assert (is_marked(tmp_path / "plain.flac"), is_marked(tmp_path / "marked.flac")) == (False, True)
