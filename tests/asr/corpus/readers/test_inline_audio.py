import base64
import hashlib
import io
import json
import random
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from asr.corpus.readers import inline_audio
from asr.corpus.readers.inline_audio import InlineAudioError, is_inline, save_audio
from asr.corpus.readers.long_json import JsonReader, LongString

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(range(256)) * 2 + b"x"
NOTHING = io.BytesIO()


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def refused(value: LongString | str, unpacked: Path, file: io.BytesIO = NOTHING) -> tuple[str, str]:
    with pytest.raises(InlineAudioError) as caught:
        save_audio(value, file, unpacked)
    return caught.value.rule, caught.value.detail


@pytest.mark.parametrize(
    "written",
    [
        encoded(WAV),
        encoded(WAV).rstrip("="),
        f"data:audio/wav;base64,{encoded(WAV)}",
        f"data:audio/x-wav;codecs=1;base64,{encoded(WAV)}",
        f" data:;BASE64,{encoded(WAV)}\n",
        encoded(WAV).replace("+", "-").replace("/", "_"),
        base64.encodebytes(WAV).decode().replace("\n", "\r\n"),
    ],
)
def test_base64_becomes_a_file_that_is_named_by_its_content(written: str, tmp_path: Path) -> None:
    saved = save_audio(written, NOTHING, tmp_path)

    assert is_inline(written)
    assert saved.path.read_bytes() == WAV
    assert saved.size == len(WAV)
    assert saved.path.name == f"{hashlib.sha256(WAV).hexdigest()}.wav"


@pytest.mark.parametrize("piece", [1, 4, 5, 7, 64, 1 << 20])
@pytest.mark.parametrize("prefix", ["", "data:audio/wav;base64,"])
def test_a_long_string_is_read_where_it_is(
    piece: int, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inline_audio, "_PIECE", max(piece, len(prefix) + 1))
    # As PHP, Python and others write it: `\/`, `\u002f`, lines.
    text = f"{prefix}{encoded(WAV)}".replace("/", "\\/", 3).replace("+", "\\u002b").replace("A", "A\\n", 9)
    content = f'{{"a": "{text}"}}'.encode()

    saved = save_audio(LongString(7, len(text)), io.BytesIO(content), tmp_path)

    assert saved.path.read_bytes() == WAV


@pytest.mark.parametrize(
    ("begin", "suffix"),
    [
        (b"fLaC\x00\x00\x00\x22", ".flac"),
        (b"OggS\x00\x02" + bytes(22) + b"OpusHead", ".opus"),
        (b"OggS\x00\x02" + bytes(22) + b"\x01vorbis", ".ogg"),
        (b"ID3\x04\x00\x00", ".mp3"),
        (b"\xff\xfb\x90\x00", ".mp3"),
        (b"\x00\x00\x00\x20ftypM4A ", ".m4a"),
        (b"FORM\x00\x00\x00\x00AIFF", ".aiff"),
        (b"\x1aE\xdf\xa3", ".webm"),
    ],
)
def test_the_ending_is_told_by_the_content(begin: bytes, suffix: str, tmp_path: Path) -> None:
    written = encoded(begin + bytes(60))

    assert is_inline(written)
    assert save_audio(written, NOTHING, tmp_path).path.suffix == suffix


@pytest.mark.parametrize(
    "value",
    [
        "a.wav",
        "clips/0001",
        "clips/" + "a" * 300,
        "UklGR",
        "",
        "data.wav",
        "data:audio/wav",
        None,
        3,
        {"bytes": "UklG"},
    ],
)
def test_the_name_of_a_file_is_no_audio(value: object) -> None:
    assert not is_inline(value)


@pytest.mark.parametrize(
    ("written", "detail"),
    [
        (f"data:audio/wav;base64,{encoded(WAV)[:40]}*{encoded(WAV)[41:]}", "not base64"),
        (f"data:audio/wav;base64,{encoded(WAV)[:40]}****{encoded(WAV)[44:]}", "not base64"),
        (f"data:audio/wav;base64,{encoded(WAV)[:41]}", "not base64"),
        (f"data:audio/wav;base64,{encoded(WAV)[:40]}=={encoded(WAV)[40:]}", "not base64"),
        (f"data:audio/wav;base64,é{encoded(WAV)}", "not base64"),
        (f"data:audio/wav,{encoded(WAV)}", "not base64"),
        ("data:audio/wav;base64,", "nothing is inside"),
        (f"data:audio/wav;base64,{encoded(bytes(200))}", "does not begin like any audio"),
    ],
)
def test_what_is_no_audio_is_refused_and_leaves_nothing(written: str, detail: str, tmp_path: Path) -> None:
    rule, told = refused(written, tmp_path)

    assert rule == "undecodable"
    assert detail in told
    assert list(tmp_path.rglob("*.*")) == []


def test_audio_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inline_audio, "LARGEST_AUDIO", len(WAV))
    save_audio(encoded(WAV), NOTHING, tmp_path)

    assert refused(encoded(WAV + b"x"), tmp_path)[1].startswith("it is larger than")


def test_a_full_disk_is_told_before_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inline_audio, "SPARE", 10**18)

    assert refused(encoded(WAV), tmp_path)[0] == "archive_bounds"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "inline").write_text("a file")

    assert refused(encoded(WAV), tmp_path)[0] == "unreadable_file"


def test_an_export_that_changes_while_it_is_read_is_not_used(tmp_path: Path) -> None:
    class Changing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            content = super().read(size)
            self.getbuffer()[40:41] = b"B"
            return content

    text = encoded(WAV).encode()

    assert refused(LongString(0, len(text)), tmp_path, Changing(text))[0] == "changing"
    assert refused(LongString(0, len(text) + 1), tmp_path, io.BytesIO(text))[0] == "changing"
    assert list(tmp_path.rglob("*.wav")) == []


def test_what_a_killed_process_left_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "inline").mkdir()
    (tmp_path / "inline/.part").write_bytes(b"x" * 10_000)

    assert save_audio(encoded(WAV), NOTHING, tmp_path).path.read_bytes() == WAV
    assert not (tmp_path / "inline/.part").exists()


def test_the_same_audio_is_written_once(tmp_path: Path) -> None:
    first = save_audio(encoded(WAV), NOTHING, tmp_path)
    written = first.path.stat()

    assert save_audio(f"data:;base64,{encoded(WAV)}", NOTHING, tmp_path) == first
    assert first.path.stat().st_mtime_ns == written.st_mtime_ns


def test_many_at_once_write_whole_files(tmp_path: Path) -> None:
    contents = [WAV + bytes([number % 5]) * 100_000 for number in range(40)]

    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(lambda one: save_audio(encoded(one), io.BytesIO(), tmp_path), contents))

    assert [one.path.read_bytes() for one in saved] == contents
    assert len(list((tmp_path / "inline").rglob("*.wav"))) == 5


def test_memory_does_not_grow_with_the_audio(tmp_path: Path) -> None:
    piece = random.Random(1).randbytes(3 << 18)
    with (tmp_path / "export.json").open("wb") as export:
        export.write(b'{"audio": "' + base64.b64encode(WAV[:12]))
        for _ in range(24):
            export.write(base64.b64encode(piece))
        export.write(b'"}')
    with (tmp_path / "export.json").open("rb") as export:
        tracemalloc.start()
        try:
            (value,) = [JsonReader(export).value()["audio"]]  # type: ignore[index]
            saved = save_audio(value, export, tmp_path)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert saved.size == 12 + 24 * len(piece)
    assert peak < 6 << 20


def test_json_writes_what_is_read(tmp_path: Path, tone: Callable[..., Path]) -> None:
    audio = tone(tmp_path / "a.flac", seconds=20).read_bytes()
    export = json.dumps({"audio": encoded(audio)}).encode()
    value = JsonReader(io.BytesIO(export)).value()

    assert isinstance(value, dict)
    assert isinstance(value["audio"], LongString)
    assert save_audio(value["audio"], io.BytesIO(export), tmp_path).path.read_bytes() == audio
