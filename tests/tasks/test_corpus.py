"""The data of a run is checked as a whole: every problem of every folder, and what they share."""

import logging
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.corpus.utterance import Corpus
from asr.errors import DataError
from tasks.corpus import Corpora, check_corpora, describe, take, validate_folders
from tasks.settings import Settings


def speak(folder: Path, **texts: str) -> Path:
    """Write a sound of its own for each name, with its text."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        sound = np.random.default_rng([*name.encode()]).normal(scale=0.1, size=16_000)
        soundfile.write(folder / f"{name}.wav", sound, 16_000)
        (folder / f"{name}.txt").write_text(text)
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    speak(tmp_path / "training", a="hello there", b="good morning", c="good night")
    speak(tmp_path / "testing", d="how are you")
    speak(tmp_path / "testing" / "guards" / "general", e="something else")
    return Settings(
        training_data=tmp_path / "training", testing_data=tmp_path / "testing", data=tmp_path / "data", min_gain=0
    )


def check(settings: Settings) -> Corpora:
    checked: Corpora = check_corpora.fn(settings)
    return checked


def test_good_data(settings: Settings) -> None:
    checked = check(settings)

    assert [corpus.name for corpus in (*checked.learning, *checked.judging)] == [
        "training",
        "testing",
        "guards/general",
    ]
    assert [corpus.utterances for corpus in (*checked.learning, *checked.judging)] == [3, 1, 1]
    assert checked.warnings == ()


def test_every_problem_of_every_folder_at_once(settings: Settings) -> None:
    (settings.training_data / "a.txt").write_text("")
    shutil.copy(settings.training_data / "b.wav", settings.testing_data / "d.wav")
    shutil.copy(settings.training_data / "c.wav", settings.testing_data / "guards" / "general" / "e.wav")
    (settings.testing_data / "lost.txt").write_text("lost")

    with pytest.raises(DataError) as raised:
        check(settings)

    rules = [line.partition("error[")[2].partition("]")[0] for line in str(raised.value).splitlines()]
    assert sorted(rules) == ["empty_text", "leak_audio", "leak_audio", "orphan_transcript"]


def test_test_audio_without_a_transcript_that_is_trained_on_is_a_warning(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        shutil.copy(settings.training_data / "a.wav", settings.testing_data / f"again{number}.wav")

    with caplog.at_level(logging.INFO, "tasks.corpus"):
        checked = check(settings)

    assert sum("warning[leak_audio]" in line for line in checked.warnings) == 3
    assert sum("warning[orphan_audio]" in line for line in checked.warnings) == 3
    assert "6 warnings about the data" in caplog.records[-1].message


def test_leaks_are_told_with_the_folder_that_they_are_found_in(settings: Settings) -> None:
    shutil.copy(settings.training_data / "b.wav", settings.testing_data / "d.wav")

    training, testing, guard = validate_folders.fn(settings, [settings.training_data, settings.testing_data])

    assert [[one.rule for one in report.problems] for report in (training, testing, guard)] == [[], ["leak_audio"], []]


def test_the_first_utterances_are_a_corpus_of_their_own(settings: Settings) -> None:
    training = check(settings).training

    some: Corpus = take(settings, training, 2)

    assert [one.text for one in some.stream()] == ["hello there", "good morning"]
    assert (some.utterances, some.words, some.seconds) == (2, 4, 2.0)
    assert some.fingerprint != training.fingerprint
    assert take(settings, training, None) == take(settings, training, 3) == training


def test_text_is_part_of_the_training_data_and_told(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    (settings.training_data / "plain_text.txt").write_text("hello GoDrive\nsee www.godrive.ae\n")
    (settings.training_data / "pronunciation.txt").write_text("GoDrive\tgo drive\n")

    with caplog.at_level(logging.INFO, "tasks.corpus"):
        checked = check(settings)

    assert checked.training.text is not None and checked.testing.text is None
    assert [one.text for one in checked.training.text.read()] == ["hello GoDrive"]
    assert "; plain text: 1 lines, 1 pronunciations" in caplog.text
    assert describe(checked.training).startswith("training: 3 utterances, ")
    assert "plain text" not in describe(checked.testing)
    assert ["text_address" in line for line in checked.warnings] == [True]


def test_text_alone_can_be_trained_on(settings: Settings) -> None:
    shutil.rmtree(settings.training_data)
    settings.training_data.mkdir()
    (settings.training_data / "plain_text.txt").write_text("hello GoDrive\n")

    training = check(settings).training

    assert training.text is not None
    assert (training.utterances, training.text.lines) == (0, 1)


@pytest.mark.parametrize("said", ["d", "guards/general/e"])
def test_a_line_of_text_that_is_tested_stops_the_run(settings: Settings, said: str) -> None:
    (settings.testing_data / f"{said}.txt").write_text("how are you, my friend")
    (settings.training_data / "plain_text.txt").write_text("hello\nHow are you my friend?\n")

    with pytest.raises(DataError) as raised:
        check(settings)
    reports = validate_folders.fn(settings, [settings.training_data, settings.testing_data])

    place = f"{settings.training_data}/plain_text.txt:2: error[leak_text]: "
    assert str(raised.value).startswith(place)
    assert f"is what {settings.testing_data}/{said}.wav says" in str(raised.value)
    assert [[one.rule for one in report.problems] for report in reports].count(["leak_text"]) == 1


def test_text_beside_speech_for_replay_is_not_learned_from(settings: Settings, tmp_path: Path) -> None:
    replay = speak(tmp_path / "replay", r="general speech")
    (replay / "plain_text.txt").write_text("how are you\n")
    options = settings.training.model_copy(update={"replay": 1.0, "replay_data": str(replay)})

    checked = check(settings.model_copy(update={"training": options}))

    assert checked.replay is not None and checked.replay.text is None
    assert ["text_not_trained" in line for line in checked.warnings] == [True]
