import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.audio import SAMPLE_RATE, AudioError, AudioInfo, decode, decode_with_rate, duration, info, resample

Sweep = Callable[..., np.ndarray]
Encode = Callable[..., Path]


def sine(seconds: float = 1.0, rate: int = SAMPLE_RATE, hertz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.ogg", "a.opus", "a.m4a", "a.aac", "a.webm", "a.wma"])
@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
def test_every_format_and_rate_becomes_the_same_sound(encode: Encode, name: str, rate: int) -> None:
    samples = decode(encode(name, sine(rate=rate), rate))

    assert samples.dtype == np.float32
    assert abs(len(samples) - SAMPLE_RATE) <= 2500  # lossy formats pad
    middle = samples[4000:12000]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert abs(np.argmax(spectrum) * SAMPLE_RATE / len(middle) - 440) < 5
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.1)


@pytest.mark.parametrize(
    "kind", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW", "MS_ADPCM"]
)
def test_every_depth_becomes_the_same_sound(encode: Encode, kind: str) -> None:
    coarse = {"PCM_U8": 0.01, "ULAW": 0.02, "ALAW": 0.02, "MS_ADPCM": 0.02, "IMA_ADPCM": 0.02}

    heard = decode(encode("a.wav", sine(), codec=kind))

    np.testing.assert_allclose(heard[:SAMPLE_RATE], sine(), atol=coarse.get(kind, 1e-4))


def test_channels_are_averaged(encode: Encode) -> None:
    left, right = sine(), np.zeros(SAMPLE_RATE, np.float32)
    path = encode("stereo.wav", np.stack([left, right], axis=1), codec="FLOAT")

    np.testing.assert_allclose(decode(path), left / 2, atol=1e-7)


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_long_files_are_read_in_blocks_without_a_seam(encode: Encode, rate: int) -> None:
    samples = sine(40.0, rate)
    path = encode("long.wav", np.stack([samples] * 2, axis=1), rate, codec="FLOAT")

    np.testing.assert_array_equal(decode(path), resample(samples, rate))


def test_a_telephone_recording_of_azure_is_read() -> None:
    material = Path(os.environ.get("WERGATE_TEST_MATERIAL", Path(__file__).parents[4] / "shared"))
    folder = material / "azure/samples"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    plain, telephone = decode(folder / "whatstheweatherlike.wav"), decode(folder / "whatstheweatherlike-mulaw.wav")

    assert soundfile.info(folder / "whatstheweatherlike-mulaw.wav").subtype == "ULAW"
    assert len(plain) == len(telephone)
    assert np.corrcoef(plain, telephone)[0, 1] > 0.99


def test_the_rate_of_the_file_comes_with_its_samples(encode: Encode, sweep: Sweep) -> None:
    path = encode("a.flac", sweep(3.0, 8_000), 8_000)

    samples, rate = decode_with_rate(path)
    segment = decode_with_rate(path, 1.0, 0.5)

    assert (len(samples), rate) == (3 * SAMPLE_RATE, 8_000)
    assert (len(segment.samples), segment.rate) == (SAMPLE_RATE // 2, 8_000)


@pytest.mark.parametrize(
    ("name", "rate"), [("a.wav", 8_000), ("a.flac", 44_100), ("a.m4a", 22_050), ("a.mp3", 48_000), ("a.opus", 16_000)]
)
def test_a_header_tells_rate_channels_and_length(encode: Encode, sweep: Sweep, name: str, rate: int) -> None:
    path = encode(name, np.stack([sweep(2.5, rate)] * 2, axis=1), rate)

    told = info(path)

    assert (told.rate, told.channels) == (rate, 2)
    assert told.seconds == pytest.approx(2.5, abs=0.01)
    assert duration(path) == told.seconds


def test_where_a_header_tells_no_length_it_is_measured(encode: Encode, sweep: Sweep) -> None:
    path = encode("a.wav", sweep(1.5))
    content = path.read_bytes()
    data = content.index(b"data") + 4
    path.write_bytes(content[:data] + bytes(4) + content[data + 4 :])

    assert info(path) == AudioInfo(rate=SAMPLE_RATE, channels=1, seconds=None)
    assert duration(path) == 1.5


def test_an_error_can_be_sent_to_another_process(tmp_path: Path) -> None:
    with pytest.raises(AudioError) as caught:
        decode(tmp_path / "gone.wav")

    copy = pickle.loads(pickle.dumps(caught.value))

    assert (str(copy), copy.rule, copy.reason) == (str(caught.value), "undecodable", "No such file or directory")
