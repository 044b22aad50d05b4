import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.audio import SAMPLE_RATE, AudioError, Samples, decode, decode_segments
from asr.audio.audio_file import Recording

Sweep = Callable[..., np.ndarray]
Encode = Callable[..., Path]

PLACES = [(0.0, 0.5), (0.013, 0.2), (2.3333, 0.75), (0.4, 3.0), (5.5, None), (4.77, 0.01), (5.2, 0.8), (0.0, None)]
"""From the beginning, to the end, overlapping, not in order."""


def samples_of(one: Samples | AudioError) -> Samples:
    assert not isinstance(one, AudioError)
    return one


def part(whole: np.ndarray, start: float, seconds: float | None) -> np.ndarray:
    end = None if seconds is None else round((start + seconds) * SAMPLE_RATE)
    return whole[round(start * SAMPLE_RATE) : end]


@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("a.wav", 8_000),
        ("a.wav", 16_000),
        ("a.flac", 16_000),
        ("a.flac", 44_100),
        ("a.ogg", 22_050),
        ("a.opus", 8_000),
        ("a.opus", 48_000),
        ("a.mp3", 16_000),
        ("a.mp3", 44_100),
        ("a.webm", 48_000),
        ("a.m4a", 44_100),
    ],
)
def test_a_segment_is_what_the_whole_file_has_there(encode: Encode, sweep: Sweep, name: str, rate: int) -> None:
    # The AAC encoder lets the decoder make noise up, which is never twice the same.
    path = encode(name, sweep(6.0, rate), rate, codec="alac" if name == "a.m4a" else "")
    whole = decode(path)

    several = list(decode_segments(path, PLACES))

    assert len(several) == len(PLACES)
    for (start, seconds), segment in zip(PLACES, several, strict=True):
        expected = part(whole, start, seconds)
        np.testing.assert_allclose(samples_of(segment), expected, atol=1e-6)
        np.testing.assert_allclose(decode(path, start, seconds), expected, atol=1e-6)
        if rate == SAMPLE_RATE and name in ("a.wav", "a.flac"):
            np.testing.assert_array_equal(samples_of(segment), expected)


@pytest.mark.parametrize("name", ["a.aac", "a.m4a", "a.wma", "a.mka"])
def test_a_segment_of_noisy_codecs_is_in_the_right_place(encode: Encode, sweep: Sweep, name: str) -> None:
    path = encode(name, sweep(6.0, 44_100), 44_100, codec="aac" if name == "a.mka" else "")
    whole = decode(path)

    for start in (0.5, 2.321, 5.2):
        expected = part(whole, start, 0.5)
        assert np.abs(decode(path, start, 0.5) - expected).max() < 0.02
        assert np.abs(part(whole, start + 1 / SAMPLE_RATE, 0.5) - expected).max() > 0.05  # one sample beside it


@pytest.mark.parametrize(
    ("name", "rate"), [("a.ogg", 16_000), ("a.webm", 48_000), ("a.mka", 44_100), ("a.mp3", 44_100)]
)
def test_seeking_is_exact_everywhere(encode: Encode, sweep: Sweep, name: str, rate: int) -> None:
    # libsndfile misses by a block in the last page of Ogg Vorbis; Matroska's time stamps are rounded to milliseconds.
    path = encode(name, sweep(20.0, rate), rate)
    whole = decode(path)

    for start in np.arange(1.07, 19.9, 0.61):
        np.testing.assert_allclose(decode(path, start, 0.05), part(whole, start, 0.05), atol=1e-6)


@pytest.fixture
def frames_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lengths of all blocks that recordings give out."""
    lengths: list[int] = []
    read = Recording.read

    def count(recording: Recording, *frames: int) -> Samples:
        block = read(recording, *frames)
        lengths.append(len(block))
        return block

    monkeypatch.setattr(Recording, "read", count)
    return lengths


def test_no_part_of_a_file_is_decoded_twice(encode: Encode, sweep: Sweep, frames_read: list[int]) -> None:
    path = encode("a.flac", sweep(30.0))
    overlapping = [(start, 4.0) for start in range(27)]
    shuffled = [overlapping[number] for number in np.random.default_rng(0).permutation(len(overlapping))]
    whole = decode(path)

    for segments in (overlapping, shuffled):
        frames_read.clear()
        for (start, seconds), segment in zip(segments, decode_segments(path, segments), strict=True):
            np.testing.assert_array_equal(samples_of(segment), part(whole, start, seconds))
        assert sum(frames_read) == len(whole)


def test_what_no_segment_needs_is_not_decoded(encode: Encode, sweep: Sweep, frames_read: list[int]) -> None:
    path = encode("a.flac", sweep(60.0))

    list(decode_segments(path, [(1.0, 1.0), (10.0, 1.0), (50.0, 1.0)]))

    assert sum(frames_read) == 4 * SAMPLE_RATE  # the first second is read, it is too short to skip


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", np.zeros(600 * SAMPLE_RATE, np.int16), SAMPLE_RATE)
    segments = [(float(start), 1.0) for start in range(600)]
    list(decode_segments(tmp_path / "long.wav", segments[:1]))  # whatever is loaded once
    tracemalloc.start()

    seconds = (
        sum(len(samples_of(segment)) for segment in decode_segments(tmp_path / "long.wav", segments)) / SAMPLE_RATE
    )

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds == 600
    assert peak < 1e6  # all of it are 38 MB


@pytest.mark.parametrize(
    ("start", "seconds"),
    [
        (3.5, 1.0),
        (3.2, None),
        (2.5, 0.7),
        (1e9, 1.0),
        (1e300, 1.0),
        (-1.0, 2.0),
        (1.0, -1.0),
        (1.0, 0.0),
        (float("nan"), 1.0),
        (1.0, float("nan")),
        (float("inf"), None),
        (1.0, float("inf")),
    ],
)
@pytest.mark.parametrize("name", ["a.flac", "a.m4a"])
def test_a_segment_outside_of_the_audio_is_refused(
    encode: Encode, sweep: Sweep, name: str, start: float, seconds: float | None
) -> None:
    path = encode(name, sweep(3.0))

    with pytest.raises(AudioError) as caught:
        decode(path, start, seconds)
    assert caught.value.rule == "segment_outside"
    assert "\n" not in str(caught.value)

    before, wrong, after = decode_segments(path, [(0.5, 0.5), (start, seconds), (2.0, 0.5)])

    assert isinstance(wrong, AudioError)
    assert wrong.rule == "segment_outside"
    assert len(samples_of(before)) == len(samples_of(after)) == SAMPLE_RATE // 2


def test_the_message_says_what_was_asked_for_and_what_there_is(encode: Encode, sweep: Sweep) -> None:
    with pytest.raises(AudioError) as caught:
        decode(encode("a.wav", sweep(2.0)), 1.5, 4.25)

    assert caught.value.reason == "from 1.5 s to 5.75 s, the file ends at 2 s"


def test_a_segment_may_end_a_little_late(encode: Encode, sweep: Sweep) -> None:
    path = encode("a.wav", sweep(2.0))

    np.testing.assert_array_equal(decode(path, 1.5, 0.59), decode(path)[24_000:])


def test_samples_that_are_not_numbers_spoil_only_their_segment(encode: Encode, sweep: Sweep) -> None:
    sound = sweep(10.0)
    sound[80_000] = np.nan
    path = encode("a.wav", sound, codec="FLOAT")

    before, bad, after = decode_segments(path, [(4.0, 0.9), (4.9, 0.2), (5.1, 1.0)])

    assert isinstance(bad, AudioError)
    assert bad.rule == "not_finite"
    np.testing.assert_array_equal(samples_of(before), sound[64_000:78_400])
    np.testing.assert_array_equal(samples_of(after), sound[81_600:97_600])


def test_segments_are_their_own_memory(encode: Encode, sweep: Sweep) -> None:
    one, other = decode_segments(encode("a.wav", sweep()), [(0.0, 0.5), (0.0, 0.5)])
    kept = samples_of(other).copy()

    samples_of(one)[:] = 0

    np.testing.assert_array_equal(samples_of(other), kept)


def test_no_segments_need_no_decoding_but_a_file(encode: Encode, sweep: Sweep, tmp_path: Path) -> None:
    assert list(decode_segments(encode("a.wav", sweep()), [])) == []
    with pytest.raises(AudioError, match="No such file"):
        list(decode_segments(tmp_path / "gone.wav", []))
