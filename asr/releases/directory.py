"""Release to a directory: a folder for each version and a pointer `current` that moves in one step."""

import json
import os
import shutil
from pathlib import Path

from asr.errors import UserError

CURRENT = "current"


def stage(model: Path, releases: Path, name: str, facts: dict[str, object], card: str = "") -> Path:
    """Copy a model to `releases/name` with what is known of it in `release.json`; not live before `switch`.

    With `card` that is its README.md, instead of one that speaks of what the model was made from.

    A release that stands there already is kept: its name holds the fingerprint of its content.
    """
    folder = releases / name
    if not folder.is_dir():
        aside = releases / f".{name}.part"
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(model, aside)
        for file in aside.rglob("*.safetensors"):
            file.chmod(0o644)  # weights are born readable for their maker alone; who serves them is somebody else
        (aside / "release.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
        if card:
            (aside / "README.md").write_text(card, encoding="utf-8")
        aside.rename(folder)
    return folder


def switch(releases: Path, name: str) -> None:
    """Point `current` at a release; whoever reads it sees the old one or the new one, never neither.

    Raises:
        FileNotFoundError: nothing was staged under that name.
        UserError: something else stands in the place of the pointer.
    """
    if not (releases / name).is_dir():
        raise FileNotFoundError(f"{releases / name}: no such release")
    refuse_folder(releases)
    aside = releases / f".{CURRENT}.{os.getpid()}"
    aside.unlink(missing_ok=True)
    aside.symlink_to(name, target_is_directory=True)
    aside.replace(releases / CURRENT)


def refuse_folder(releases: Path) -> None:
    """Refuse to release where something else stands in the place of the pointer.

    Raises:
        UserError: it is a folder or a file, which no rename replaces.
    """
    pointer = releases / CURRENT
    if pointer.exists() and not pointer.is_symlink():
        raise UserError(
            f"{pointer}: a folder or file stands where the link to the live release has to be; move it away"
        )


def current(releases: Path) -> Path | None:
    """The folder that is live, or `None` before the first release."""
    pointer = releases / CURRENT
    return pointer.resolve() if pointer.is_dir() else None
