import io
import os
import random
import shutil
import stat
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from filelock import FileLock

from asr.corpus.readers import archive as module
from asr.corpus.readers.archive import Unpacked, is_archive, unpack
from asr.corpus.rules import format_problems

SHOWN = Path("training_data/may.zip")

pytestmark = pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[bytes], Unpacked]:
    """Unpack these bytes."""

    def open_it(content: bytes) -> Unpacked:
        (tmp_path / "may.zip").write_bytes(content)
        return unpack(tmp_path / "may.zip", SHOWN, tmp_path / "unpacked")

    return open_it


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Zip members, those given by name as of 1980: tests are named after the bytes, the same in every process."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name) if isinstance(name, str) else name, content, method)
    return file.getvalue()


def member(name: str, mode: int = 0) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.filename = name  # as it is, not as zipfile mends it
    info.external_attr = mode << 16
    return info


def content_of(folder: Path | None) -> dict[str, bytes]:
    assert folder is not None
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def patched(content: bytes, magic: bytes, at: int, layout: str, value: int, which: int = 0) -> bytes:
    """Write a number into the header with the number `which` of those that begin with `magic`."""
    place = -1
    for _ in range(which + 1):
        place = content.index(magic, place + 1)
    changed = bytearray(content)
    struct.pack_into(layout, changed, place + at, value)
    return bytes(changed)


def end64(count: int, length: int, start: int, at: int) -> bytes:
    """The end of a zip64 file whose directory of `length` bytes begins at `start`, when the end begins at `at`."""
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, length, start)
    place = struct.pack("<4sLQL", b"PK\6\7", 0, at, 1)
    return record + place + struct.pack("<4s4H2LH", END, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)


def refusal(result: Unpacked) -> tuple[str, str]:
    assert result.folder is None
    (one,) = result.problems
    assert (one.file, one.severity) == (SHOWN, "error")
    assert "\n" not in format_problems([one])
    return one.rule, one.message


def nothing_is_left(tmp_path: Path) -> bool:
    return {path.name for path in tmp_path.rglob("*")} <= {"may.zip", "unpacked", ".lock"}


HEADER, ENTRY, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
HELLO = zipped(("a.wav", b"hello"))


def test_an_archive_becomes_a_folder_only_once(tmp_path: Path, opened: Callable[[bytes], Unpacked]) -> None:
    content = zipped(("trans.txt", b"x.wav\thello\n"), ("audio/", b""), ("audio/x.wav", bytes(100_000)), ("empty", b""))

    first = opened(content)
    assert first.problems == ()
    assert first.folder is not None and first.folder.parent == tmp_path / "unpacked" and len(first.folder.name) == 16
    assert content_of(first.folder) == {"trans.txt": b"x.wav\thello\n", "audio/x.wav": bytes(100_000), "empty": b""}
    assert [stat.S_IMODE(path.stat().st_mode) & 0o7111 for path in first.folder.rglob("*") if path.is_file()] == [0] * 3

    (first.folder / "trans.txt").write_text("kept")
    again = opened(content)
    assert again == first
    assert (first.folder / "trans.txt").read_text() == "kept"

    other = opened(zipped(("trans.txt", b"x.wav\tbye\n")))
    assert other.folder != first.folder
    assert {path.name for path in (tmp_path / "unpacked").iterdir()} == {first.folder.name, other.folder.name, ".lock"}


def test_archives_of_all_kinds_are_read_as_python_reads_them(opened: Callable[[bytes], Unpacked]) -> None:
    dice = random.Random(1)
    files = {f"{number % 7}/{number}.bin": dice.randbytes(dice.choice((0, 1, 900, 300_000))) for number in range(40)}
    files["tone.wav"] = bytes(range(256)) * 4_000

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise OSError

    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        for file, large in ((io.BytesIO(), False), (io.BytesIO(), True), (Pipe(), False)):
            with zipfile.ZipFile(file, "w", method) as archive:
                archive.comment = b"a comment with PK\5\6 inside, and so on and so forth"
                for name, content in files.items():
                    with archive.open(name, "w", force_zip64=large) as out:
                        out.write(content)
            result = opened(file.getvalue())
            assert result.problems == ()
            assert content_of(result.folder) == files


def test_zip64_is_read(opened: Callable[[bytes], Unpacked]) -> None:
    at, end = HELLO.index(ENTRY), HELLO.index(END)
    packed, size = struct.unpack_from("<2L", HELLO, at + 20)
    extra = struct.pack("<2H", 0xCAFE, 0) + struct.pack("<2H3Q", 1, 24, size, packed, 0)
    entry = HELLO[at:end]
    for place in (20, 24, 42):
        entry = patched(entry, ENTRY, place, "<L", 0xFFFFFFFF)
    entry = patched(entry, ENTRY, 30, "<H", len(extra)) + extra

    result = opened(HELLO[:at] + entry + end64(1, len(entry), at, at + len(entry)))

    assert content_of(result.folder) == {"a.wav": b"hello"}


def test_a_count_that_began_again_is_no_damage(opened: Callable[[bytes], Unpacked]) -> None:
    count = (1 << 16) + 2
    header = struct.pack("<4s5H3L2H", HEADER, *[0] * 8, 2, 0) + b".x"
    entry = struct.Struct("<4s6H3L5H2L")
    directory = b"".join(entry.pack(ENTRY, *[0] * 9, 2, *[0] * 5, len(header) * at) + b".x" for at in range(count))
    end = struct.pack("<4s4H2LH", END, 0, 0, 2, 2, len(directory), len(header) * count, 0)

    assert content_of(opened(header * count + directory + end).folder) == {}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("audio\\x.wav", "audio/x.wav"),
        ("./audio//x.wav", "audio/x.wav"),
        ("cafe\u0301.wav", "café.wav"),
        ("الشارقة.wav", "الشارقة.wav"),
        ("12:30.wav", "12:30.wav"),
    ],
)
def test_names_are_brought_into_one_form(opened: Callable[[bytes], Unpacked], written: str, name: str) -> None:
    assert list(content_of(opened(zipped((member(written), b"x"))).folder)) == [name]


def test_names_without_the_mark_are_utf8_or_else_of_dos(opened: Callable[[bytes], Unpacked]) -> None:
    content = zipped(("__1.wav", b""), ("___2.wav", b""))

    content = content.replace(b"__1", "ü1".encode()).replace(b"___2", b"f\x81r2")

    assert set(content_of(opened(content).folder)) == {"ü1.wav", "für2.wav"}


def test_a_name_that_is_marked_as_utf8_must_be_it(opened: Callable[[bytes], Unpacked]) -> None:
    assert refusal(opened(zipped(("ü.wav", b"")).replace("ü".encode(), b"\x81\x81")))[0] == "bad_archive"


def test_folders_are_known_by_their_ending_or_their_kind(opened: Callable[[bytes], Unpacked]) -> None:
    folders = [(member("a\\"), b""), (member("b/"), b""), (member("c", stat.S_IFDIR | 0o755), b"")]

    result = opened(zipped(*folders, ("a/x", b"1"), ("b/x", b"2"), ("c/x", b"3")))

    assert result.problems == ()
    assert content_of(result.folder) == {"a/x": b"1", "b/x": b"2", "c/x": b"3"}


def test_hidden_files_are_left_out_without_a_word(opened: Callable[[bytes], Unpacked]) -> None:
    hidden = ("__MACOSX/._a.wav", ".DS_Store", "audio/.DS_Store", ".git/config", "./", "__pycache__/x", ".venv/bin")
    members = [(member(name, stat.S_IFLNK if name == ".venv/bin" else 0), b"x") for name in hidden]

    result = opened(zipped(*members, ("a.wav", b"a"), ("__a.wav", b"b")))

    assert result.problems == ()
    assert set(content_of(result.folder)) == {"a.wav", "__a.wav"}


def test_names_that_differ_in_case_are_two_files(tmp_path: Path, opened: Callable[[bytes], Unpacked]) -> None:
    (tmp_path / "CASE").touch()
    if (tmp_path / "case").exists():
        pytest.skip("this file system takes them for one")

    assert content_of(opened(zipped(("a.wav", b"1"), ("A.wav", b"2"))).folder) == {"a.wav": b"1", "A.wav": b"2"}


def test_an_archive_inside_is_left_out_with_a_warning(opened: Callable[[bytes], Unpacked]) -> None:
    for _ in range(2):  # also when it was unpacked before
        result = opened(zipped(("a.wav", b"a"), ("b/in.ZIP", HELLO), ("c.zip", HELLO)))

        assert list(content_of(result.folder)) == ["a.wav"]
        assert [(one.rule, one.severity) for one in result.problems] == [("nested_archive", "warning")]
        assert result.problems[0].message.endswith(": b/in.ZIP and 1 more")


@pytest.mark.parametrize(
    "name",
    [
        *("../x.wav", "a/../../x.wav", "a/../x.wav", "..", "../", "__MACOSX/../../x.wav"),
        *("/etc/x.wav", "\\x.wav", "..\\x.wav", "C:\\x.wav", "c:x.wav", "//host/share/x.wav"),
        *("a\nb.wav", "a\x1b[2J.wav", "x\x00.wav", "a\x85b.wav"),
    ],
)
def test_names_that_lead_out_or_cannot_be_seen_are_refused(
    tmp_path: Path, opened: Callable[[bytes], Unpacked], name: str
) -> None:
    content = zipped(("good.wav", b"x"), (member(name), b"x"))

    rule, message = refusal(opened(content))

    assert rule == "unsafe_archive"
    assert message.startswith("the archive is not safe to unpack: ")
    assert nothing_is_left(tmp_path)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([(member("a.wav", stat.S_IFLNK | 0o777), b"/etc/passwd")], "a link: a.wav"),
        ([(member("a.wav", stat.S_IFIFO), b"")], "a device or a pipe: a.wav"),
        ([(member("a.wav", stat.S_IFCHR), b"")], "a device or a pipe: a.wav"),
        ([("a.wav", b"1"), ("a.wav", b"2")], "two members with the same name: a.wav"),
        (
            [("cafe\u0301", b"1"), ("caf\u00e9", b"2"), ("./café", b"")],
            "two members with the same name: café and 1 more",
        ),
        ([("a", b"1"), ("a/b", b"2")], "a file and a folder with the same name: a"),
        ([("a/b/", b""), ("a/b", b"2")], "a file and a folder with the same name: a/b"),
    ],
)
def test_what_is_no_plain_file_of_its_own_is_refused(
    tmp_path: Path,
    opened: Callable[[bytes], Unpacked],
    members: Sequence[tuple[str | zipfile.ZipInfo, bytes]],
    said: str,
) -> None:
    assert refusal(opened(zipped(*members))) == ("unsafe_archive", f"the archive is not safe to unpack: {said}")
    assert nothing_is_left(tmp_path)


def test_everything_that_is_wrong_with_the_members_is_said_at_once(opened: Callable[[bytes], Unpacked]) -> None:
    links = [(member(f"{number}.wav", stat.S_IFLNK), b"x") for number in range(900)]

    result = opened(zipped(*links, ("../x", b""), ("x" * 5_000, b"")))

    assert [one.rule for one in result.problems] == ["unsafe_archive", "unsafe_archive", "archive_bounds"]
    assert result.problems[0].message.endswith("a link: 0.wav and 899 more")
    assert all(len(one.message) < 250 for one in result.problems)


def test_a_member_without_a_name_is_refused(opened: Callable[[bytes], Unpacked]) -> None:
    unnamed = patched(patched(HELLO, ENTRY, 28, "<H", 0), ENTRY, 30, "<H", len("a.wav"))

    assert refusal(opened(unnamed))[1].endswith(": a member without a name: ")


@pytest.mark.parametrize("flag", [1, 1 << 6, 1 << 13])
def test_encrypted_members_are_refused(opened: Callable[[bytes], Unpacked], flag: int) -> None:
    result = opened(patched(HELLO, ENTRY, 8, "<H", flag))

    assert refusal(result) == ("unsafe_archive", "the archive is not safe to unpack: an encrypted member: a.wav")
    assert result.problems[0].mend == "zip it again without a password"


def test_the_difference_to_another_file_is_refused(opened: Callable[[bytes], Unpacked]) -> None:
    assert refusal(opened(patched(HELLO, ENTRY, 8, "<H", 1 << 5)))[0] == "bad_archive"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_refused(opened: Callable[[bytes], Unpacked], method: int) -> None:
    rule, message = refusal(opened(zipped(("a.wav", b"a"), method=method)))

    assert rule == "bad_archive"
    assert f"method {method}" in message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cut off or no zip file"),
        (b"RIFF of some kind", "cut off or no zip file"),
        (HELLO[:-1], "cut off or no zip file"),
        (HELLO[:40], "cut off or no zip file"),
        (HELLO + b"\0", "cut off or no zip file"),
        (b"MZ" + HELLO, "it begins with something else"),
        (HELLO[5:], "damaged"),
        (HELLO.replace(b"PK\1\2", b"PK\1\3"), "damaged"),
        (HELLO.replace(b"PK\3\4", b"PK\3\5", 1), "it begins with something else"),
        (patched(HELLO, END, 4, "<H", 1), "one part of several"),
        (patched(HELLO, END, 8, "<H", 2), "one part of several"),
        (patched(patched(HELLO, END, 8, "<H", 2), END, 10, "<H", 2), "damaged"),
        (patched(HELLO, END, 12, "<L", 1 << 30), "damaged"),
        (patched(HELLO, END, 16, "<L", 0), "damaged"),
        (HELLO[: HELLO.index(END)] + end64(1, 51, 42, (1 << 64) - 1), "damaged"),
        (patched(HELLO, ENTRY, 28, "<H", 60_000), "damaged"),
        (patched(HELLO, ENTRY, 16, "<L", 0), "a.wav is damaged"),
        (patched(HELLO, ENTRY, 24, "<L", 6), "a.wav is damaged"),
        (patched(HELLO, ENTRY, 24, "<L", 4), "says less than there is in a.wav"),
        (patched(HELLO, ENTRY, 20, "<L", 3), "a.wav is damaged"),
        (patched(HELLO, ENTRY, 10, "<H", 0), "says less than there is in a.wav"),
        (patched(HELLO, HEADER, 30 + len("a.wav"), "<L", 0xFFFFFFFF), "it is damaged"),
    ],
)
def test_damage_is_one_plain_problem(
    tmp_path: Path, opened: Callable[[bytes], Unpacked], content: bytes, said: str
) -> None:
    rule, message = refusal(opened(content))

    assert rule == "bad_archive"
    assert said in message
    assert nothing_is_left(tmp_path)


def test_a_pointer_of_git_lfs_is_told(opened: Callable[[bytes], Unpacked]) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 9\n"

    assert refusal(opened(pointer.encode()))[0] == "lfs_pointer"


def test_what_cannot_be_opened_or_written_is_told(tmp_path: Path, opened: Callable[[bytes], Unpacked]) -> None:
    assert refusal(unpack(tmp_path / "gone.zip", SHOWN, tmp_path))[0] == "unreadable_file"
    (tmp_path / "unpacked").touch()

    assert refusal(opened(HELLO)) == (
        "unreadable_file",
        f"this cannot be opened: it cannot be unpacked to {tmp_path / 'unpacked'}: File exists",
    )


@pytest.mark.parametrize(
    ("name", "limit", "said"),
    [
        ("MEMBERS", 2, "3 members, at most 2"),
        ("MEMBERS", 4, "more than 4 files and folders"),
        ("TOTAL", 1_999_999, "0.0 GB unpacked, at most 0.0 GB are"),
        ("LARGEST", 999_999, "a/b/c/d/e.wav has 0.0 GB unpacked"),
        ("GROWTH_FROM", 1_999_999, "it grows "),
        ("SPARE", 1 << 60, "GB are free"),
        ("DEEPEST", 3, "more than 3 folders within each other: a/b/c/d/e.wav"),
        ("LONGEST_NAME", 4, "a name of more than 4 bytes"),
        ("LONGEST_PATH", 12, "or 12 with its folders: a/b/c/d/e.wav"),
    ],
)
def test_bounds_are_kept(
    tmp_path: Path,
    opened: Callable[[bytes], Unpacked],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    limit: int,
    said: str,
) -> None:
    content = zipped(("a/b/c/d/e.wav", bytes(1_000_000)), ("f.wav", bytes(1_000_000)), ("g.wav", b""))
    monkeypatch.setattr(module, name, limit)

    rule, message = refusal(opened(content))

    assert rule == "archive_bounds"
    assert said in message
    assert nothing_is_left(tmp_path)

    monkeypatch.setattr(module, name, limit + 1 if name != "SPARE" else 0)
    assert name == "MEMBERS" or content_of(opened(content).folder)


def test_much_that_grows_little_is_unpacked(
    opened: Callable[[bytes], Unpacked], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GROWTH_FROM", 1)

    assert opened(zipped(("a.wav", random.Random(0).randbytes(100_000)))).problems == ()


def test_a_path_is_measured_in_bytes(opened: Callable[[bytes], Unpacked]) -> None:
    part = "ü" * 127

    assert opened(zipped((f"{part}/{part}", b""))).problems == ()
    assert refusal(opened(zipped((f"{part}/{part}/{part}", b""))))[0] == "archive_bounds"


def test_long_names_cost_no_time(opened: Callable[[bytes], Unpacked]) -> None:
    slow = "\u0301" * 16_000 + "\u0316" * 16_000  # to put into one form
    content = zipped(*((f"{number}{slow}", b"") for number in range(3)))
    began = time.perf_counter()

    assert refusal(opened(content))[0] == "archive_bounds"
    assert time.perf_counter() - began < 1


def test_a_little_silence_may_grow_as_much_as_it_does(opened: Callable[[bytes], Unpacked]) -> None:
    content = zipped(("silence.wav", bytes(20_000_000)))

    assert 20_000_000 / len(content) > 900
    assert opened(content).problems == ()


def test_a_huge_directory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    def claim(count: int, length: int) -> Unpacked:
        with (tmp_path / "may.zip").open("wb") as file:  # with a hole where the directory should be
            file.write(HELLO)
            file.seek(at := len(HELLO) + length)
            file.write(end64(count, length, len(HELLO), at))
        return unpack(tmp_path / "may.zip", SHOWN, tmp_path / "unpacked")

    assert refusal(claim(1_000_000, 47_000_000))[1].endswith(": 1,000,000 members, at most 200,000 are read")
    assert refusal(claim(1, 1 << 30))[1].endswith(": a directory of 1024 MiB, at most 64 are read")


def test_a_directory_that_says_less_than_it_holds_is_read_no_further_than_the_bound(
    opened: Callable[[bytes], Unpacked], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = zipped(*((f"{number}", b"") for number in range(300)))
    monkeypatch.setattr(module, "MEMBERS", 200)

    result = opened(patched(patched(content, END, 8, "<H", 1), END, 10, "<H", 1))

    assert refusal(result) == ("archive_bounds", "the archive exceeds the bounds: more than 200 members")


def test_members_that_lie_over_each_other_are_refused(tmp_path: Path, opened: Callable[[bytes], Unpacked]) -> None:
    content = zipped(("a.wav", bytes(9_999)), ("b.wav", bytes(9_999)))
    second = content.index(HEADER, 4)
    entry = content.index(ENTRY)
    end = content.index(END)
    for overlapping in (
        patched(content, ENTRY, 42, "<L", 0, which=1),  # both in the same place
        patched(content, ENTRY, 20, "<L", second, which=0),  # the first holds the header of the second
        patched(content, HEADER, 28, "<H", 5),  # its data begin later than the directory lets think
        patched(content, ENTRY, 42, "<L", entry - 20, which=1),
        patched(content, ENTRY, 42, "<L", end, which=1),
        patched(content, ENTRY, 20, "<L", 0xFFFFFFFF, which=0),
    ):
        rule, message = refusal(opened(overlapping))

        assert rule == "unsafe_archive"
        assert "lies over another member or outside" in message
        assert nothing_is_left(tmp_path)


def test_a_process_that_was_killed_leaves_only_a_part_that_the_next_removes(
    tmp_path: Path, opened: Callable[[bytes], Unpacked]
) -> None:
    content = zipped(("a.wav", b"hello"), ("b.wav", random.Random(0).randbytes(1_000_000)))
    (tmp_path / "may.zip").write_bytes(content)
    program = f"""
import os, pathlib, signal
from asr.corpus.readers import archive
read = archive.read_content
def killed(file, member):
    for piece in read(file, member):
        yield piece
        if member.name == "b.wav":
            os.kill(os.getpid(), signal.SIGKILL)
archive.read_content = killed
folder = pathlib.Path({str(tmp_path)!r})
archive.unpack(folder / "may.zip", folder, folder / "unpacked")
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    (part,) = (tmp_path / "unpacked").glob(".*.part")
    assert (part / "a.wav").exists()

    result = opened(content)

    assert set(content_of(result.folder)) == {"a.wav", "b.wav"}
    assert {path.name for path in (tmp_path / "unpacked").iterdir()} == {str(result.folder).rpartition("/")[2], ".lock"}


def test_several_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    dice = random.Random(0)
    for name in ("may.zip", "june.zip"):
        (tmp_path / name).write_bytes(zipped(*((f"{number}.wav", dice.randbytes(1_000)) for number in range(200))))
    start = Barrier(6)

    def one(number: int) -> Unpacked:
        start.wait()
        return unpack(tmp_path / ("may.zip", "june.zip")[number % 2], SHOWN, tmp_path / "unpacked")

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(one, range(6)))

    assert all(len(content_of(result.folder)) == 200 for result in results)
    assert len({result.folder for result in results}) == 2


def test_what_was_unpacked_before_waits_for_nobody(tmp_path: Path, opened: Callable[[bytes], Unpacked]) -> None:
    first = opened(HELLO)

    with ThreadPoolExecutor(1) as pool, FileLock(tmp_path / "unpacked" / ".lock"):
        assert pool.submit(opened, HELLO).result(timeout=5) == first


def test_an_archive_that_changes_while_it_is_read_is_not_used(
    tmp_path: Path, opened: Callable[[bytes], Unpacked], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = module.read_content

    def touch(*arguments: object) -> object:
        os.utime(tmp_path / "may.zip", (1, 1))
        return read(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "read_content", touch)

    assert refusal(opened(HELLO))[0] == "changing"
    assert nothing_is_left(tmp_path)


def test_damage_anywhere_is_a_problem_or_harmless(tmp_path: Path, opened: Callable[[bytes], Unpacked]) -> None:
    dice = random.Random(7)
    small = zipped(("a.wav", b"hello " * 20), ("t/trans.txt", b"a.wav\thello"), ("é", b""))
    stored = zipped(("a.wav", b"hello " * 20), ("t/trans.txt", b"a.wav\thello"), method=zipfile.ZIP_STORED)
    large = HELLO[: HELLO.index(END)]
    large += end64(1, len(large) - HELLO.index(ENTRY), HELLO.index(ENTRY), len(large))
    good = 0
    began = time.perf_counter()
    for turn in range(2_000):
        if time.perf_counter() - began > 5:
            break
        content = bytearray(dice.choice((small, stored, large)))
        for _ in range(dice.choice((1, 1, 2, 8))):
            content[dice.randrange(len(content))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
        if turn % 10 == 0:
            del content[dice.randrange(len(content)) :]

        result = opened(bytes(content))

        assert {path.name for path in tmp_path.iterdir()} <= {"may.zip", "unpacked"}
        if result.folder:
            good += 1
            assert all(one.severity == "warning" for one in result.problems)
            assert all(path.is_relative_to(result.folder) for path in (tmp_path / "unpacked").glob("*/**/*"))
            assert sum(map(len, content_of(result.folder).values())) <= 140
            shutil.rmtree(result.folder)
        else:
            assert any(one.severity == "error" for one in result.problems)
            format_problems(result.problems).encode()
        assert {path.name for path in (tmp_path / "unpacked").glob("*")} <= {".lock"}
    assert turn > 100
    assert good > 10


def test_an_archive_is_known_by_its_ending() -> None:
    assert [is_archive(name) for name in ("a/may.ZIP", "may.zip.wav", "zip")] == [True, False, False]
