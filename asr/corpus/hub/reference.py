"""A Hub data set as a corpus names it: a small file `x.hub.toml` with the data set, one of its commits, its columns."""

import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from asr.corpus.readers.text_file import read_text
from asr.corpus.rules import Problem, problem

REFERENCE_SUFFIX = ".hub.toml"
LARGEST_REFERENCE = 1 << 16
"""Bytes of a reference file, which needs some hundred."""

_NAME = "[A-Za-z0-9_][A-Za-z0-9_.-]*"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SCRIPTED = (
    "Wergate runs no code of a data set: name one that holds its data as Parquet, or convert it "
    "(https://huggingface.co/docs/datasets/upload_dataset)"
)


class HubColumns(BaseModel):
    """How the columns of a Hub data set are called; what is not named is looked for by its usual names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    audio: str = Field("", description="Column with the audio: `audio`.")
    text: str = Field("", description="Column with the transcript: `transcription`, `text` or `sentence`.")
    speaker: str = Field("", description="Column with who speaks: `speaker`.")
    language: str = Field("", description="Column with the language: `language`.")
    source: str = Field("", description="Column with the recording that the audio was cut from: `source`.")
    slice: str = Field("", description="Column with the subset that it is reported under: `slice`.")


class HubDataset(BaseModel):
    """One split of a data set at one commit, so that what was measured can be measured again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str = Field(pattern=f"^{_NAME}/{_NAME}$", description="Its name on the Hub: `owner/name`.")
    config: str = Field("", description="Its configuration, often a language; needed when it has more than one.")
    split: str = Field("train", pattern=f"^{_NAME}$", description="Which of its splits.")
    revision: str = Field("", description="A full commit, 40 hexadecimal digits.")
    stream: bool = Field(False, description="Train while it is read, for data that is larger than the disk.")
    limit: int | None = Field(None, ge=1, description="At most this many utterances, the first ones.")
    columns: HubColumns = HubColumns()

    @property
    def fingerprint(self) -> str:
        """sha256 over everything that decides which utterances it has, in hexadecimal."""
        content = self.model_dump(exclude={"stream"})
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @property
    def shown(self) -> str:
        """The data set in messages."""
        return f"{self.dataset}, {self.config}" if self.config else self.dataset


def is_reference(name: str) -> bool:
    """Whether a file names a Hub data set, by its own name."""
    return name.lower().endswith(REFERENCE_SUFFIX)


def read_reference(path: Path, shown: Path) -> HubDataset | list[Problem]:
    """The data set that a reference file names, or everything that is wrong with the file; `shown` is its name.

    The Hub is asked only when no commit is given, for the one to write down.
    """
    text = read_text(path, shown, LARGEST_REFERENCE)
    if isinstance(text, Problem):
        return [text]
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).rpartition(" (at ")
        at = re.match(r"line (\d+)", place)
        line = int(at[1]) if at else len(text.splitlines())
        return [problem("bad_reference", shown, line, f"not valid TOML ({message})")]
    try:
        reference = HubDataset.model_validate(table)
    except ValidationError as error:
        return list(_mistakes(error, text, shown))
    if not _COMMIT.fullmatch(reference.revision):
        return [_unpinned(reference, shown, _line(text, ("revision",)))]
    return reference


def _mistakes(error: ValidationError, text: str, shown: Path) -> Iterator[Problem]:
    for one in error.errors(include_url=False):
        key = tuple(str(part) for part in one["loc"])
        detail, mend = _mistake(key, one)
        yield problem("bad_reference", shown, _line(text, key), detail, mend=mend)


def _mistake(key: tuple[str, ...], error: ErrorDetails) -> tuple[str, str]:
    name = ".".join(key)
    if key[-1] == "trust_remote_code":
        return "`trust_remote_code`", _SCRIPTED
    match error["type"]:
        case "extra_forbidden":
            known = HubColumns.model_fields if len(key) > 1 else HubDataset.model_fields
            nearest = difflib.get_close_matches(key[-1].lower(), known, n=1, cutoff=0.0)[0]
            return f"there is no `{name}`", f"did you mean `{'.'.join((*key[:-1], nearest))}`?"
        case "missing":
            return f"no `{name}`", f'write {name} = "owner/name"'
        case "string_pattern_mismatch" if name == "dataset":
            return f"`dataset` is “{error['input']}”", 'write it as on the Hub: "owner/name"'
        case "string_pattern_mismatch":
            return f"`{name}` is “{error['input']}”", "name one split, such as train; `limit` takes a part of it"
        case _:
            return f"`{name}`: {error['msg'][0].lower()}{error['msg'][1:]}", "correct the value"


def _unpinned(reference: HubDataset, shown: Path, line: int | None) -> Problem:
    from asr.corpus.hub.examples import current_commit

    commit = current_commit(reference.dataset, reference.revision)
    given = f"“{reference.revision}” is no full commit" if reference.revision else "no `revision`"
    where = f"https://huggingface.co/datasets/{reference.dataset}/commits/main"
    mend = f'pin it: revision = "{commit}"' if commit else f"copy the full commit from {where}"
    return problem("bad_reference", shown, line, given, mend=mend)


def _line(text: str, key: tuple[str, ...]) -> int | None:
    """The line that gives a key, or the table that it is in."""
    table = ""
    found = None
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([\w-]+)\s*\]", line):
            table = header[1]
            found = number if key[:-1] == (table,) else found
        elif name := re.match(r"\s*([\w.-]+)\s*=", line):
            dotted = f"{table}.{name[1]}" if table else name[1]
            if dotted == ".".join(key):
                return number
    return found
