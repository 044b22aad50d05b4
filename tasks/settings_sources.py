"""Where settings come from: files, the environment and flags; each value with the place that gives it."""

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from asr.errors import SettingsError

Key = tuple[str, ...]
"""Name of a setting, with the table it is in: `("training", "epochs")`."""

RESERVED = frozenset({"WERGATE_TEST_MATERIAL", "WERGATE_TRACEBACK"})
"""Environment variables that are not settings: the folder of the test material, and tracebacks on the terminal."""

TABLES = frozenset({"azure", "columns", "life", "training"})
"""Settings that hold settings."""


@dataclass(frozen=True)
class Given:
    """One value that somebody gave to one setting."""

    key: Key
    value: object
    where: str
    """For people: `pyproject.toml:12`, `environment`, `command line`."""
    folder: Path
    """What a relative path is relative to."""
    source: Literal["file", "environment", "flag"]

    @property
    def from_text(self) -> bool:
        """Whether the value came as text, to be converted to the type of the setting."""
        return self.source != "file"

    def named(self, key: Key) -> str:
        """A setting as it is written in this source."""
        return {"file": ".".join(key), "environment": variable(key), "flag": flag(key)}[self.source]


def variable(key: Key) -> str:
    """The environment variable of a setting: `WERGATE_TRAINING_EPOCHS`."""
    return "_".join(("WERGATE", *key)).upper()


def flag(key: Key) -> str:
    """The flag of a setting: `--training-epochs`."""
    # `wergate evaluate --data DIR` names the folder to evaluate on
    return "--data-folder" if key == ("data",) else "--" + "-".join(key).replace("_", "-")


def nearest(key: Key, known: Iterable[Key]) -> Key:
    """The known setting whose name is most like `key`; the right name in the wrong table comes first."""
    names = {".".join(candidate): candidate for candidate in known}
    wanted = ".".join(key).lower().replace("-", "_")
    for candidate in names.values():
        if candidate[-1] == wanted.rpartition(".")[2]:
            return candidate
    leaves = {candidate[-1]: candidate for candidate in reversed(names.values())}
    return (names | leaves)[difflib.get_close_matches(wanted, [*names, *leaves], n=1, cutoff=0.0)[0]]


def from_pyproject(start: Path) -> tuple[Path, list[Given]]:
    """`[tool.wergate]` of the pyproject.toml in `start`, or in the nearest folder above that has the table.

    The first value is the folder of that file, or `start` when there is none.
    """
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if not path.is_file():
            continue
        place = path.relative_to(start) if path.is_relative_to(start) else path
        text = _read(path, place)
        if "wergate" not in text:  # somebody else's file, which need not even be valid
            continue
        table = _parse(place, text).get("tool", {})
        if isinstance(table, dict) and "wergate" in table:
            return folder, _from_table(place, text, table["wergate"], folder, ("tool", "wergate"))
    return start, []


def from_config(path: Path, start: Path) -> list[Given]:
    """The settings of a configuration file: top-level keys, or a table `wergate` or `tool.wergate`."""
    place, path = path, start / path.expanduser()
    if not path.is_file():
        raise SettingsError(f"{place}: no such configuration file; --config takes a .toml or .json file")
    text = _read(path, place)
    table = _parse(place, text)
    for prefix in (("tool", "wergate"), ("wergate",)):
        inner: object = table
        for name in prefix:
            inner = inner.get(name) if isinstance(inner, dict) else None
        if inner is not None:
            return _from_table(place, text, inner, start, prefix)
    return _from_table(place, text, table, start, ())


def from_environment(environ: Mapping[str, str], known: Iterable[Key], start: Path) -> list[Given]:
    """The `WERGATE_*` variables; an empty one counts as not set, which is how CI systems pass what is not there."""
    keys = {variable(key): key for key in known}
    return [
        Given(keys.get(name, (name.removeprefix("WERGATE_").lower(),)), value, "environment", start, "environment")
        for name, value in sorted(environ.items())
        if name.startswith("WERGATE_") and name not in RESERVED and value
    ]


def from_flags(flags: Mapping[str, str], start: Path) -> list[Given]:
    """The values of flags, by the setting's name with dots."""
    keys = {tuple(name.split(".")): value for name, value in flags.items()}
    return [Given(key, value, "command line", start, "flag") for key, value in keys.items()]


def _read(path: Path, place: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{place}: not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise SettingsError(
            f"{place}: cannot be read ({error.strerror}); check the file and its permissions"
        ) from error


def _parse(path: Path, text: str) -> dict[str, object]:
    table: object
    try:
        table = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except json.JSONDecodeError as error:
        raise SettingsError(f"{path}:{error.lineno}: not valid JSON ({error.msg}); mend that line") from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r" \(at line (\d+), column \d+\)$", str(error))
        where, message = (f":{line[1]}", str(error)[: line.start()]) if line else ("", str(error))
        raise SettingsError(f"{path}{where}: not valid TOML ({message}); mend that line") from error
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: holds no table of settings; write {{...}} with a key for each setting")
    return table


def _from_table(path: Path, text: str, table: object, folder: Path, prefix: Key) -> list[Given]:
    if not isinstance(table, dict):
        raise SettingsError(f"{path}{_line(path, text, prefix)}: {'.'.join(prefix)} must be a table of settings")
    return [
        Given(key, value, f"{path}{_line(path, text, (*prefix, *key))}", folder, "file")
        for key, value in _leaves(table)
    ]


def _leaves(table: Mapping[str, object]) -> Iterator[tuple[Key, object]]:
    for name, value in table.items():
        if name in TABLES and isinstance(value, dict):
            yield from (((name, *key), inner) for key, inner in _leaves(value))
        else:
            yield (name,), value


def _line(path: Path, text: str, key: Key) -> str:
    """`:12` for the line that gives `key`, or the innermost table around it that is found, or nothing."""
    find = _json_line if path.suffix == ".json" else _toml_line
    found = (find(text.splitlines(), key[:length]) for length in range(len(key), 0, -1))
    return next((f":{line}" for line in found if line), "")


def _toml_line(lines: list[str], key: Key) -> int | None:
    table: Key = ()
    for number, line in enumerate(lines, 1):
        if header := re.match(r"\s*\[+\s*([^\[\]]+?)\s*\]+", line):
            table = _dotted(header[1])
            found = table
        elif name := re.match(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""", line):
            found = (*table, *_dotted(name[1]))
        else:
            continue
        if found == key:
            return number
    return None


def _dotted(name: str) -> Key:
    return tuple(part.strip().strip("\"'") for part in name.split("."))


def _json_line(lines: list[str], key: Key) -> int | None:
    """The line of the last name of `key`, looking for its tables one after the other."""
    number = 0
    for name in key:
        quoted = re.compile(re.escape(json.dumps(name)) + r"\s*:")
        later = (n for n in range(max(number, 1), len(lines) + 1) if quoted.search(lines[n - 1]))
        found = next(later, None)
        if found is None:
            return None
        number = found
    return number
