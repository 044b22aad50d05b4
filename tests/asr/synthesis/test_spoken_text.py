"""Lines become utterances: evenly, the same in every run, and only new ones are spoken."""

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asr.audio import SAMPLE_RATE, Samples, decode
from asr.synthesis import spoken_text
from asr.synthesis.spoken_text import LeftOut, SpokenText, speak_text
from asr.synthesis.synthesizer import Synthesizer, Unspeakable, open_synthesizer
from asr.text.pronunciation import Pronunciation

LINES = ["take me to sharjah", "where is al khan", "open the door please"]


@dataclass
class Listener:
    """A synthesizer that remembers what it was asked to say."""

    asked: list[tuple[str, str]] = field(default_factory=list)
    fingerprint: str = "listener 1"
    voices: tuple[str, ...] = tuple("abcdefgh")
    name: str = "listener"
    takes_phonemes: bool = False
    in_processes: bool = False
    killed_after: int = 10**9

    def speak(self, text: str, voice: str, random: np.random.Generator) -> Samples:
        if text == "unspeakable":
            raise Unspeakable("silent")
        if len(self.asked) >= self.killed_after:
            raise KeyboardInterrupt
        self.asked.append((text, voice))
        seconds = random.uniform(1, 2)
        return (0.2 * np.sin(np.arange(round(seconds * SAMPLE_RATE)) / (5 + ord(voice) % 8))).astype(np.float32)


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture(scope="module")
def espeak() -> Synthesizer:
    return open_synthesizer("espeak", "en")


def say(synthesizer: Synthesizer, folder: Path, lines: list[str] = LINES, count: int = 6, **options: Any) -> SpokenText:
    options = {"pronunciations": (), "seed": 1} | options
    return speak_text(lines, count=count, synthesizer=synthesizer, folder=folder, **options)


def test_every_line_is_spoken_as_often_by_different_voices(listener: Listener, tmp_path: Path) -> None:
    spoken = say(listener, tmp_path, count=9)
    assert Counter(one.text for one in spoken.utterances) == dict.fromkeys(LINES, 3)
    assert [one.text for one in spoken.utterances] == [line for line in LINES for _ in range(3)]
    assert all(len({voice for text, voice in listener.asked if text == line}) == 3 for line in LINES)
    assert (spoken.left_out, spoken.not_spoken, spoken.unused) == ([], 0, ())


def test_utterances_are_whole(listener: Listener, tmp_path: Path) -> None:
    spoken = say(listener, tmp_path)
    assert len({one.id for one in spoken.utterances}) == 6
    for one in spoken.utterances:
        assert one.synthetic
        assert one.duration == len(one.samples()) / SAMPLE_RATE
        assert one.speaker.startswith("listener ")
        assert (one.source, one.split, one.start, one.shown) == ("listener", "", None, one.audio)
        assert one.audio.is_absolute()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 7, 100])
def test_the_count_is_kept_and_spread(listener: Listener, tmp_path: Path, count: int) -> None:
    spoken = say(listener, tmp_path, count=count)
    each = Counter(one.text for one in spoken.utterances)
    assert sum(each.values()) == count
    assert max(each[line] for line in LINES) - min(each[line] for line in LINES) <= 1
    assert spoken.not_spoken == max(0, 3 - count)


def test_nothing_to_say(listener: Listener, tmp_path: Path) -> None:
    assert say(listener, tmp_path, lines=[]) == SpokenText([], [], 0, ())
    with pytest.raises(ValueError, match="-1 utterances"):
        say(listener, tmp_path, count=-1)


def test_a_line_sounds_the_same_whatever_stands_beside_it(espeak: Synthesizer, tmp_path: Path) -> None:
    together = say(espeak, tmp_path / "a", count=6)
    alone = say(espeak, tmp_path / "b", lines=[LINES[1]], count=2)
    of_line = [one for one in together.utterances if one.text == LINES[1]]
    assert [(one.id, one.audio_sha256, one.speaker) for one in of_line] == [
        (one.id, one.audio_sha256, one.speaker) for one in alone.utterances
    ]
    assert len({one.speaker for one in of_line}) == 2
    assert of_line[0].audio.read_bytes() == alone.utterances[0].audio.read_bytes()


def test_which_lines_get_one_more_does_not_depend_on_their_order(listener: Listener, tmp_path: Path) -> None:
    one, other = (say(listener, tmp_path, lines=lines, count=4) for lines in (LINES, LINES[::-1]))
    assert {each.id for each in one.utterances} == {each.id for each in other.utterances}
    seeds = {
        Counter(one.text for one in say(listener, tmp_path, count=4, seed=seed).utterances).most_common(1)[0][0]
        for seed in range(9)
    }
    assert len(seeds) > 1


def test_only_new_lines_are_spoken(listener: Listener, tmp_path: Path) -> None:
    first = say(listener, tmp_path)
    assert say(listener, tmp_path) == first
    assert len(listener.asked) == 6
    more = say(listener, tmp_path, lines=[*LINES, "how far is dibba"], count=8)
    assert [text for text, _ in listener.asked[6:]] == ["how far is dibba"] * 2
    assert more.utterances[:6] == first.utterances
    say(listener, tmp_path, seed=2)
    assert len(listener.asked) == 14
    listener.fingerprint = "listener 2"
    say(listener, tmp_path)
    assert len(listener.asked) == 20


def test_the_same_line_twice_counts_once(listener: Listener, tmp_path: Path) -> None:
    assert say(listener, tmp_path, lines=LINES * 3).utterances == say(listener, tmp_path).utterances


def test_words_are_spoken_as_they_are_pronounced(listener: Listener, tmp_path: Path) -> None:
    rows = [Pronunciation("al khan", "el haan"), Pronunciation("Sharjah", "[[S'A@dZ@]]")]
    spoken = say(listener, tmp_path, count=3, pronunciations=rows)
    assert {text for text, _ in listener.asked} == {"take me to sharjah", "where is el haan", "open the door please"}
    assert [one.text for one in spoken.utterances] == LINES
    assert spoken.unused == (rows[1],)
    phonemes = Listener(takes_phonemes=True)
    assert say(phonemes, tmp_path / "b", count=3, pronunciations=rows).unused == ()
    assert phonemes.asked[0][0] == "take me to [[S'A@dZ@]]"


def test_another_pronunciation_is_spoken_anew(listener: Listener, tmp_path: Path) -> None:
    first = say(listener, tmp_path, count=3)
    second = say(listener, tmp_path, count=3, pronunciations=[Pronunciation("sharjah", "sharja")])
    assert [one.id == two.id for one, two in zip(first.utterances, second.utterances, strict=True)] == [
        False,
        True,
        True,
    ]
    assert len(listener.asked) == 4


def test_what_cannot_be_spoken_is_counted_and_not_tried_again(listener: Listener, tmp_path: Path) -> None:
    lines = [*LINES, "unspeakable", "word " * 1000]
    for _ in range(2):
        spoken = say(listener, tmp_path, lines=lines, count=10)
        assert [one.text for one in spoken.utterances] == [line for line in LINES for _ in range(2)]
        assert spoken.left_out == [LeftOut("unspeakable", "silent")] * 2 + [LeftOut("word " * 1000, "too_long")] * 2
    assert len(listener.asked) == 6


def test_killed_half_way_it_goes_on(listener: Listener, tmp_path: Path) -> None:
    whole = say(Listener(), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        say(replace(listener, killed_after=4), tmp_path / "killed")
    assert len(listener.asked) == 4
    (tmp_path / "killed" / "half.flac.part").write_bytes(b"fLaC")
    again = say(listener, tmp_path / "killed")
    assert len(listener.asked) == 6
    assert [one.audio_sha256 for one in again.utterances] == [one.audio_sha256 for one in whole.utterances]


def test_a_damaged_file_is_spoken_anew(listener: Listener, tmp_path: Path) -> None:
    first = say(listener, tmp_path)
    first.utterances[2].audio.write_bytes(first.utterances[2].audio.read_bytes()[:500])
    assert say(listener, tmp_path) == first
    assert len(listener.asked) == 7
    assert len(decode(first.utterances[2].audio))


def test_progress_is_of_what_is_new(listener: Listener, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    say(listener, tmp_path, count=3)
    say(listener, tmp_path, count=6, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_many_are_spoken_by_other_processes_and_sound_the_same(
    espeak: Synthesizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools = []
    started = spoken_text.worker_processes
    monkeypatch.setattr(spoken_text, "worker_processes", lambda count: pools.append(count) or started(count))
    monkeypatch.setattr(spoken_text, "cores", lambda: 2)
    many = say(espeak, tmp_path / "many", count=16)
    assert pools == [2]
    few = [say(espeak, tmp_path / "few", count=count) for count in (8, 16)][1]
    assert pools == [2], "8 at a time are spoken here"
    assert [one.audio_sha256 for one in many.utterances] == [one.audio_sha256 for one in few.utterances]
    assert {path.name for path in (tmp_path / "many").iterdir()} == {one.audio.name for one in many.utterances}


def test_what_is_bound_to_this_process_stays_in_it(
    listener: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spoken_text, "worker_processes", None)
    assert len(say(listener, tmp_path, count=40).utterances) == 40


@pytest.mark.usefixtures("one_core")
def test_a_checkpoint_speaks(vits_of_three: Path, tmp_path: Path) -> None:
    synthesizer = open_synthesizer(str(vits_of_three), "en")
    first = say(synthesizer, tmp_path / "a", lines=["go on", "شارقة"], count=6)
    assert {one.speaker.removeprefix(f"{vits_of_three} ") for one in first.utterances} == {"0", "1", "2"}
    assert [one.rule for one in first.left_out] == ["silent"] * 3
    alone = say(open_synthesizer(str(vits_of_three), "en"), tmp_path / "b", lines=["go on"], count=3)
    assert [one.audio_sha256 for one in alone.utterances] == [one.audio_sha256 for one in first.utterances]
