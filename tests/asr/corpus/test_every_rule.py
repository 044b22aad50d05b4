"""Every rule is broken once, and once nearly: by folders as people have them."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from asr.audio import write_flac
from asr.corpus.azure_checks import azure_limits
from asr.corpus.leakage import Learned
from asr.corpus.limits import DEFAULT_LIMITS, Limits, local_limits
from asr.corpus.rules import RULES, Purpose
from asr.corpus.synthetic import MARK
from asr.corpus.validate import load_corpus
from asr.models.abilities import read_abilities

SENTENCE = "turn left at the bridge"
LONG_SENTENCE = f"{SENTENCE} and then straight on until you see the red house of my brother's family " * 3
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n"

Make = Callable[[Path], object]


@dataclass(frozen=True)
class Case:
    """A folder that breaks a rule, and one that comes near."""

    broken: Make
    kept: Make
    limits: str = "default"
    kept_limits: str = ""
    """When it is not the folder that makes the difference."""
    purpose: Purpose = "training"


def tone(
    seconds: float = 2.0, rate: int = 16_000, level: float = 0.3, offset: float = 0.0, hertz: float = 220.0
) -> Any:
    samples = level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.clip(samples + offset, -1, 1).astype(np.float32)


def say(text: str = SENTENCE, samples: Any = None, rate: int = 16_000, name: str = "a", **sound: float) -> Make:
    """One utterance."""

    def make(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        heard = tone(rate=rate, **sound) if samples is None else samples
        soundfile.write(folder / f"{name}.wav", heard, rate, subtype="FLOAT")
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")

    return make


def with_file(name: str, content: str | bytes) -> Make:
    """One utterance with another file beside it, or with one of its own replaced."""

    def make(folder: Path) -> None:
        say()(folder)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    return make


def with_table(row: str) -> Make:
    return with_file("metadata.csv", f"file_name,transcription,start,duration\n{row}\n")


def with_split(split: str) -> Make:
    rows = f"a.wav,yes please,0,1,train\na.wav,no thank you,1,1,{split}"
    return with_file("metadata.csv", f"file_name,transcription,start,duration,split\n{rows}\n")


def with_noise(level: str) -> Make:
    return with_file("metadata.csv", f"file_name,transcription,noise\na.wav,yes please,{level}\n")


def synthesized(comment: str) -> Make:
    def make(folder: Path) -> None:
        write_flac(folder / "a.flac", tone(), comment=comment)
        (folder / "a.txt").write_text(SENTENCE)

    return make


def with_archive(*members: str) -> Make:
    def make(folder: Path) -> None:
        say()(folder)
        with zipfile.ZipFile(folder / "x.zip", "w") as archive:
            for member in members:
                archive.writestr(member, "content")

    return make


def with_text(lines: str) -> Make:
    """Another sentence than the usual one, and text beside it."""

    def make(folder: Path) -> None:
        say("yes please")(folder)
        (folder / "plain_text.txt").write_text(lines, encoding="utf-8")

    return make


def with_structured(sentence: str) -> Make:
    numbers = "\n".join(f"- n{number}" for number in range(8))
    return with_file("structured_text.md", f"@ list place =\n- rolla\n@ list n =\n{numbers}\n# go\n{sentence}\n")


def with_rows(rows: str) -> Make:
    return with_file("pronunciation.txt", rows)


def both(training: Make, testing: Make) -> Make:
    return lambda folder: (training(folder / "training"), testing(folder / "testing"))


def spoken(text: str, speaker: str, source: str = "", hertz: float = 220.0) -> Make:
    """One utterance, with who says it and the recording that it comes from."""

    def make(folder: Path) -> None:
        say(hertz=hertz)(folder)
        (folder / "a.txt").unlink()
        (folder / "metadata.csv").write_text(f"file_name,transcription,speaker,source\na.wav,{text},{speaker},{source}")

    return make


CASES = {
    # audio
    "undecodable": Case(with_file("a.wav", "no audio"), say()),
    "lfs_pointer": Case(with_file("a.wav", POINTER), with_file("pointer.md", POINTER)),
    "empty_audio": Case(with_file("a.wav", ""), say()),
    "not_finite": Case(say(samples=np.append(tone(), np.float32("nan"))), say(samples=np.append(tone(), 0.0))),
    "silent": Case(say(level=0.0009), say(level=0.002)),
    "clipped": Case(say(level=1.2), say(level=0.99)),
    "dc_offset": Case(say(offset=-0.03), say(offset=0.01)),
    "low_rate": Case(say(rate=8_000), say(rate=16_000)),
    "too_short": Case(say("yes", seconds=0.09), say("yes", seconds=0.11)),
    "too_long": Case(say(seconds=30.1), say(seconds=30.0)),
    "bad_segment": Case(with_table("a.wav,yes please,-1,1"), with_table("a.wav,yes please,0,1")),
    "other_split": Case(with_split("test"), with_split("dev")),
    "bad_noise": Case(with_noise("babble"), with_noise("-3.5")),
    "segment_outside": Case(with_table("a.wav,yes please,1.5,1"), with_table("a.wav,yes please,1,1")),
    "missing_audio": Case(with_table("gone.wav,yes please,,"), with_table("a.wav,yes please,,")),
    "orphan_audio": Case(with_file("b.wav", b"RIFF"), with_file("b.pdf", b"PDF")),
    # transcripts
    "missing_text": Case(
        with_file("metadata.jsonl", '{"file_name": "a.wav", "transcription": null}'),
        with_file("metadata.jsonl", '{"file_name": "a.wav", "transcription": "yes"}'),
    ),
    "empty_text": Case(say(" \n"), say("a")),
    "only_punctuation": Case(say("... — ?!"), say("... — 7 ?!")),
    "not_utf8": Case(with_file("a.txt", "café".encode("latin-1")), with_file("a.txt", "café".encode())),
    "control_characters": Case(say("turn\x07left"), say("turn\tleft")),
    "impossible_rate": Case(say(LONG_SENTENCE), say(LONG_SENTENCE, seconds=20)),
    "little_text": Case(say("yes", seconds=11), say("yes", seconds=9)),
    "repeated": Case(say("thank you. " * 4), say("no no no no no, 0 0 0 0 0 0 0 0 0")),
    "digits": Case(say("turn left at 17"), say("turn left at seventeen"), limits="basic"),
    "unwritable": Case(say("поверни налево"), say("Turn left, “now”!"), limits="letters"),
    "too_many_tokens": Case(say("x" * 445, seconds=4.9), say("x" * 444, seconds=4.9), limits="whisper"),
    "orphan_transcript": Case(with_file("b.txt", "yes please"), with_file("README.txt", "yes please")),
    # text without recordings
    "text_address": Case(with_text("see https://godrive.ae"), with_text("see godrive dot a e, and/or ask")),
    "text_emoji": Case(with_text("well done 👍"), with_text("well done: a café for 5 €")),
    "text_too_long": Case(with_text("go " * 61), with_text("go on " * 30)),
    "text_twice": Case(with_text("go to rolla\nGo to Rolla!"), with_text("go to rolla\ngo to the rolla")),
    "structured_text": Case(with_structured("- go to {@places}"), with_structured("- go to {@place}")),
    "structured_sample": Case(with_structured("- {@n} {@n} {@n} {@n}"), with_structured("- {@n} {@n} {@n}")),
    "text_not_trained": Case(with_text("go to rolla"), with_file("README.txt", "go to rolla"), purpose="testing"),
    "pronunciation_tab": Case(with_rows("bridge  brij"), with_rows("bridge\tbrij")),
    "pronunciation_empty": Case(with_rows("bridge\t "), with_rows("bridge\tb")),
    "pronunciation_conflict": Case(with_rows("bridge\tbrij\nBridge\tbrick"), with_rows("bridge\tbrij\nleft\tlift")),
    "pronunciation_twice": Case(with_rows("bridge\tbrij\nBridge\tBrij"), with_rows("bridge\tbrij\nleft\tbrij")),
    "pronunciation_too_long": Case(with_rows(f"bridge\t{'b' * 301}"), with_rows(f"bridge\t{'b' * 300}")),
    "unknown_phonemes": Case(with_rows("bridge\t[[br'Idz$]]"), with_rows("bridge\t[[br'IdZ]]"), limits="letters"),
    "azure_phonemes": Case(with_rows("bridge\t[[br'IdZ]]"), with_rows("bridge\tbrij"), limits="en-US"),
    "pronunciation_unused": Case(with_rows("bridges\tbrij"), with_rows("at the Bridge\tbrij")),
    # files
    "unreadable_table": Case(with_file("trans.txt", "a.wav yes please"), with_file("trans.txt", "a.wav\tyes please")),
    "outside_folder": Case(with_table("../a.wav,yes please,,"), with_table("./a.wav,yes please,,")),
    "bad_archive": Case(with_file("x.zip", "no archive"), with_archive("x.md")),
    "archive_bounds": Case(with_archive("a/" * 33 + "x.md"), with_archive("a/" * 32 + "x.md")),
    "unsafe_archive": Case(with_archive("../x.md"), with_archive("..x.md")),
    "nested_archive": Case(with_archive("x.zip"), with_archive("x.md")),
    # the corpus as a whole
    "duplicate": Case(
        lambda folder: (say()(folder), say("now", name="b")(folder)),
        lambda folder: (say()(folder), say("now", name="b", hertz=330)(folder)),
    ),
    "synthetic_test": Case(synthesized(MARK), synthesized("recorded in May"), purpose="testing"),
    "small_test": Case(say(), say(LONG_SENTENCE), limits="5 %", kept_limits="99 %", purpose="testing"),
    # training against testing
    "leak_audio": Case(both(say(), say("now")), both(say(), say("now", hertz=330))),
    "leak_source": Case(
        both(spoken("yes", "ann", "call 1"), spoken("no", "bob", "call 1", hertz=330)),
        both(spoken("yes", "ann", "call 1"), spoken("no", "bob", "call 2", hertz=330)),
    ),
    "leak_sentence": Case(
        both(spoken(SENTENCE, "ann"), spoken(SENTENCE, "ann", hertz=330)),
        both(spoken(SENTENCE, "ann"), spoken(SENTENCE, "bob", hertz=330)),
    ),
    "leak_text": Case(
        both(with_text("Turn left, at the bridge"), say(hertz=330)),
        both(with_text("turn left at the red bridge"), say(hertz=330)),
    ),
    "leak_speaker": Case(
        both(spoken("yes", "ann"), spoken("no", "ann", hertz=330)),
        both(spoken("yes", "ann"), spoken("no", "bob", hertz=330)),
    ),
    # Azure Custom Speech
    "azure_locale": Case(say(), say(), limits="af-ZA", kept_limits="en-US"),
    "azure_characters": Case(say("don’t turn"), say("don't turn"), limits="en-US"),
    "azure_repeats": Case(say("yeah yeah yeah yeah"), say("yeah yeah yeah"), limits="en-US"),
    "azure_sentence": Case(say("あ" * 91, seconds=20), say("あ" * 46 + "。" + "あ" * 45, seconds=20), limits="ja-JP"),
}

ELSEWHERE = {
    "changing": "test_inspection.py",
    "unreadable_file": "readers/test_archive.py",
    "bad_reference": "readers/test_hub.py",
    "hub_unreachable": "readers/test_hub.py",
    "azure_amount": "test_azure_checks.py",
    "too_much_text": "test_text_files.py",
    "too_many_pronunciations": "test_text_files.py",
}
"""What a small folder cannot break, and the tests that do."""


@pytest.fixture
def limits(request: pytest.FixtureRequest) -> Callable[[str], Limits]:
    def find(name: str) -> Limits:
        if name == "letters":
            return local_limits(read_abilities("embedded"), "english", 0.0, "en")
        if name == "whisper":
            return local_limits(read_abilities(str(request.getfixturevalue("whisper")), language="en"), "english", 0.0)
        if name == "basic":
            return local_limits(None, "basic", 0.0)
        if name.endswith("%"):
            return local_limits(None, "english", float(name.rstrip(" %")) / 100)
        return DEFAULT_LIMITS if name == "default" else azure_limits(name, "basic", 0.0)

    return find


def broken_rules(make: Make, limits: Limits, purpose: Purpose, at: Path) -> set[str]:
    make(at / "data")
    if not (at / "data" / "training").is_dir():
        report = load_corpus(at / "data", "data", work=at / "work", purpose=purpose, limits=limits)
        return {one.rule for one in report.problems}
    training, testing = (
        load_corpus(at / "data" / each, each, work=at / "work", purpose=purpose).draft
        for each in ("training", "testing")
    )
    with Learned(training.stream(), training.text.stream() if training.text else ()) as learned:
        return {one.rule for one in learned.leaks(testing.stream())}


@pytest.mark.parametrize("rule", CASES)
def test_a_broken_rule_is_reported(rule: str, limits: Callable[[str], Limits], tmp_path: Path) -> None:
    case = CASES[rule]

    assert rule in broken_rules(case.broken, limits(case.limits), case.purpose, tmp_path)


@pytest.mark.parametrize("rule", CASES)
def test_what_comes_near_is_not(rule: str, limits: Callable[[str], Limits], tmp_path: Path) -> None:
    case = CASES[rule]

    assert rule not in broken_rules(case.kept, limits(case.kept_limits or case.limits), case.purpose, tmp_path)


def test_no_rule_is_forgotten() -> None:
    assert sorted([*CASES, *ELSEWHERE]) == sorted(RULES)
    for rule, module in ELSEWHERE.items():
        assert rule in (Path(__file__).parent / module).read_text(encoding="utf-8"), module
