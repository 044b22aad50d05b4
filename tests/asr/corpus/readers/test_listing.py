import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from asr.corpus.readers.listing import Listing, leaves_folder, list_folder
from asr.corpus.rules import Problem

Listed = tuple[Listing, list[Problem]]
List = Callable[..., Listed]


@pytest.fixture
def listed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[List]:
    """List a folder."""
    listings: list[Listing] = []

    def read(folder: Path, skip: tuple[str, ...] = ()) -> Listed:
        listings.append(Listing(folder))
        return listings[-1], list(list_folder(listings[-1], tmp_path_factory.mktemp("unpacked"), skip))

    yield read
    for one in listings:
        one.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def write(path: Path, content: str = "content") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_files_of_all_folders_but_hidden_ones(folder: Path, listed: List) -> None:
    for name in ("b.wav", "a/x.TXT", "a/b/c/y.FLAC", ".hidden.wav", ".git/a.wav", "a/.b/a.wav", "__MACOSX/b.wav"):
        write(folder / name)
    write(folder / "guards" / "g.wav")
    write(folder / "a" / "guards" / "g.wav")
    write(folder / "a" / "__init__.wav")

    listing, problems = listed(folder, skip=("guards", "b.wav"))

    assert problems == []
    assert list(listing.names()) == ["a/__init__.wav", "a/b/c/y.FLAC", "a/guards/g.wav", "a/x.TXT", "b.wav"]
    assert list(listing.audio()) == ["a/__init__.wav", "a/b/c/y.FLAC", "a/guards/g.wav", "b.wav"]
    assert list(listing.others()) == ["a/x.TXT"]
    assert listing.path("a/x.TXT") == listing.shown("a/x.TXT") == folder / "a" / "x.TXT"


def test_audio_by_its_stem(folder: Path, listed: List) -> None:
    for name in ("a.wav", "a.flac", "a.txt", "a.b.wav", "b/a.wav", "A.wav", "100%.wav", "100x.wav"):
        write(folder / name)

    listing, _ = listed(folder)

    assert listing.audio_with_stem("a") == ["a.flac", "a.wav"]
    assert listing.audio_with_stem("a.b") == ["a.b.wav"]
    assert listing.audio_with_stem("100%") == ["100%.wav"]
    assert listing.audio_with_stem("b") == []


def test_what_is_in_a_zip_file(tmp_path: Path, folder: Path, listed: List) -> None:
    for name in ("x.wav", "deep/y.wav", "deep/__x/z.wav", ".z.wav", "guards/g.wav"):
        write(tmp_path / "may" / name, name)
    (folder / "sub").mkdir()
    shutil.make_archive(str(folder / "sub" / "may"), "zip", tmp_path / "may")
    write(folder / "may.zip.wav")

    listing, problems = listed(folder, skip=("guards",))

    assert problems == []
    assert list(listing.names()) == [
        "may.zip.wav",
        "sub/may.zip/deep/y.wav",
        "sub/may.zip/guards/g.wav",
        "sub/may.zip/x.wav",
    ]
    assert listing.shown("sub/may.zip/deep/y.wav") == folder / "sub" / "may.zip" / "deep" / "y.wav"
    assert listing.path("sub/may.zip/deep/y.wav").read_text() == "deep/y.wav"
    assert listing.find("sub/may.zip/deep", "../x.wav") == ("sub/may.zip/x.wav", listing.path("sub/may.zip/x.wav"))


def test_a_zip_file_by_itself(tmp_path: Path, listed: List) -> None:
    write(tmp_path / "may" / "x.wav")
    archive = Path(shutil.make_archive(str(tmp_path / "may"), "zip", tmp_path / "may"))

    listing, problems = listed(archive)

    assert (problems, list(listing.names())) == ([], ["x.wav"])
    assert listing.shown("x.wav") == archive / "x.wav"


def test_a_zip_file_that_is_refused_is_named_and_the_rest_is_listed(folder: Path, listed: List) -> None:
    write(folder / "a.zip", "no archive")
    with ZipFile(folder / "b.zip", "w") as archive:
        archive.writestr("../x.wav", "x")
    write(folder / "c.wav")

    listing, problems = listed(folder)

    assert list(listing.names()) == ["c.wav"]
    assert sorted((one.rule, one.file.name) for one in problems) == [
        ("bad_archive", "a.zip"),
        ("unsafe_archive", "b.zip"),
    ]


def test_links(tmp_path: Path, folder: Path, listed: List) -> None:
    write(tmp_path / "outside" / "x.wav")
    write(folder / "real" / "a.wav")
    links = {
        "inner.wav": "real/a.wav",
        "out.wav": "../outside/x.wav",
        "again": "real",
        "up": ".",
        "away": "../outside",
        "__cache": "../outside",
        ".hidden": "../outside",
        "loop": "loop",
        "loop.wav": "loop.wav",
        "broken.wav": "nothing.wav",
        "broken_out.wav": "../nothing.wav",
        "folder.wav": "real",
    }
    for name, target in links.items():
        (folder / name).symlink_to(target)

    listing, problems = listed(folder)

    assert list(listing.names()) == ["inner.wav", "real/a.wav"]
    assert {(one.rule, one.file.name) for one in problems} == {
        ("outside_folder", "out.wav"),
        ("outside_folder", "away"),
        ("outside_folder", "broken_out.wav"),
    }


def test_a_folder_that_is_a_link_itself(tmp_path: Path, folder: Path, listed: List) -> None:
    write(folder / "a.wav")
    (folder / "b.wav").symlink_to("a.wav")
    (tmp_path / "link").symlink_to(folder)

    listing, problems = listed(tmp_path / "link")

    assert (problems, list(listing.names())) == ([], ["a.wav", "b.wav"])
    assert listing.path("a.wav") == tmp_path / "link" / "a.wav"


def test_pipes_and_folders_that_cannot_be_read(folder: Path, listed: List) -> None:
    os.mkfifo(folder / "pipe.wav")
    write(folder / "a.wav")
    closed = write(folder / "closed" / "b.wav").parent
    closed.chmod(0)
    try:
        listing, problems = listed(folder)
        is_root = os.access(closed, os.R_OK)
    finally:
        closed.chmod(0o700)

    assert list(listing.names()) == (["a.wav", "closed/b.wav"] if is_root else ["a.wav"])
    assert [(one.rule, one.file) for one in problems] == ([] if is_root else [("unreadable_file", closed)])


@pytest.mark.parametrize(("on_disk", "written"), [("cafe\u0301", "caf\u00e9"), ("caf\u00e9", "cafe\u0301")])
def test_both_ways_to_write_an_accent_are_one_name(folder: Path, listed: List, on_disk: str, written: str) -> None:
    write(folder / on_disk / f"{on_disk}.wav")

    listing, _ = listed(folder)

    name = "caf\u00e9/caf\u00e9.wav"
    assert list(listing.names()) == [name]
    assert listing.find(written, f"{written}.wav") == (name, folder / on_disk / f"{on_disk}.wav")
    assert listing.path(name).is_file()


def test_of_two_spellings_of_one_name_always_the_same_is_taken(folder: Path, listed: List) -> None:
    for name in ("caf\u00e9.wav", "cafe\u0301.wav"):
        write(folder / name)
    if len(list(folder.iterdir())) == 1:
        pytest.skip("this file system takes both for one")

    listing, _ = listed(folder)

    assert list(listing.names()) == ["caf\u00e9.wav"]
    assert listing.path("caf\u00e9.wav") == folder / "cafe\u0301.wav"
    listing.add("caf\u00e9.wav", str(folder / "caf\u00e9.wav"))
    assert listing.path("caf\u00e9.wav") == folder / "cafe\u0301.wav"


def test_names_from_windows_and_names_with_backslashes(folder: Path, listed: List) -> None:
    write(folder / "clips" / "a.wav")
    write(folder / "odd\\b.wav")

    listing, _ = listed(folder)

    assert listing.find("", "clips\\a.wav") == ("clips/a.wav", folder / "clips" / "a.wav")
    assert listing.find("", ".\\clips\\..\\clips\\a.wav") == ("clips/a.wav", folder / "clips" / "a.wav")
    assert listing.find("", "odd\\b.wav") == ("odd\\b.wav", folder / "odd\\b.wav")
    assert listing.find("clips", "../clips/./a.wav") == ("clips/a.wav", folder / "clips" / "a.wav")
    assert listing.find("clips", "clips/a.wav") is None
    assert listing.find("", "a\x00.wav") is None


@pytest.mark.parametrize(
    ("name", "leaves"),
    [
        ("a/../b.wav", False),
        ("../data/b.wav", False),
        ("..a/b.wav", False),
        ("../../b.wav", True),
        ("..\\..\\b.wav", True),
        ("a/../../../b.wav", True),
        ("/a.wav", True),
        ("\\a.wav", True),
        ("c:a.wav", True),
        ("\\\\server\\share\\a.wav", True),
        ("file:///a.wav", True),
        ("..", False),
        ("../..", True),
    ],
)
def test_names_that_lead_out(name: str, leaves: bool) -> None:
    assert leaves_folder("data", name) == leaves
