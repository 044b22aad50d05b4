from pathlib import Path

from asr.corpus.guards import guard_folders


def test_guard_sets_are_the_folders_below_guards(tmp_path: Path) -> None:
    for name in ("general", "accent", ".hidden", "__MACOSX"):
        (tmp_path / "guards" / name).mkdir(parents=True)
    (tmp_path / "guards" / "notes.txt").write_text("about")
    (tmp_path / "guards" / "link").symlink_to(tmp_path)

    assert list(guard_folders(tmp_path).items()) == [
        ("accent", tmp_path / "guards" / "accent"),
        ("general", tmp_path / "guards" / "general"),
    ]


def test_no_guards_is_fine(tmp_path: Path) -> None:
    assert guard_folders(tmp_path) == {}
