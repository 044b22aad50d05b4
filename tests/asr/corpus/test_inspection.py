import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.corpus import inspection, listening
from asr.corpus.file_cache import FileCache, Measurement, file_state
from asr.corpus.inspection import Inspection, hash_rows, inspect_rows
from asr.corpus.readers.row import Row
from asr.corpus.sorted_rows import SortedRows

Tone = Callable[..., Path]


def described(path: Path, start: float | None = None, seconds: float | None = None) -> Row:
    return Row(path.name, path, path, "hello", path.with_name("table.csv"), None, start, seconds)


def look_at(rows: list[Row], work: Path) -> list[tuple[str, Inspection]]:
    """The inspection of each row by its id, in the order of the rows."""
    kept = SortedRows()
    for row in rows:
        kept.add(row)
    try:
        with FileCache(work) as cache:
            return [(row.id, one) for row, one in inspect_rows(kept, cache)]
    finally:
        kept.close()


def look(paths: list[Path], work: Path) -> dict[str, Inspection]:
    return dict(look_at([described(path) for path in paths], work))


def hashes(paths: list[Path], work: Path) -> list[str]:
    kept = SortedRows()
    for path in paths:
        kept.add(described(path))
    try:
        with FileCache(work) as cache:
            return [sha256 for _, sha256 in hash_rows(kept, cache)]
    finally:
        kept.close()


def test_what_is_measured(tmp_path: Path, tone: Tone) -> None:
    path = tone(tmp_path / "a.wav", seconds=1.5, level=0.3, rate=8_000)

    seen = look([path], tmp_path)["a.wav"]

    assert seen.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert seen.measurement is not None
    assert seen.measurement.seconds == 1.5
    assert seen.measurement.peak == pytest.approx(0.3, abs=0.01)
    assert seen.measurement.offset == pytest.approx(0, abs=0.01)
    assert seen.measurement.clipped == 0
    assert seen.measurement.rate == 8_000


def test_silence_and_clipping_are_measured(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "offset.wav", np.full(16_000, 0.25, np.float32), 16_000)
    wave = np.clip(2 * np.sin(np.arange(16_000) / 10), -1, 1)
    soundfile.write(tmp_path / "clipped.wav", wave, 16_000)

    seen = look([tmp_path / "offset.wav", tmp_path / "clipped.wav"], tmp_path)

    assert seen["offset.wav"].measurement.peak < 1e-6  # type: ignore[union-attr]
    assert seen["offset.wav"].measurement.offset == pytest.approx(0.25)  # type: ignore[union-attr]
    assert seen["clipped.wav"].measurement.clipped > 0.5  # type: ignore[union-attr]


def test_the_same_sound_in_another_format_has_the_same_samples(tmp_path: Path, tone: Tone) -> None:
    wav = tone(tmp_path / "a.wav")
    samples, rate = soundfile.read(wav, dtype="int16")
    soundfile.write(tmp_path / "a.flac", samples, rate)

    one, two = look([wav, tmp_path / "a.flac"], tmp_path).values()

    assert one.sha256 != two.sha256
    assert one.measurement.samples_sha256 == two.measurement.samples_sha256  # type: ignore[union-attr]


def test_audio_is_decoded_once_whatever_its_path_and_age(tmp_path: Path, tone: Tone) -> None:
    path = tone(tmp_path / "a.wav")
    sha256 = look([path], tmp_path / "work")["a.wav"].sha256
    marked = Measurement(99.0, "kept, not measured", 0.5, 0.0, 0.0, 8_000)
    with FileCache(tmp_path / "work") as cache:
        cache.keep([], [(sha256, "", marked)])

    path.touch()
    clone = tmp_path / "clone.wav"
    clone.write_bytes(path.read_bytes())
    again = look([path, clone], tmp_path / "work")
    tone(path, hertz=300)
    changed = look([path], tmp_path / "work")["a.wav"]

    assert [one.measurement for one in again.values()] == [marked, marked]
    assert changed.sha256 != sha256
    assert changed.measurement is not None and changed.measurement.seconds == 1.0


def test_a_pointer_has_the_hash_of_its_audio_but_is_never_measured(tmp_path: Path, tone: Tone) -> None:
    path = tone(tmp_path / "a.wav")
    fetched = look([path], tmp_path)["a.wav"]
    path.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{fetched.sha256}\nsize 32044\n")

    for _ in range(2):
        pointer = look([path], tmp_path)["a.wav"]

        assert pointer.sha256 == fetched.sha256
        assert pointer.measurement is None
        assert pointer.rule == "lfs_pointer"
    assert hashes([path], tmp_path) == [fetched.sha256]

    tone(tmp_path / "b.wav")
    for _ in range(2):
        both = look([path, tmp_path / "b.wav"], tmp_path / "fresh").values()

        assert [(one.sha256, one.rule) for one in both] == [(fetched.sha256, "lfs_pointer"), (fetched.sha256, "")]


def test_bad_files_say_why_and_are_tried_again(tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"nonsense" * 500)
    paths = [tmp_path / "bad.wav", tmp_path / "gone.wav"]

    for _ in range(2):
        seen = look(paths, tmp_path)
        assert {one.rule for one in seen.values()} == {"undecodable"}
        assert all(one.detail for one in seen.values())
        assert "No such file" in seen["gone.wav"].detail
    sha256 = hashlib.sha256(paths[0].read_bytes()).hexdigest()
    assert hashes(paths, tmp_path) == [sha256, ""]


def test_a_broken_cache_only_costs_time(tmp_path: Path, tone: Tone) -> None:
    path = tone(tmp_path / "a.wav")
    whole = look([path], tmp_path / "work")
    database = tmp_path / "work" / "audio.sqlite"

    for content in (b"not a database" * 1000, database.read_bytes()[:5000]):
        database.write_bytes(content)
        assert look([path], tmp_path / "work") == whole
    assert hashes([path], tmp_path / "work") == [whole["a.wav"].sha256]


def test_a_cache_of_an_older_version_is_forgotten(tmp_path: Path, tone: Tone) -> None:
    import sqlite3

    path = tone(tmp_path / "a.wav")
    old = sqlite3.connect(tmp_path / "audio.sqlite")
    old.executescript("CREATE TABLE sounds (sha256 TEXT PRIMARY KEY, seconds REAL); PRAGMA user_version = 1;")
    old.close()

    first, again = look([path], tmp_path), look([path], tmp_path)

    assert first["a.wav"].measurement is not None
    assert again == first
    with FileCache(tmp_path) as cache:
        assert cache.hashes([file_state(path)]) == {str(path): first["a.wav"].sha256}


def test_segments_are_measured_each_and_remembered_each(tmp_path: Path, tone: Tone, monkeypatch: object) -> None:
    path = tmp_path / "call.wav"
    samples = np.concatenate([np.full(16_000, level, np.float32) for level in (0.1, 0.2, 0.3)])
    soundfile.write(path, samples, 16_000, subtype="FLOAT")
    rows = [described(path, 1.0, 1.0), described(path, 0.5, 0.25), described(path, 2.0), described(path)]

    first = look_at(rows, tmp_path)
    again = look_at([*rows, described(path, 1.0, 0.5)], tmp_path)

    measured = {name: (one.measurement.seconds, round(one.measurement.offset, 3)) for name, one in first}  # type: ignore[union-attr]
    assert measured == {
        "call.wav": (3.0, 0.2),
        "call.wav@0.500+0.250": (0.25, 0.1),
        "call.wav@1.000+1.000": (1.0, 0.2),
        "call.wav@2.000": (1.0, 0.3),
    }
    assert {one.sha256 for _, one in first} == {hashlib.sha256(path.read_bytes()).hexdigest()}
    assert [name for name, _ in again] == [
        "call.wav",
        "call.wav@0.500+0.250",
        "call.wav@1.000+0.500",
        "call.wav@1.000+1.000",
        "call.wav@2.000",
    ]
    assert {name: one for name, one in again if "1.000+0.500" not in name} == dict(first)


def test_a_segment_outside_does_not_take_the_others_along(tmp_path: Path, tone: Tone) -> None:
    path = tone(tmp_path / "call.wav", seconds=2.0)

    seen = look_at(
        [described(path, 0.5, 0.5), described(path, 1.0, 60.0), described(path, 1.5), described(path, 9.0)], tmp_path
    )

    assert [(name, one.rule, one.measurement is not None) for name, one in seen] == [
        ("call.wav@0.500+0.500", "", True),
        ("call.wav@1.000+60.000", "segment_outside", False),
        ("call.wav@1.500", "", True),
        ("call.wav@9.000", "segment_outside", False),
    ]


def test_a_bad_file_is_bad_in_each_of_its_segments(tmp_path: Path) -> None:
    path = tmp_path / "bad.wav"
    path.write_bytes(b"nonsense" * 500)

    seen = look_at([described(path, 0.0, 1.0), described(path, 1.0, 1.0)], tmp_path)

    assert [one.rule for _, one in seen] == ["undecodable", "undecodable"]


def test_many_segments_of_one_file_are_looked_at_in_parts(tmp_path: Path, tone: Tone) -> None:
    path = tone(tmp_path / "call.wav", seconds=3.0, rate=16_000)
    other = tone(tmp_path / "other.wav")
    rows = [described(path, number / 1000, 0.1) for number in range(2500)]

    for _ in range(2):
        seen = look_at([described(other), *rows], tmp_path)

        assert [name for name, _ in seen] == [*(row.id for row in rows), "other.wav"]
        assert all(one.measurement for _, one in seen)


@pytest.mark.parametrize("when", ["hashed", "decoded"])
def test_a_file_that_changes_while_it_is_read_is_told_and_forgotten(
    tmp_path: Path, tone: Tone, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    path = tone(tmp_path / "a.wav")
    module, after = (inspection, "lfs_oid") if when == "hashed" else (listening, "decode_with_rate")
    read = getattr(module, after)

    def still_copying(place: Path) -> object:
        content = read(place)
        os.truncate(path, path.stat().st_size - 2)
        return content

    with monkeypatch.context() as patch:
        patch.setattr(module, after, still_copying)
        seen = look([path], tmp_path)["a.wav"]
        again = hashes([path], tmp_path)
    settled = look([path], tmp_path)["a.wav"]

    assert (seen.sha256, seen.measurement, seen.rule) == ("", None, "changing")
    assert again == ([""] if when == "hashed" else hashes([path], tmp_path / "fresh"))
    assert settled.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert settled.measurement is not None


def test_two_runs_share_a_cache(tmp_path: Path, tone: Tone) -> None:
    path = tone(tmp_path / "a.wav")
    with FileCache(tmp_path) as one, FileCache(tmp_path) as two:
        one.keep([(file_state(path), "1")])
        two.keep([(file_state(path), "2")])

        assert one.hashes([file_state(path)]) == two.hashes([file_state(path)]) == {str(path): "2"}


def test_a_cache_that_cannot_be_written_forgets(tmp_path: Path, tone: Tone) -> None:
    path = tone(tmp_path / "a.wav")
    (tmp_path / "work" / "audio.sqlite").mkdir(parents=True)

    assert look([path], tmp_path / "work")["a.wav"].measurement is not None
