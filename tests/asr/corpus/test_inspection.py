import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.corpus.file_cache import FileCache, Measurement
from asr.corpus.inspection import Inspection, hash_files, inspect_files


def look(paths: list[Path], work: Path) -> dict[str, Inspection]:
    with FileCache(work) as cache:
        return {path.name: one for path, one in inspect_files(paths, cache).items()}


def test_what_is_measured(tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = tone(tmp_path / "a.wav", seconds=1.5, level=0.3)

    seen = look([path], tmp_path)["a.wav"]

    assert seen.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert seen.measurement is not None
    assert seen.measurement.seconds == 1.5
    assert seen.measurement.peak == pytest.approx(0.3, abs=0.01)
    assert seen.measurement.clipped == 0


def test_silence_and_clipping_are_measured(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "offset.wav", np.full(16_000, 0.25, np.float32), 16_000)
    wave = np.clip(2 * np.sin(np.arange(16_000) / 10), -1, 1)
    soundfile.write(tmp_path / "clipped.wav", wave, 16_000)

    seen = look([tmp_path / "offset.wav", tmp_path / "clipped.wav"], tmp_path)

    assert seen["offset.wav"].measurement.peak < 1e-6  # type: ignore[union-attr]
    assert seen["clipped.wav"].measurement.clipped > 0.5  # type: ignore[union-attr]


def test_the_same_sound_in_another_format_has_the_same_samples(tmp_path: Path, tone: Callable[..., Path]) -> None:
    wav = tone(tmp_path / "a.wav")
    samples, rate = soundfile.read(wav, dtype="int16")
    soundfile.write(tmp_path / "a.flac", samples, rate)

    one, two = look([wav, tmp_path / "a.flac"], tmp_path).values()

    assert one.sha256 != two.sha256
    assert one.measurement.samples_sha256 == two.measurement.samples_sha256  # type: ignore[union-attr]


def test_audio_is_decoded_once_whatever_its_path_and_age(tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = tone(tmp_path / "a.wav")
    sha256 = look([path], tmp_path / "work")["a.wav"].sha256
    marked = Measurement(99.0, "kept, not measured", 0.5, 0.0)
    with FileCache(tmp_path / "work") as cache:
        cache.keep_measurement(sha256, marked)

    path.touch()
    clone = tmp_path / "clone.wav"
    clone.write_bytes(path.read_bytes())
    again = look([path, clone], tmp_path / "work")
    tone(path, hertz=300)
    changed = look([path], tmp_path / "work")["a.wav"]

    assert [one.measurement for one in again.values()] == [marked, marked]
    assert changed.sha256 != sha256
    assert changed.measurement is not None and changed.measurement.seconds == 1.0


def test_a_pointer_has_the_hash_of_its_audio_but_is_never_measured(tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = tone(tmp_path / "a.wav")
    fetched = look([path], tmp_path)["a.wav"]
    path.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{fetched.sha256}\nsize 32044\n")

    pointer = look([path], tmp_path)["a.wav"]

    assert pointer.sha256 == fetched.sha256
    assert pointer.measurement is None
    assert pointer.rule == "lfs_pointer"


def test_bad_files_say_why_and_are_tried_again(tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"nonsense" * 500)
    paths = [tmp_path / "bad.wav", tmp_path / "gone.wav"]

    for _ in range(2):
        seen = look(paths, tmp_path)
        assert {one.rule for one in seen.values()} == {"undecodable"}
        assert "Format not recognised" in seen["bad.wav"].detail
        assert "No such file" in seen["gone.wav"].detail


def test_a_broken_cache_only_costs_time(tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = tone(tmp_path / "a.wav")
    whole = look([path], tmp_path / "work")
    database = tmp_path / "work" / "audio.sqlite"

    for content in (b"not a database" * 1000, database.read_bytes()[:5000]):
        database.write_bytes(content)
        assert look([path], tmp_path / "work") == whole
    with FileCache(tmp_path / "work") as cache:
        assert list(hash_files([path], cache).values()) == [whole["a.wav"].sha256]
