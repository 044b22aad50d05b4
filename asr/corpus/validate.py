"""From a folder to a corpus: read, inspect, check, and write the manifest, or say everything that is wrong."""

from dataclasses import dataclass
from pathlib import Path

from asr.corpus.checks import check
from asr.corpus.file_cache import FileCache
from asr.corpus.fingerprint import fingerprint, first_rows, make_utterance, other_corpora
from asr.corpus.inspection import inspect_files
from asr.corpus.readers.folder import read_folder
from asr.corpus.readers.row import DEFAULT_COLUMNS, Columns
from asr.corpus.rules import Problem, Purpose, format_problems
from asr.corpus.utterance import Corpus, Utterance, write_manifest
from asr.errors import DataError, UserError

__all__ = ["CorpusReport", "format_problems", "load_corpus"]


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """The corpus of a folder, or none when there are errors, and every problem that was found."""

    corpus: Corpus | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop a run."""
        return tuple(one for one in self.problems if one.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that a run goes on with."""
        return tuple(one for one in self.problems if one.severity == "warning")


def load_corpus(
    folder: Path, name: str, *, work: Path, purpose: Purpose, columns: Columns = DEFAULT_COLUMNS
) -> CorpusReport:
    """Validate the utterances of a folder in any mix of layouts and write their manifest below `work`.

    The manifest is `work/<first 16 digits of the fingerprint>.jsonl`; what is known of the audio is kept beside it, so
    that audio which was decoded once is not decoded again.

    Raises:
        DataError: there is no such folder, no audio in it, or no transcript for any of it.
        UserError: `work` cannot be written.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder; create it with audio and transcripts, or name another one")
    rows, problems = read_folder(folder, columns=columns, skip=other_corpora(purpose))
    if not rows and not any(one.severity == "error" for one in problems):
        raise DataError(_nothing_to_use(folder, problems))
    try:
        with FileCache(work) as cache:
            inspections = inspect_files(dict.fromkeys(row.audio for row in rows), cache)
        problems += check(rows, inspections, purpose)
        if any(one.severity == "error" for one in problems):
            return CorpusReport(None, tuple(problems))
        root = folder.resolve()  # the manifest is also read from other working directories
        utterances: list[Utterance] = []
        for row in first_rows(rows):
            inspection = inspections[row.audio]
            if measured := inspection.measurement:  # always: without one there is an error
                audio = root / row.audio.relative_to(folder)
                utterances.append(
                    make_utterance(row, audio, inspection.sha256, measured.seconds, measured.samples_sha256)
                )
        return CorpusReport(_write_corpus(root, name, utterances, work), tuple(problems))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UserError(f"{work}: cannot be written ({reason}); make room or choose another folder") from error


def _write_corpus(folder: Path, name: str, utterances: list[Utterance], work: Path) -> Corpus:
    content = fingerprint(utterances)
    manifest = work.resolve() / f"{content[:16]}.jsonl"
    write_manifest(utterances, manifest)
    return Corpus(
        name=name,
        folder=folder,
        manifest=manifest,
        fingerprint=content,
        utterances=len(utterances),
        words=sum(len(one.text.split()) for one in utterances),
        seconds=sum(one.duration for one in utterances),
        speakers=len({one.speaker for one in utterances if one.speaker}),
    )


def _nothing_to_use(folder: Path, problems: list[Problem]) -> str:
    audio = sum(one.rule == "orphan_audio" for one in problems)
    if audio:
        return f"{folder}: {audio:,} audio files but no transcript; write x.txt beside each x.wav, or a metadata.csv"
    return f"{folder}: no audio here; add .wav files, each with its transcript in a .txt file of the same name"
