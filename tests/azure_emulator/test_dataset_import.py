import io
import zipfile
from pathlib import Path

import pytest

from tests.azure_emulator.conftest import spoken, tone, zipped
from tests.azure_emulator.dataset_import import Imported, Limits, import_file
from tests.azure_emulator.errors import JobFailed


def imported(path: Path, content: bytes, kind: str, limits: Limits, locale: str = "en-US") -> Imported:
    (path / "file").write_bytes(content)
    return import_file(path / "file", kind, locale, limits, lambda name, wav: None)


def test_recordings_that_are_too_long_are_rejected(tmp_path: Path) -> None:
    files = {"trans.txt": b"long.wav\tx\nhuge.wav\ty\nshort.wav\tz\n", "long.wav": tone(2, rate=8_000)}
    archive = zipped({**files, "huge.wav": tone(5), "short.wav": tone(0.5)})

    found = imported(tmp_path, archive, "Acoustic", Limits(test_seconds=1.0))

    assert [item.name for item in found.items] == ["short.wav"]
    assert found.report == [
        "trans.txt:1: long.wav is 2 s long; at most 1 s are taken",
        "trans.txt:2: huge.wav is longer than 1 s, or not 16-bit mono",
    ]


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (Limits(zip_bytes=10), "at most 10 are taken"),
        (Limits(zip_bytes=7_000), None),
        (Limits(zip_files=2), "3 files; at most 2"),
        (Limits(text_bytes=10), "trans.txt has more than 10 bytes"),
    ],
    ids=range(4),
)
def test_archives_that_are_too_large(tmp_path: Path, limits: Limits, why: str | None) -> None:
    if why is None:
        assert imported(tmp_path, spoken(), "Acoustic", limits).accepted == 2
        return
    with pytest.raises(JobFailed, match=why):
        imported(tmp_path, spoken(), "Acoustic", limits)


def test_a_small_archive_that_unpacks_to_a_huge_one_is_not_unpacked(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("trans.txt", "one.wav\tx\n")
        archive.writestr("one.wav", bytes(1_000_000))

    with pytest.raises(JobFailed, match="unpacks to more than 100000 bytes"):
        imported(tmp_path, out.getvalue(), "Acoustic", Limits(zip_bytes=50_000))


def test_text_that_is_too_large_or_too_long(tmp_path: Path) -> None:
    with pytest.raises(JobFailed, match="at most 10 are taken"):
        imported(tmp_path, b"a line and more", "Language", Limits(text_bytes=10))
    lines = b"\xef\xbb\xbf" + b"x\n" * 20_001
    with pytest.raises(JobFailed, match="20001 lines"):
        imported(tmp_path, lines, "Language", Limits(), "ja-JP")
    assert imported(tmp_path, lines, "Language", Limits(), "de-DE").accepted == 20_001
    lists = "".join(f"@ list l{number} =\n- x\n" for number in range(21)) + "# s\n- y\n"
    with pytest.raises(JobFailed, match="20 lists"):
        imported(tmp_path, lists.encode(), "LanguageMarkdown", Limits())


def test_audio_alone_and_display_formats(tmp_path: Path) -> None:
    audio = imported(tmp_path, zipped({"a.wav": tone(1), "b.txt": b"no audio"}), "AudioFiles", Limits())
    formats = imported(tmp_path, b"#rewrite\nold\tnew\n", "OutputFormatting", Limits())

    assert (audio.accepted, audio.rejected, audio.seconds) == (1, 1, 1.0)
    assert formats.accepted == 2
