"""A take is kept as it was spoken, marked, and believed only while it is whole."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from asr.audio import SAMPLE_RATE, Samples, as_int16, decode, write_flac
from asr.corpus.synthetic import MARK, is_marked
from asr.synthesis.spoken_corpus import PEAK
from asr.synthesis.synthesizer import Unspeakable
from asr.synthesis.takes import Sound, Take, choose_take, recall, speak_take


@dataclass
class Hum:
    """A synthesizer that hums for as long as it is told."""

    say: Callable[[str, str, np.random.Generator], Samples]
    fingerprint: str = "hum 1"
    voices: tuple[str, ...] = ("low", "mid", "high")
    name: str = "hum"
    takes_phonemes: bool = False
    in_processes: bool = False
    spoken: int = 0

    def speak(self, text: str, voice: str, random: np.random.Generator) -> Samples:
        self.spoken += 1
        return self.say(text, voice, random)


def hum(seconds: float = 1.0, level: float = 0.3) -> Samples:
    return (level * np.sin(np.arange(round(seconds * SAMPLE_RATE)) / 10)).astype(np.float32)


@pytest.fixture
def hummer() -> Hum:
    return Hum(lambda *_: hum())


@pytest.fixture
def take(hummer: Hum, tmp_path: Path) -> Take:
    return choose(hummer, tmp_path)


def choose(hummer: Hum, folder: Path, written: str = "hello", version: int = 0, **changes: Any) -> Take:
    changes = {"spoken": written, "seed": 1} | changes
    return choose_take(written, version=version, synthesizer=hummer, folder=folder, **changes)


def test_what_is_kept_is_what_is_recalled(hummer: Hum, take: Take) -> None:
    assert recall(take) is None
    made = speak_take(hummer, take)
    samples = decode(take.audio)
    assert recall(take) == made
    assert made == Sound(
        seconds=1.0,
        audio_sha256=hashlib.sha256(take.audio.read_bytes()).hexdigest(),
        samples_sha256=hashlib.sha256(as_int16(samples).tobytes()).hexdigest(),
    )
    assert 0.01 < np.abs(samples).max() <= PEAK + 1e-4
    assert [path.name for path in take.folder.iterdir()] == [f"{take.name}.flac"]


def test_it_is_marked(hummer: Hum, take: Take) -> None:
    speak_take(hummer, take)
    assert is_marked(take.audio)
    with soundfile.SoundFile(take.audio) as file:
        assert file.comment.startswith(MARK)


def test_every_version_is_another_voice_while_there_are_any(hummer: Hum, tmp_path: Path) -> None:
    takes = [choose(hummer, tmp_path, version=version) for version in range(6)]
    assert {one.voice for one in takes[:3]} == {one.voice for one in takes[3:]} == set(hummer.voices)
    assert len({one.name for one in takes}) == 6
    firsts = {choose(hummer, tmp_path, written=str(number)).voice for number in range(20)}
    assert firsts == set(hummer.voices), "and lines do not all begin with the same one"


@pytest.mark.parametrize(
    "change",
    [{"written": "Hello"}, {"spoken": "[[h@l'oU]]"}, {"version": 1}, {"seed": 2}],
    ids=lambda one: next(iter(one)),
)
def test_what_decides_the_sound_decides_the_name(hummer: Hum, take: Take, change: dict[str, Any]) -> None:
    changed = choose(hummer, take.folder, **{"written": "hello", "spoken": "hello"} | change)
    assert changed.name != take.name
    assert choose(replace(hummer, fingerprint="hum 2"), take.folder).name != take.name
    assert choose(hummer, take.folder / "elsewhere").name == take.name


def test_another_pronunciation_is_spoken_by_the_same_voice(hummer: Hum, tmp_path: Path) -> None:
    drawn = Hum(lambda _text, _voice, random: hum(float(random.uniform(0.5, 1.5))))
    takes = [choose(drawn, tmp_path, spoken=spoken) for spoken in ("hello", "[[h@l'oU]]")]
    assert takes[0].voice == takes[1].voice
    first, second = (speak_take(drawn, one) for one in takes)
    assert first == second


def test_room_and_noise_do_not_depend_on_how_much_the_synthesizer_draws(tmp_path: Path) -> None:
    little = Hum(lambda _text, _voice, random: hum() + 0 * random.standard_normal(1).astype(np.float32))
    much = Hum(lambda _text, _voice, random: hum() + 0 * random.standard_normal(SAMPLE_RATE).astype(np.float32))
    sounds = []
    for number, hummer in enumerate((little, much)):
        folder = tmp_path / str(number)
        folder.mkdir()
        sounds.append([speak_take(hummer, choose(hummer, folder, str(line))).samples_sha256 for line in range(12)])
    assert sounds[0] == sounds[1]
    assert len(set(sounds[0])) > 6, "most lines have a room or a noise of their own"


@pytest.mark.parametrize("damage", ["cut", "flipped", "unmarked", "another sound", "empty", "text"])
def test_a_damaged_file_is_not_believed(hummer: Hum, take: Take, damage: str) -> None:
    made = speak_take(hummer, take)
    whole = take.audio.read_bytes()
    if damage == "cut":
        take.audio.write_bytes(whole[: len(whole) // 2])
    elif damage == "flipped":
        take.audio.write_bytes(whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:])
    elif damage == "unmarked":
        write_flac(take.audio, decode(take.audio))
    elif damage == "another sound":
        write_flac(take.audio, hum(0.5), comment=f"{MARK}; samples sha256 {made.samples_sha256}")
    else:
        take.audio.write_bytes(b"" if damage == "empty" else b"not audio")
    assert recall(take) is None
    assert speak_take(hummer, take) == recall(take) == made
    assert take.audio.read_bytes() == whole


@pytest.mark.parametrize(
    ("samples", "rule"),
    [
        (np.zeros(0, np.float32), "silent"),
        (hum(level=0.0009), "silent"),
        (hum(0.09), "too_short"),
        (hum(30.1), "too_long"),
        (hum() * np.float32("nan"), "not_finite"),
        (hum(0.12), "impossible_rate"),
    ],
    ids=["nothing", "silence", "short", "long", "broken", "half"],
)
def test_what_cannot_be_used_is_kept_as_a_reason(tmp_path: Path, samples: Samples, rule: str) -> None:
    hummer = Hum(lambda *_: samples)
    take = choose(hummer, tmp_path, "hello there everybody" if rule == "impossible_rate" else "hi")
    assert speak_take(hummer, take) == Sound(rule=rule) == recall(take)
    assert [path.name for path in tmp_path.iterdir()] == [f"{take.name}.left_out"]


def test_a_reason_that_is_none_is_not_believed(take: Take) -> None:
    for content in (b"", b"silen", b"\xff"):
        take.refusal.write_bytes(content)
        assert recall(take) is None


def test_what_nobody_can_say_in_time_is_not_tried(hummer: Hum, tmp_path: Path) -> None:
    long, longer = "a" * 1050, "a" * 1051
    for written, spoken, rule in (
        (long, long * 2, "impossible_rate"),
        (longer, "a", "too_long"),
        ("a", long * 2 + "a", "too_long"),
    ):
        hummer.spoken = 0
        assert speak_take(hummer, choose(hummer, tmp_path, written, spoken=spoken)).rule == rule
        assert hummer.spoken == (rule != "too_long")


def test_a_synthesizer_may_refuse(tmp_path: Path) -> None:
    def refuse(*_: object) -> Samples:
        raise Unspeakable("silent")

    hummer = Hum(refuse)
    assert speak_take(hummer, choose(hummer, tmp_path)).rule == "silent"
