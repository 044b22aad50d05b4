"""The text is spoken; a name that it seldom says, in sentences of its own, but not in what models are judged by."""

import logging
from collections import Counter
from pathlib import Path

import pytest

from asr.corpus.domain_text import DomainText, TextLine, text_manifest_line
from asr.corpus.utterance import Corpus, Utterance, write_manifest
from asr.text.pronunciation import Pronunciation
from asr.training.course import NOTHING_SPOKEN, Spoken
from asr.training.options import TrainingOptions
from tasks.corpus import Corpora
from tasks.settings import Settings
from tasks.spoken import spoken_text

LINE = "send the bag to zorvanta tomorrow"
TRAINING = (
    "send the bag to al qasba tonight",
    "send it to al qasba",
    "is wasit open",
    "send the key to wasit now",
    "send it to wasit today",
    "send the car to al qasba",
    "turn left here now to wasit",
)
DEV = ("send the key to zorvanta now",)
TESTING = ("Send the bag to Zorvanta tonight!", "is zorvanta open")
GUARD = ("turn left here now",)


def said(*texts: str) -> list[Utterance]:
    return [Utterance(f"{number}", Path(f"{number}.wav"), text, 1.0, "") for number, text in enumerate(texts)]


def corpus(folder: Path, *texts: str, text: DomainText | None = None) -> Corpus:
    write_manifest(said(*texts), folder / "manifest.jsonl")
    return Corpus(
        name=folder.name, folder=folder, manifest=folder / "manifest.jsonl", fingerprint="", utterances=len(texts),
        words=20, seconds=2, speakers=0, text=text,
    )  # fmt: skip


def speak(folder: Path, *lines: str, training: tuple[str, ...] = TRAINING, **options: float) -> Spoken:
    folder.mkdir(exist_ok=True)
    manifest = folder / "text.jsonl"
    rows = (text_manifest_line(TextLine(line, folder, number)) for number, line in enumerate(lines))
    manifest.write_text("".join(rows), encoding="utf-8")
    text = DomainText(
        manifest=manifest, pronunciations=(Pronunciation("zorvanta", "zor vahn tah"),), fingerprint="",
        lines=len(lines), words=20, left_out={},
    )  # fmt: skip
    corpora = Corpora(
        training=corpus(folder / "training", *training, text=text if lines else None),
        testing=corpus(folder / "testing", *TESTING), guards=(corpus(folder / "guard", *GUARD),), replay=None,
        warnings=(),
    )  # fmt: skip
    settings = Settings(data=folder / "data", training=TrainingOptions.model_validate({"epochs": 2} | options))
    return spoken_text(settings, corpora, said(*training), said(*DEV))


def test_a_rare_name_is_spoken_in_more_sentences(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "tasks.spoken"):
        spoken = speak(tmp_path, LINE.replace("zorvanta", "quellimbar"))
    times = Counter(one.text for one in spoken.utterances)
    made = [one.replace("wasit", "quellimbar").replace("al qasba", "quellimbar") for one in TRAINING[:-1]]
    assert times.keys() == {"send the bag to quellimbar tomorrow", *made}, "the guard set says the rest"
    assert times["send the bag to quellimbar tomorrow"] == times.total() / 2 == spoken.an_epoch == 7
    assert all(one.synthetic for one in spoken.utterances)
    assert "few sentences say quellimbar: 6 sentences made of them, 7 utterances" in caplog.text


def test_without_recordings_each_line_is_said_once_an_epoch_and_each_carried_name(tmp_path: Path) -> None:
    lines = (LINE, "send it to wasit", "send the key to kalba", "send the car to wasit")
    spoken = speak(tmp_path, *lines, training=())
    assert spoken.an_epoch == 4 + 2, "of wasit only two more sentences could be made"
    made = {one.text for one in spoken.utterances} - set(lines)
    assert {name for name in ("zorvanta", "kalba", "wasit") if any(name in one for one in made)} == {
        "zorvanta",
        "kalba",
    }


def test_what_anybody_is_judged_by_is_not_made(tmp_path: Path) -> None:
    assert {one.text for one in speak(tmp_path, LINE).utterances} == {
        LINE,
        "send it to zorvanta",
        "send it to zorvanta today",
        "send the car to zorvanta",
    }


def test_names_with_sentences_enough_are_not_carried(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lines = ["zorvanta today", "zorvanta now", "the zorvanta", "is zorvanta", "to zorvanta"]
    with caplog.at_level(logging.INFO, "tasks.spoken"):
        spoken = speak(tmp_path, *lines)
    assert {one.text for one in spoken.utterances} <= set(lines)
    assert "sentences made" not in caplog.text
    assert {one.text for one in speak(tmp_path, *lines[1:]).utterances} - set(lines)


@pytest.mark.parametrize(("lines", "spoken"), [((), 1.0), ((LINE,), 0.0)], ids=["no text", "not asked for"])
def test_nothing_is_spoken(lines: tuple[str, ...], spoken: float, tmp_path: Path) -> None:
    assert speak(tmp_path, *lines, spoken=spoken) == NOTHING_SPOKEN
    assert not (tmp_path / "data" / "spoken").exists()


def test_the_same_is_spoken_again_and_nothing_twice(tmp_path: Path) -> None:
    before = speak(tmp_path, LINE)
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "data" / "spoken").iterdir()}
    assert speak(tmp_path, LINE) == before
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "data" / "spoken").iterdir()} == files
