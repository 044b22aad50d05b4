"""Guard sets: test sets beside the main one that must not get worse."""

from pathlib import Path

GUARDS = "guards"
"""The folder below a testing folder that holds them, one folder each."""


def guard_folders(testing_folder: Path) -> dict[str, Path]:
    """The guard sets of a testing folder, `testing_data/guards/<name>/`, by their names; empty when there are none."""
    guards = testing_folder / GUARDS
    if not guards.is_dir():
        return {}
    folders = (one for one in sorted(guards.iterdir()) if one.is_dir() and not one.is_symlink())
    return {folder.name: folder for folder in folders if not folder.name.startswith((".", "__"))}
