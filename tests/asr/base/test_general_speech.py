"""General speech never holds what the guard set asks for, nor a voice of the sample domain."""

from itertools import islice
from pathlib import Path

from asr.base.general_speech import general_grammar, guard_sentences, speak_general, training_lines
from asr.base.make_model import TRAINING_SEED
from asr.base.voices import GENERAL, SHARJAH_TESTING, SHARJAH_TRAINING
from asr.synthesis.espeak import speak


def test_guard_sentences_are_in_no_training() -> None:
    guard = set(guard_sentences())
    assert len(guard) == 90
    for seed in (TRAINING_SEED, 1, 3):
        assert guard.isdisjoint(line.text for line in islice(training_lines(seed), 5000))


def test_the_bundled_guard_set_is_these_sentences(repository: Path) -> None:
    table = (repository / "testing_data/guards/general/metadata.csv").read_text().splitlines()[1:]
    assert [line.split(",")[1] for line in table] == guard_sentences()


def test_voices_of_the_test_were_heard_in_no_training() -> None:
    testing = [name.lower() for name in SHARJAH_TESTING]
    assert len(testing) == len(set(testing))
    assert {name.lower() for name in (*GENERAL, *SHARJAH_TRAINING)}.isdisjoint(testing)


def test_every_voice_speaks_and_differs() -> None:
    """espeak-ng speaks in its own voice, without a word, when a variant's file is not there."""
    lines = islice(training_lines(1), 200)
    voices = {line.voice.name: line.voice for line in lines}
    assert len({speak("one two", voice).tobytes() for voice in islice(voices.values(), 25)}) == 25


def test_the_grammar_knows_nothing_of_the_domain() -> None:
    words = {word for choices in general_grammar().words.values() for choice in choices for word in choice.split()}
    assert words.isdisjoint({"sharjah", "kalba", "dibba", "mleiha", "souqly", "tasjeel", "paynest"})


def test_general_speech_is_spoken_once(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "general-4"
    speak_general(folder, 4, seed=3)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert len(list(folder.glob("audio/*.flac"))) == 4
    speak_general(folder, 4, seed=3)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
