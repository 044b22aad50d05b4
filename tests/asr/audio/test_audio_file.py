"""Files that are not what they say, or not there, or endless: always an error or what is really in them, at once."""

import os
import resource
import struct
import sys
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.audio import (
    SAMPLE_RATE,
    AudioError,
    Samples,
    audio_file,
    decode,
    decode_segments,
    duration,
    info,
    lfs_oid,
)

Sweep = Callable[..., np.ndarray]
Encode = Callable[..., Path]

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'ab' * 32}\nsize 12345\n"


def refused(path: Path, start: float = 0.0, seconds: float | None = None) -> AudioError:
    with pytest.raises(AudioError) as caught:
        decode(path, start, seconds)
    return caught.value


def claim_frames(path: Path, frames: int) -> None:
    """Change how many frames the header of a FLAC file tells of; 0 means that it does not say."""
    content = bytearray(path.read_bytes())
    content[21:26] = ((content[21] >> 4) << 36 | frames).to_bytes(5, "big")
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "empty_audio"),
        (b"RIFF" + b"x" * 3000, "undecodable"),
        (b"fLaC" + b"\0" * 3000, "undecodable"),
        (b"OggS" + b"\0" * 3000, "undecodable"),
        (b"ID3" + b"\0" * 3000, "undecodable"),
        (b"\0\0\0\x20ftypM4A " + b"\0" * 3000, "undecodable"),
        (b"\x1aE\xdf\xa3" + b"\0" * 3000, "undecodable"),
        (b"hello, this is text\n" * 200, "undecodable"),
        (POINTER.encode(), "lfs_pointer"),
        (POINTER.replace("\n", "\r\n").encode(), "lfs_pointer"),
    ],
)
@pytest.mark.parametrize("name", ["bad.wav", "bad.m4a"])
def test_what_is_not_audio_is_refused_in_one_line(tmp_path: Path, name: str, content: bytes, rule: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    for read in (decode, duration, info):
        with pytest.raises(AudioError) as caught:
            read(path)
        assert caught.value.rule == rule
        assert caught.value.exit_code == 3
        assert str(caught.value).startswith(str(path))
        assert "\n" not in str(caught.value)


def test_a_header_without_samples_is_empty(tmp_path: Path) -> None:
    for name in ("none.wav", "none.flac"):
        soundfile.write(tmp_path / name, np.zeros(0, np.float32), SAMPLE_RATE)
        assert refused(tmp_path / name).rule == "empty_audio"


def test_a_header_that_sends_the_decoder_to_a_wild_place_stays_quiet(
    encode: Encode, sweep: Sweep, capfd: pytest.CaptureFixture[str]
) -> None:
    path = encode("a.wma", sweep())
    content = path.read_bytes()
    for place in range(24, 64):  # where the first objects of the header tell how long they are
        path.write_bytes(content[:place] + (2**62).to_bytes(8, "little") + content[place + 8 :])
        with suppress(AudioError):
            decode(path)

    assert capfd.readouterr() == ("", "")


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"gone\.wav: the audio cannot be decoded \(No such file"):
        decode(tmp_path / "gone.wav")
    with pytest.raises(AudioError, match="check the path"):
        decode(tmp_path / "a\0b.wav")


def test_folders_pipes_and_devices_are_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "folder.wav").mkdir()
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "zero.wav").symlink_to("/dev/zero")

    with ThreadPoolExecutor(1) as pool:
        for name in ("folder.wav", "zero.wav", "pipe.wav"):
            reading = pool.submit(refused, tmp_path / name)
            try:
                error = reading.result(timeout=5)
            finally:
                if not reading.done():  # it waits for someone to write
                    os.close(os.open(tmp_path / "pipe.wav", os.O_WRONLY | os.O_NONBLOCK))
            assert (error.rule, error.reason) == ("undecodable", "it is not a file")
            assert lfs_oid(tmp_path / name) is None


def test_lfs_oid_is_only_for_pointers(tmp_path: Path) -> None:
    (tmp_path / "pointer.wav").write_text(POINTER)
    (tmp_path / "text.wav").write_text("version 1\noid sha256:" + "ab" * 32)

    assert lfs_oid(tmp_path / "pointer.wav") == "ab" * 32
    assert lfs_oid(tmp_path / "text.wav") is None


@pytest.mark.parametrize("claim", [0, 96_001, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF])
def test_a_wav_file_that_lies_about_its_length_is_read_as_far_as_it_goes(
    encode: Encode, sweep: Sweep, claim: int
) -> None:
    path = encode("a.wav", sweep(3.0))
    honest, expected = path.read_bytes(), decode(path)
    data = honest.index(b"data") + 4
    path.write_bytes(b"RIFF\xff\xff\xff\xff" + honest[8:data] + struct.pack("<I", claim) + honest[data + 4 :])
    decode(path)  # whatever is loaded once
    tracemalloc.start()

    heard = decode(path)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_array_equal(heard, expected)
    assert peak < 5 * expected.nbytes


@pytest.mark.parametrize("claim", [0, 16_000, 48_001, 10**6, 2**36 - 1])
def test_a_flac_file_that_lies_about_its_length_is_read_as_far_as_it_goes(encode: Encode, claim: int) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 48_000)
    path = encode("a.flac", noise)
    expected = decode(path)
    claim_frames(path, claim)

    np.testing.assert_array_equal(decode(path), expected)
    np.testing.assert_array_equal(decode(path, 2.0, 0.5), expected[32_000:40_000])


@pytest.mark.parametrize("claim", [1, 1_000_000, 0xFFFFFFFF])
def test_an_m4a_file_that_lies_about_its_length_is_read_as_far_as_it_goes(
    encode: Encode, sweep: Sweep, claim: int
) -> None:
    path = encode("a.m4a", sweep(3.0))
    content, expected = bytearray(path.read_bytes()), decode(path)
    for box, at in ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20)):
        place = content.index(box) + at
        content[place : place + 4] = claim.to_bytes(4, "big")
    path.write_bytes(content)

    np.testing.assert_array_equal(decode(path), expected)


@pytest.mark.parametrize("size", [1, 100_000_000])
def test_a_table_of_contents_that_lies_costs_no_memory(encode: Encode, sweep: Sweep, size: int) -> None:
    path = encode("a.m4a", sweep())
    content = bytearray(path.read_bytes())
    many = 100_000_000
    for box, at, claim in ((b"stsz", 8, size), (b"stsz", 12, many), (b"stsc", 16, many), (b"stts", 12, many)):
        place = content.index(box) + at
        content[place : place + 4] = claim.to_bytes(4, "big")
    path.write_bytes(content)
    before = _peak()

    assert refused(path).rule in ("undecodable", "empty_audio")
    assert _peak() - before < 200e6  # a table of that length would take gigabytes


def _peak() -> int:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.opus", "a.mp3", "a.aac", "a.m4a", "a.webm", "a.wma"])
def test_of_a_cut_file_there_is_an_error_or_what_is_left(encode: Encode, sweep: Sweep, name: str, share: float) -> None:
    path = encode(name, sweep(3.0))
    whole, content = decode(path), path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])

    try:
        heard = decode(path)
    except AudioError as error:
        assert error.rule in ("undecodable", "empty_audio")
        return
    assert 0 < len(heard) <= len(whole)
    same = len(heard) - 2000
    if same > 0:
        np.testing.assert_allclose(heard[:same], whole[:same], atol=1e-6)


@pytest.mark.parametrize("name", ["a.flac", "a.m4a", "a.wma"])
def test_files_that_know_their_length_are_not_cut_in_silence(encode: Encode, sweep: Sweep, name: str) -> None:
    path = encode(name, sweep(3.0))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])

    assert refused(path).rule == "undecodable"


def test_a_header_that_tells_of_many_hours_is_refused_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "long.flac"
    soundfile.write(path, np.zeros(3 * 3600 * 1000, np.int16), 1000)

    for place in ((0.0, None), (1.0, 1.0)):
        error = refused(path, *place)
        assert error.rule == "undecodable"
        assert "more than 2 hours at 1000 Hz" in str(error)
        assert "cut it into utterances" in str(error)


@pytest.mark.parametrize("rate", [1, 999, 2_130_722_432])
def test_a_rate_that_no_audio_has_is_refused(encode: Encode, rate: int) -> None:
    # Resampling from 1 Hz would make 16,000 samples of each.
    assert refused(encode("odd.wav", np.zeros(10_000), rate)).reason == f"{rate} Hz is not the rate of any speech"


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "a.webm", "a.aac"])
def test_hours_are_counted_and_not_believed(
    encode: Encode, sweep: Sweep, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = encode(name, sweep(4.0))
    monkeypatch.setattr(audio_file, "MAX_SECONDS", 3)
    monkeypatch.setattr(audio_file.FfmpegSource, "_told_length", lambda source: None)

    assert "hours" in str(refused(path))
    assert "hours" in str(refused(path, 1.0))
    assert len(decode(path, 1.0, 1.0)) == SAMPLE_RATE


def test_little_that_unpacks_to_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.flac"
    soundfile.write(path, np.zeros(3 * 3600 * 1000, np.int16), 1000)  # three hours in 30 kilobytes
    claim_frames(path, 0)

    assert path.stat().st_size < 100_000
    assert "more than 2 hours" in str(refused(path))


def test_a_file_that_is_replaced_is_read_to_its_end(encode: Encode, sweep: Sweep) -> None:
    for name in ("a.wav", "a.m4a"):
        path = encode(name, sweep(20.0))
        whole = decode(path)
        segments = decode_segments(path, [(1.0, 1.0), (15.0, 1.0)])
        next(segments)

        encode("other.wav", np.zeros(10)).replace(path)

        (last,) = segments
        np.testing.assert_allclose(np.asarray(last), whole[240_000:256_000], atol=1e-6)


def test_a_file_that_grows_or_shrinks_is_read_as_far_as_it_goes(encode: Encode, sweep: Sweep) -> None:
    grown, shrunk = encode("grown.wav", sweep(20.0)), encode("shrunk.wav", sweep(20.0))
    segments = [decode_segments(path, [(1.0, 1.0), (15.0, 10.0)]) for path in (grown, shrunk)]
    for reading in segments:
        next(reading)
    with grown.open("ab") as file:
        file.write(bytes(1_000_000))
    os.truncate(shrunk, 100_000)

    for reading in segments:
        (last,) = reading
        assert isinstance(last, AudioError)
        assert last.rule == "segment_outside"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_samples_that_are_not_numbers_are_refused(encode: Encode, sweep: Sweep, bad: float, rate: int) -> None:
    sound: Samples = sweep(1.0, rate)
    sound[100] = bad

    assert refused(encode("nan.wav", sound, rate, codec="FLOAT")).rule == "not_finite"
