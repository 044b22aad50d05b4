from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.audio import AudioError, decode, decode_segments, ffmpeg, info
from asr.audio.ffmpeg import FfmpegSource

Sweep = Callable[..., np.ndarray]
Encode = Callable[..., Path]


def everything(path: Path) -> np.ndarray:
    """What FFmpeg alone makes of a file, at its own rate."""
    with path.open("rb") as file:
        source = FfmpegSource(file.fileno())
        blocks = []
        while len(block := source.read(5000)):
            blocks.append(block)
    return np.concatenate(blocks)


def lateness(heard: np.ndarray, sound: np.ndarray, reach: int = 1200) -> int:
    """By how many samples what is heard comes behind the sound."""
    part = sound[20_000:24_000]
    places = np.lib.stride_tricks.sliding_window_view(heard[20_000 - reach : 24_000 + reach], len(part))
    return int(np.argmin(((places - part) ** 2).sum(axis=1))) - reach


@pytest.mark.parametrize(
    ("name", "rate"), [("a.flac", 44_100), ("a.wav", 8_000), ("a.ogg", 44_100), ("a.opus", 48_000)]
)
def test_both_decoders_hear_the_same(encode: Encode, sweep: Sweep, name: str, rate: int) -> None:
    path = encode(name, sweep(3.0, rate), rate)
    sound, _ = soundfile.read(path, dtype="float32")

    np.testing.assert_allclose(everything(path), sound, atol=1e-6)


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_mp3_has_neither_priming_nor_padding(encode: Encode, sweep: Sweep, rate: int) -> None:
    path = encode("a.mp3", sweep(3.0, rate), rate)
    sound, _ = soundfile.read(path, dtype="float32")

    heard = everything(path)

    assert len(heard) == 3 * rate
    np.testing.assert_allclose(heard, sound, atol=1e-5)  # another decoder, minimp3 or mpg123


@pytest.mark.parametrize(
    ("name", "rate", "codec"),
    [("a.m4a", 44_100, "aac"), ("a.m4a", 16_000, "alac"), ("a.webm", 48_000, "libopus"), ("a.mka", 16_000, "aac")],
)
def test_what_the_encoder_put_before_the_sound_is_left_out(
    encode: Encode, sweep: Sweep, name: str, rate: int, codec: str
) -> None:
    sound = sweep(3.0, rate)

    heard = everything(encode(name, sound, rate, codec))

    assert 0 <= len(heard) - len(sound) <= 2048  # the last frames are filled up, and only some containers tell
    assert abs(lateness(heard, sound)) <= 1


def test_channels_are_averaged(encode: Encode, sweep: Sweep) -> None:
    left = sweep(2.0)
    path = encode("a.m4a", np.stack([left, np.zeros_like(left)], axis=1), codec="alac")

    assert info(path).channels == 2
    np.testing.assert_allclose(decode(path), left / 2, atol=1e-4)


def test_eight_channels_are_averaged_too(encode: Encode, sweep: Sweep) -> None:
    # PyAV's own way from such a frame to an array ends the process.
    one = sweep(2.0)
    path = encode("a.mka", np.stack([one, *[np.zeros_like(one)] * 7], axis=1), codec="aac")

    assert info(path).channels == 8
    np.testing.assert_allclose(decode(path)[4000:28_000], one[4000:28_000] / 8, atol=0.01)


def test_of_a_film_only_the_sound_is_read(encode: Encode, sweep: Sweep) -> None:
    film = encode("film.mp4", sweep(2.0), picture=True)
    sound = encode("sound.m4a", sweep(2.0))
    silent_film = encode("silent.mp4", np.zeros(0, np.float32), picture=True)

    np.testing.assert_array_equal(decode(film), decode(sound))
    with pytest.raises(AudioError, match="there is no audio in it"):
        decode(silent_film)


@pytest.mark.parametrize(
    ("head", "frame", "rate"),
    [(b"#!AMR\n", b"\x3c" + bytes(31), 8_000), (b"#!AMR-WB\n", b"\x44" + bytes(60), 16_000)],
)
def test_amr_is_read(tmp_path: Path, head: bytes, frame: bytes, rate: int) -> None:
    path = tmp_path / "a.amr"
    path.write_bytes(head + 50 * frame)  # 20 milliseconds each

    assert info(path).rate == rate
    assert len(decode(path)) == 16_000


def test_the_content_counts_and_not_the_ending(encode: Encode, sweep: Sweep, tmp_path: Path) -> None:
    for name, other in (("a.wav", "b.m4a"), ("a.m4a", "b.wav"), ("a.mp3", "b.flac")):
        path = encode(name, sweep())
        expected = decode(path)
        np.testing.assert_array_equal(decode(path.rename(tmp_path / other)), expected)


@pytest.mark.parametrize("name", ["a.mp3", "a.aac"])
@pytest.mark.parametrize("junk", [bytes(2000), b"TAG" + bytes(125), b"\xff\xfb\x90" + bytes(range(256)) * 8])
def test_what_follows_the_last_sound_does_not_matter(encode: Encode, sweep: Sweep, name: str, junk: bytes) -> None:
    path = encode(name, sweep(2.0))
    expected = decode(path)
    path.write_bytes(path.read_bytes() + junk)

    heard = decode(path)

    np.testing.assert_array_equal(heard[: len(expected)], expected)
    assert len(heard) - len(expected) < 1600


def test_a_rate_that_changes_on_the_way_is_refused(encode: Encode, sweep: Sweep) -> None:
    path = encode("a.aac", sweep())
    path.write_bytes(path.read_bytes() + encode("b.aac", sweep(rate=48_000), 48_000).read_bytes())

    with pytest.raises(AudioError, match="its sampling rate changes"):
        decode(path)


PLAYLISTS = {
    "concat": "ffconcat version 1.0\nfile 'secret.mp3'\n",
    "concat with a path": "ffconcat version 1.0\nfile '{folder}/secret.mp3'\n",
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:2,\n{folder}/secret.mp3\n#EXT-X-ENDLIST\n",
    "hls by address": "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:2,\nhttp://127.0.0.1:9/secret.mp3\n#EXT-X-ENDLIST\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet '
    'mimeType="audio/mp4"><Representation id="1" bandwidth="1"><BaseURL>file://{folder}/secret.mp3</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("name", ["list.mp3", "list.m4a", "list.wav", "list.m3u8"])
def test_a_file_that_names_other_files_opens_none(
    encode: Encode, sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    encode("secret.mp3", sweep())
    path = tmp_path / name
    path.write_text(PLAYLISTS[kind].format(folder=tmp_path))

    with pytest.raises(AudioError) as caught:
        decode(path)
    assert caught.value.rule == "undecodable"


def test_without_the_bounds_a_playlist_would_open_another_file(
    encode: Encode, sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    encode("secret.mp3", sweep())
    (tmp_path / "list.mp3").write_text(PLAYLISTS["concat"])
    monkeypatch.setattr(ffmpeg, "_BOUNDS", {})

    assert len(decode(tmp_path / "list.mp3")) == 16_000


def test_no_decoder_writes_to_the_terminal(encode: Encode, sweep: Sweep, capfd: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(0).bytes(500)
    for name in ("a.wav", "a.flac", "a.ogg", "a.opus", "a.mp3", "a.m4a", "a.aac", "a.webm", "a.wma"):
        path = encode(name, sweep(8.0))
        list(decode_segments(path, [(0.5, 0.5), (6.0, 0.5), (3.0, 0.5)]))
        whole = path.read_bytes()
        middle = len(whole) // 2
        for damaged in (whole[:middle], whole[:middle] + noise + whole[middle + 500 :], noise + whole):
            path.write_bytes(damaged)
            try:
                decode(path)
            except AudioError as error:
                assert error.rule == "undecodable"

    assert capfd.readouterr() == ("", "")
