"""Audio inside of the page: what is wanted first, only while the page stays light."""

import base64
from pathlib import Path

from asr.scoring.embedded_audio import MAX_AUDIO, MAX_AUDIO_BYTES, MAX_TOTAL_BYTES, embedded_audio


def test_audio_only_while_the_page_stays_light(tmp_path: Path) -> None:
    names = [f"{number:03}" for number in range(60)]
    small, large, text = tmp_path / "s.WAV", tmp_path / "l.flac", tmp_path / "t.txt"
    small.write_bytes(b"RIFF" + bytes(50_000))
    large.write_bytes(bytes(MAX_AUDIO_BYTES + 1))
    text.write_text("a")
    audio = dict.fromkeys(names, small) | {"000": large, "001": text, "002": tmp_path / "gone.wav"}
    found = embedded_audio(names, audio)
    assert list(found) == names[3 : 3 + MAX_AUDIO]
    kind, _, encoded = found["003"].partition(";base64,")
    assert kind == "data:audio/wav"
    assert base64.b64decode(encoded) == small.read_bytes()
    small.write_bytes(bytes(MAX_AUDIO_BYTES))
    assert len(embedded_audio(names, audio)) == MAX_TOTAL_BYTES // MAX_AUDIO_BYTES


def test_what_is_wanted_twice_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    path.write_bytes(b"OggS")
    found = embedded_audio(["b", "a", "b", "a"], {"a": path, "b": path})
    assert list(found) == ["b", "a"]
    assert embedded_audio(["a", "c"], {}) == {}
