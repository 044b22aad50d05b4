"""From a folder to a corpus: read, inspect, check, and write the manifest, or say everything that is wrong.

Everything is done row by row, so that memory does not grow with the corpus.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from asr.corpus.checks import Checks
from asr.corpus.columns import DEFAULT_COLUMNS, Columns
from asr.corpus.domain_text import DomainText
from asr.corpus.file_cache import FileCache
from asr.corpus.fingerprint import Fingerprint, first_of_each, make_utterance, other_corpora
from asr.corpus.hub.reference import HubDataset
from asr.corpus.inspection import Inspection, hash_rows, inspect_rows
from asr.corpus.life_fields import DEFAULT_LIFE_FIELDS, LifeFields
from asr.corpus.limits import DEFAULT_LIMITS, Limits
from asr.corpus.pronunciation_checks import Pronunciations
from asr.corpus.readers.archive import is_archive
from asr.corpus.readers.folder import Reading, read_folder
from asr.corpus.readers.hub import find_streams
from asr.corpus.readers.row import Row
from asr.corpus.rules import Problem, Problems, Purpose, format_problems, problem
from asr.corpus.sorted_rows import SortedRows
from asr.corpus.split import belongs
from asr.corpus.text_files import Gathered, gather_text, refuse_text
from asr.corpus.utterance import Corpus, Utterance, manifest_line
from asr.errors import DataError, UserError

__all__ = ["CorpusReport", "format_problems", "load_corpus"]


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """What was found in a folder: its utterances, and every problem."""

    draft: Corpus
    """What could be read and heard, be there errors or not."""
    unused: Path
    """Manifest of the audio without a transcript, which is only hashed."""
    problems: tuple[Problem, ...]

    @property
    def corpus(self) -> Corpus | None:
        """The corpus, or none when there are errors."""
        return None if self.errors else self.draft

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop a run."""
        return tuple(one for one in self.problems if one.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that a run goes on with."""
        return tuple(one for one in self.problems if one.severity == "warning")


def load_corpus(
    folder: Path,
    name: str,
    *,
    work: Path,
    purpose: Purpose,
    columns: Columns = DEFAULT_COLUMNS,
    life: LifeFields = DEFAULT_LIFE_FIELDS,
    limits: Limits = DEFAULT_LIMITS,
    with_text: bool = True,
) -> CorpusReport:
    """Validate the utterances of a folder or an archive, in any mix of layouts, and write their manifest to `work`.

    The manifest is `work/<first 16 digits of the fingerprint>.jsonl`; what is known of the audio is kept beside it, so
    that audio which was decoded once is not decoded again, and so is what archives hold. Text without recordings is
    read from training data, unless `with_text` says that nothing learns from it.

    Raises:
        DataError: there is no such folder, neither audio nor text in it, or no transcript for any of it.
        UserError: `work` or the place for temporary files cannot be written.
    """
    if not folder.is_dir() and not (folder.is_file() and is_archive(folder.name)):
        raise DataError(
            f"{folder}: there is no such folder or zip file; create it with audio and transcripts, or name another one"
        )
    if (shown := str(folder.absolute()).encode(errors="backslashreplace").decode()) != str(folder.absolute()):
        raise DataError(f"{shown}: the name of this folder is not UTF-8; rename it")
    try:
        with (
            read_folder(
                folder, unpacked=work / "unpacked", columns=columns, life=life, skip=other_corpora(purpose)
            ) as reading,
            FileCache(work) as cache,
        ):
            streams = tuple(find_streams(folder))
            gathered = _gather(reading, purpose == "training" and with_text, limits, work)
            has_text = bool(gathered.text and gathered.text.lines)
            if not (reading.rows or reading.problems.errors or streams or has_text):
                raise DataError(_nothing_to_use(folder, reading.problems, gathered.text))
            if purpose == "testing":
                reading.problems.add(_not_streamed(folder, one) for one in streams)
            checked = _checked(reading, cache, Checks(purpose, limits), folder, purpose)
            draft = _write_corpus(folder, name, _heard(checked, gathered), streams, gathered.text, work.resolve())
            if not streams:  # nobody knows here what is said in them
                reading.problems.add(gathered.pronunciations.unused())
            if not (draft.utterances or streams or has_text or reading.problems.errors):
                raise DataError(f"{folder}: every utterance belongs to another split; see its column `split`")
            unused, _ = _write_manifest(_hashed(reading.orphans, cache), work.resolve(), ".unused.jsonl")
            return CorpusReport(draft, unused, tuple(reading.problems))
    except sqlite3.OperationalError as error:
        raise UserError(f"temporary files cannot be written ({error}); make room, or set SQLITE_TMPDIR") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UserError(f"{work}: cannot be written ({reason}); make room or choose another folder") from error


def _gather(reading: Reading, learns: bool, limits: Limits, work: Path) -> Gathered:
    """The text of a folder, unless nothing learns from it."""
    if learns:
        return gather_text(reading.listing, limits, work.resolve(), reading.problems)
    reading.problems.add(refuse_text(reading.listing))
    return Gathered(None, Pronunciations(limits))


def _heard(utterances: Iterator[Utterance], gathered: Gathered) -> Iterator[Utterance]:
    for one in utterances:
        gathered.pronunciations.hear(one.text)
        yield one


def _checked(reading: Reading, cache: FileCache, checks: Checks, folder: Path, purpose: Purpose) -> Iterator[Utterance]:
    """The utterances of a reading, while what is wrong with them is added to its problems."""

    def look() -> Iterator[tuple[Row, Inspection]]:
        for row, inspection in inspect_rows(reading.rows, cache):
            if not belongs(row.split, purpose):
                reading.problems.add([problem("other_split", row.file, row.line, f"“{row.split}”, {row.id}")])
                continue
            reading.problems.add(checks.of(row, inspection))
            yield row, inspection

    with checks:
        for row, inspection in first_of_each(look()):
            if measured := inspection.measurement:
                # The manifest is also read from other working directories.
                audio = row.audio.absolute()
                sound, marked = measured.samples_sha256, measured.synthetic
                yield make_utterance(row, audio, inspection.sha256, measured.seconds, sound, synthetic=marked)
        reading.problems.add(checks.of_all(folder))


def _hashed(orphans: SortedRows, cache: FileCache) -> Iterator[Utterance]:
    for row, sha256 in hash_rows(orphans, cache):
        yield make_utterance(row, row.audio.absolute(), sha256, 0.0)


@dataclass
class _Tally:
    """What is counted while utterances pass by."""

    utterances: int = 0
    words: int = 0
    seconds: float = 0.0
    speakers: set[str] = field(default_factory=set)

    def of(self, utterances: Iterable[Utterance]) -> Iterator[Utterance]:
        for one in utterances:
            self.utterances += 1
            self.words += len(one.text.split())
            self.seconds += one.duration
            self.speakers.add(one.speaker)
            yield one


def _not_streamed(folder: Path, reference: HubDataset) -> Problem:
    detail = f"{reference.shown} is streamed, but models are judged by whole sets"
    return problem("bad_reference", folder, detail=detail, mend="write `stream = false`, with a `limit` if it is large")


def _write_corpus(
    folder: Path,
    name: str,
    utterances: Iterable[Utterance],
    streams: tuple[HubDataset, ...],
    text: DomainText | None,
    work: Path,
) -> Corpus:
    tally = _Tally()
    manifest, content = _write_manifest(tally.of(utterances), work, ".jsonl", streams, text)
    return Corpus(
        name=name,
        folder=folder.resolve(),
        manifest=manifest,
        fingerprint=content,
        utterances=tally.utterances,
        words=tally.words,
        seconds=tally.seconds,
        speakers=len(tally.speakers - {""}),
        streams=streams,
        text=text,
    )


def _write_manifest(
    utterances: Iterable[Utterance],
    work: Path,
    ending: str,
    streams: tuple[HubDataset, ...] = (),
    text: DomainText | None = None,
) -> tuple[Path, str]:
    """Write a manifest called after its fingerprint, and return both; aside first, as another run may do so too."""
    aside = work / f"{uuid4().hex}.part"
    digest = Fingerprint()
    try:
        with aside.open("w", encoding="utf-8") as lines:
            for one in utterances:
                lines.write(manifest_line(one))
                digest.add(one)
        for stream in streams:
            digest.add_stream(stream)
        digest.add_text(text)
        manifest = work / f"{digest.hexdigest()[:16]}{ending}"
        aside.replace(manifest)
    finally:
        aside.unlink(missing_ok=True)
    return manifest, digest.hexdigest()


def _nothing_to_use(folder: Path, problems: Problems, text: DomainText | None) -> str:
    if text and text.left_out:
        first = next(one for one in problems if one.rule in text.left_out)
        return f"{folder}: no audio, and no line of text that can be used; the first is {format_problems([first])}"
    audio = sum(one.count for one in problems if one.rule == "orphan_audio")
    if audio:
        return f"{folder}: {audio:,} audio files but no transcript; write x.txt beside each x.wav, or a metadata.csv"
    return f"{folder}: no audio here; add .wav files, each with its transcript in a .txt file of the same name"
