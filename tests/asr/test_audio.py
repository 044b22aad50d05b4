from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.audio import SAMPLE_RATE, AudioError, as_int16, decode, duration, lfs_oid, write_flac

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'ab' * 32}\nsize 12345\n"


def sine(seconds: float = 1.0, rate: int = SAMPLE_RATE, hertz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.ogg", "a.opus"])
@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
def test_every_format_and_rate_becomes_the_same_sound(tmp_path: Path, name: str, rate: int) -> None:
    path = tmp_path / name
    if name.endswith("opus"):
        soundfile.write(path, sine(rate=rate), rate, format="OGG", subtype="OPUS")
    else:
        soundfile.write(path, sine(rate=rate), rate)

    samples = decode(path)

    assert samples.dtype == np.float32
    assert abs(len(samples) - SAMPLE_RATE) <= 1600  # mp3 and opus pad
    middle = samples[4000:12000]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert abs(np.argmax(spectrum) * SAMPLE_RATE / len(middle) - 440) < 5
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)


def test_channels_are_averaged(tmp_path: Path) -> None:
    left, right = sine(), np.zeros(SAMPLE_RATE, np.float32)
    soundfile.write(tmp_path / "stereo.wav", np.stack([left, right], axis=1), SAMPLE_RATE, subtype="FLOAT")

    np.testing.assert_allclose(decode(tmp_path / "stereo.wav"), left / 2, atol=1e-7)


def test_long_files_are_read_in_blocks_without_a_seam(tmp_path: Path) -> None:
    samples = sine(40.0)
    soundfile.write(tmp_path / "long.wav", samples, SAMPLE_RATE, subtype="FLOAT")

    np.testing.assert_array_equal(decode(tmp_path / "long.wav"), samples)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "empty_audio"),
        (b"RIFF" + b"x" * 3000, "undecodable"),
        (b"hello, this is text\n" * 200, "undecodable"),
        (POINTER.encode(), "lfs_pointer"),
        (POINTER.replace("\n", "\r\n").encode(), "lfs_pointer"),
    ],
)
def test_what_is_not_audio_is_refused_in_one_line(tmp_path: Path, content: bytes, rule: str) -> None:
    path = tmp_path / "bad.wav"
    path.write_bytes(content)

    for read in (decode, duration):
        with pytest.raises(AudioError) as caught:
            read(path)
        assert caught.value.rule == rule
        assert caught.value.exit_code == 3
        assert str(caught.value).startswith(str(path))
        assert "\n" not in str(caught.value)


def test_a_header_without_samples_is_empty(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "none.wav", np.zeros(0, np.float32), SAMPLE_RATE)

    with pytest.raises(AudioError) as caught:
        decode(tmp_path / "none.wav")
    assert caught.value.rule == "empty_audio"


def test_a_truncated_flac_is_undecodable(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "whole.flac", sine(3.0), SAMPLE_RATE)
    whole = (tmp_path / "whole.flac").read_bytes()
    (tmp_path / "half.flac").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(AudioError, match="cannot be decoded"):
        decode(tmp_path / "half.flac")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_samples_that_are_not_numbers_are_refused(tmp_path: Path, bad: float) -> None:
    samples = sine()
    samples[100] = bad
    soundfile.write(tmp_path / "nan.wav", samples, SAMPLE_RATE, subtype="FLOAT")

    with pytest.raises(AudioError) as caught:
        decode(tmp_path / "nan.wav")
    assert caught.value.rule == "not_finite"
    with pytest.raises(AudioError, match="not numbers"):
        write_flac(tmp_path / "out.flac", samples)
    assert not (tmp_path / "out.flac").exists()


def test_a_header_that_claims_many_hours_is_refused_before_reading(tmp_path: Path) -> None:
    # Nine seconds at 1 Hz would be resampled to 16,000 times as many samples; 10,000 are nearly three hours.
    soundfile.write(tmp_path / "slow.wav", np.zeros(10_000, np.float32), 1)

    with pytest.raises(AudioError, match="hours"):
        decode(tmp_path / "slow.wav")


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"gone\.wav: the audio cannot be decoded \(No such file"):
        decode(tmp_path / "gone.wav")


def test_duration_is_the_header_s(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", sine(1.25, rate=44_100), 44_100)

    assert duration(tmp_path / "a.flac") == pytest.approx(1.25)


def test_flac_is_the_same_bytes_every_time_and_reads_back_exactly(tmp_path: Path) -> None:
    samples = sine(2.0)
    write_flac(tmp_path / "deep" / "a.flac", samples)
    write_flac(tmp_path / "b.flac", samples)

    assert (tmp_path / "deep" / "a.flac").read_bytes() == (tmp_path / "b.flac").read_bytes()
    np.testing.assert_array_equal(as_int16(decode(tmp_path / "b.flac")), as_int16(samples))
    assert {path.name for path in tmp_path.iterdir()} == {"deep", "b.flac"}


def test_full_scale_is_clipped_not_wrapped() -> None:
    assert as_int16(np.array([1.5, 1.0, -1.0, -1.5], np.float32)).tolist() == [32767, 32767, -32768, -32768]


def test_lfs_oid_is_only_for_pointers(tmp_path: Path) -> None:
    (tmp_path / "pointer.wav").write_text(POINTER)
    (tmp_path / "text.wav").write_text("version 1\noid sha256:" + "ab" * 32)

    assert lfs_oid(tmp_path / "pointer.wav") == "ab" * 32
    assert lfs_oid(tmp_path / "text.wav") is None
