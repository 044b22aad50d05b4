"""Corpora of real people, as they were published; skipped without them."""

import csv
import shutil
from pathlib import Path

import pytest

from asr.corpus.leakage import Learned
from asr.corpus.rules import Purpose
from asr.corpus.utterance import stream_manifest
from asr.corpus.validate import CorpusReport, load_corpus


def some(material: Path, name: str) -> Path:
    folder = material / name
    if not folder.is_dir():
        pytest.skip(f"nothing at {folder}")
    return folder


def load(folder: Path, work: Path, purpose: Purpose = "training") -> CorpusReport:
    return load_corpus(folder, purpose, work=work, purpose=purpose)


@pytest.mark.parametrize(
    ("locale", "too_long", "begin", "end"),
    [
        ("en-US/general", ["35.2 s"], "Content like data, models", "how to use each tab."),
        ("es-ES", ["46.7 s", "30.2 s"], "El contenido, como datos", "a usar cada pestaña."),
        ("pt-BR", ["40.2 s"], "Conteúdo como dados, modelos", "a usar cada guia."),
    ],
)
def test_azure_samples(tmp_path: Path, material: Path, locale: str, too_long: list[str], begin: str, end: str) -> None:
    folder = some(material, "azure/samples") / locale

    training = load(folder / "training", tmp_path)
    testing = load(folder / "testing", tmp_path, "testing")
    with Learned(training.draft.stream()) as learned:
        leaks = list(learned.leaks(testing.draft.stream()))
        repeats = list(learned.repeats(stream_manifest(testing.unused)))

    assert [one.rule for one in training.errors] == ["too_long"] * len(too_long)
    assert training.draft.text is not None, "`related-text.txt`, whose lines are paragraphs"
    assert training.draft.text.lines > 0 and training.draft.text.left_out["text_too_long"] > 0
    assert all(seconds in one.message for seconds, one in zip(too_long, training.errors, strict=True))
    packed = folder / "training" / "audio-and-trans.zip"
    assert [one.file for one in training.errors] == [packed / "audio1.wav", packed / "audio2.wav"][: len(too_long)]
    first, second = training.draft.read()
    assert first.text.startswith(begin) and first.text.endswith(end)
    assert all(text.isprintable() for text in (first.text, second.text))

    assert testing.corpus is not None and testing.corpus.utterances == 1
    assert sorted(one.rule for one in testing.warnings) == ["orphan_audio", "orphan_audio", "too_long"]
    assert leaks == []
    assert [(one.rule, one.severity, one.file) for one in repeats] == [
        ("leak_audio", "warning", folder / "testing" / "audio.zip" / "audio1.wav"),
        ("leak_audio", "warning", folder / "testing" / "audio.zip" / "audio2.wav"),
    ]


def test_azure_text_alone(tmp_path: Path, material: Path) -> None:
    report = load(some(material, "azure/samples/en-US/biology/training"), tmp_path)

    assert report.corpus is not None and report.corpus.text is not None
    text = report.corpus.text
    assert (report.corpus.utterances, text.lines, len(text.pronunciations)) == (0, 116, 6)
    assert [(one.rule, one.line) for one in report.problems] == [("pronunciation_unused", 1)], (
        "no line has `segosairus`"
    )


def test_lj_speech(tmp_path: Path, material: Path) -> None:
    for purpose in ("training", "testing"):
        report = load(some(material, "speech/ljspeech"), tmp_path, purpose)

        assert report.problems == ()
        assert report.corpus is not None and (report.corpus.utterances, report.corpus.speakers) == (35, 1)


def test_spoken_digits_in_two_folders(tmp_path: Path, material: Path) -> None:
    digits = some(material, "speech/fsdd_digits")
    with (digits / "metadata.csv").open(encoding="utf-8", newline="") as table:
        columns, *rows = csv.reader(table)
    split = columns.index("split")
    for name in ("train", "test"):
        kept = [row for row in rows if row[split] == name][:300]
        (tmp_path / name / "recordings").mkdir(parents=True)
        with (tmp_path / name / "metadata.csv").open("w", encoding="utf-8", newline="") as table:
            csv.writer(table).writerows([columns, *kept])
        for row in kept:
            shutil.copy(digits / row[0], tmp_path / name / row[0])

    training = load(tmp_path / "train", tmp_path / "work")
    testing = load(tmp_path / "test", tmp_path / "work", "testing")

    assert training.corpus is not None and training.corpus.utterances == 300
    assert testing.corpus is not None and testing.corpus.utterances == 300
    with Learned(training.corpus.stream()) as learned:
        leaks = list(learned.leaks(testing.corpus.stream()))
    assert {one.rule for one in (*training.problems, *testing.problems)} <= {"low_rate"}
    assert {(one.rule, one.severity) for one in leaks} == {("leak_sentence", "warning"), ("leak_speaker", "warning")}
