"""Microsoft's sample data: read, written and uploaded as ours is, taken or refused as the rules of the service say."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.azure.azure_error import AzureError
from asr.azure.base_models import choose_base, supported
from asr.azure.datasets import ensure_dataset
from asr.azure.entities import Dataset
from asr.azure.marks import Maker
from asr.azure.parts import DataFile, Parts, kinds_of, write_parts
from asr.corpus.azure_checks import azure_limits
from asr.corpus.rules import Purpose
from asr.corpus.utterance import Corpus
from asr.corpus.validate import format_problems, load_corpus
from asr.errors import DataError

ALL: frozenset[Any] = frozenset({"Acoustic", "Language", "LanguageMarkdown", "Pronunciation"})


@pytest.fixture
def samples(material: Path) -> Path:
    folder = material / "azure" / "samples"
    if not folder.is_dir():
        pytest.skip(f"nothing at {folder}")
    return folder


@pytest.fixture
def read(samples: Path, tmp_path: Path) -> Callable[..., Corpus]:
    """A corpus of sample files, under the names that Wergate wants."""

    def read_corpus(locale: str, purpose: Purpose, *files: str) -> Corpus:
        folder = tmp_path / "data" / purpose
        folder.mkdir(parents=True)
        for file in files:
            name = {"related-text.txt": "plain_text.txt", "plain-text.txt": "plain_text.txt"}.get(Path(file).name)
            (folder / (name or Path(file).name.replace("-", "_"))).write_bytes((samples / file).read_bytes())
        limits = azure_limits(locale, "basic", 0.0)
        report = load_corpus(folder, purpose, work=tmp_path / "work", purpose=purpose, limits=limits)
        assert report.corpus, format_problems(report.errors)
        return report.corpus

    return read_corpus


@pytest.fixture
def upload(azure: Any, maker: Maker, tmp_path: Path) -> Callable[..., dict[str, Dataset]]:
    """The datasets of a corpus by their kinds; no line may be left out."""

    def call(corpus: Corpus, locale: str, kinds: frozenset[Any] = ALL) -> tuple[Parts, dict[str, Dataset]]:
        purpose: Purpose = "training" if corpus.name == "training" else "testing"
        parts = write_parts(corpus, tmp_path / "parts" / corpus.name, locale, purpose, kinds)
        return parts, {
            part.kind: ensure_dataset(
                azure.service, maker, purpose, part, lambda part=part: parts.path(part), patience=20, max_rejected=0.0
            )
            for part in parts.parts
        }

    return call


@pytest.fixture
def as_it_is(azure: Any, maker: Maker, samples: Path) -> Callable[[str, Any, str], Dataset]:
    """A sample file as a dataset, to the byte."""

    def call(file: str, kind: Any, locale: str) -> Dataset:
        content = (samples / file).read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        part = DataFile(kind=kind, file=Path(file).name, sha256=sha256, size=len(content), locale=locale)
        return ensure_dataset(
            azure.service, maker, "sample", part, lambda: samples / file, patience=20, max_rejected=0.0
        )

    return call


def accepted(datasets: dict[str, Dataset]) -> dict[str, int | None]:
    return {kind: one.properties.accepted_line_count for kind, one in datasets.items() if one.properties}


def test_english_training(read: Any, upload: Any) -> None:
    folder = "en-US/general/training/"
    names = ("audio-and-trans.zip", "related-text.txt", "pronunciation.txt")
    corpus = read("en-US", "training", *(folder + name for name in names))
    parts, datasets = upload(corpus, "en-US")
    assert (parts.too_long, corpus.text.lines > 20) == (0, True)
    assert accepted(datasets) == {"Acoustic": 2, "Language": corpus.text.lines, "Pronunciation": 3}


def test_english_structured_text(read: Any, upload: Any) -> None:
    corpus = read("en-US", "training", "en-US/general/training/structured-text.md")
    parts, datasets = upload(corpus, "en-US")
    assert ([part.kind for part in parts.parts], accepted(datasets)) == (["LanguageMarkdown"], {"LanguageMarkdown": 8})


def test_english_testing(read: Any, upload: Any) -> None:
    """42 seconds: too long to train on, and not to test on."""
    parts, datasets = upload(read("en-US", "testing", "en-US/general/testing/audio-and-trans.zip"), "en-US")
    assert (accepted(datasets), parts.too_long) == ({"Acoustic": 1}, 0)
    assert datasets["Acoustic"].properties.duration_milliseconds == pytest.approx(42_000, abs=100)


def test_english_biology(read: Any, upload: Any) -> None:
    files = ("en-US/biology/training/plain-text.txt", "en-US/biology/training/pronunciation.txt")
    corpus = read("en-US", "training", *files)
    _, datasets = upload(corpus, "en-US")
    assert accepted(datasets) == {"Language": corpus.text.lines, "Pronunciation": len(corpus.text.pronunciations)}
    assert corpus.text.lines > 50 and len(corpus.text.pronunciations) == 6


@pytest.mark.parametrize(("locale", "first"), [("es-ES", "El contenido, como"), ("pt-BR", "Conteúdo como dados")])
def test_training_with_a_recording_that_is_too_long(read: Any, upload: Any, locale: str, first: str) -> None:
    corpus = read(locale, "training", f"{locale}/training/audio-and-trans.zip", f"{locale}/training/related-text.txt")
    parts, datasets = upload(corpus, locale)
    assert (corpus.utterances, parts.too_long) == (2, 1)
    assert accepted(datasets) == {"Acoustic": 1, "Language": corpus.text.lines + 1}
    assert list(parts.names()) and all(name.endswith("audio2.wav") for name in parts.names())
    [text] = [part for part in parts.parts if part.kind == "Language"]
    assert parts.path(text).read_text(encoding="utf-8-sig").splitlines()[-1].startswith(first), "its text is kept"


@pytest.mark.parametrize("locale", ["es-ES", "pt-BR"])
def test_testing_is_accepted_with_the_mark_that_the_sample_lacks(
    read: Any, upload: Any, as_it_is: Any, locale: str
) -> None:
    file = f"{locale}/testing/audio-and-trans.zip"
    _, datasets = upload(read(locale, "testing", file), locale)
    assert accepted(datasets) == {"Acoustic": 1}
    with pytest.raises(AzureError, match=r"could not import it .NoUtf8WithBom: .*must be encoded as UTF-8 with a byte"):
        as_it_is(file, "Acoustic", locale)


@pytest.mark.parametrize(
    ("file", "kind", "lines"),
    [
        ("en-US/general/training/audio-and-trans.zip", "Acoustic", 2),
        ("en-US/general/testing/audio-and-trans.zip", "Acoustic", 1),
        ("en-US/general/testing/audio.zip", "AudioFiles", 2),
        ("en-US/general/training/structured-text.md", "LanguageMarkdown", 8),
        ("es-ES/training/audio-and-trans.zip", "Acoustic", 2),
        ("pt-BR/training/audio-and-trans.zip", "Acoustic", 2),
    ],
    ids=["en-training", "en-testing", "en-audio", "en-structured", "es-training", "pt-training"],
)
def test_files_of_the_samples_as_they_are(as_it_is: Any, file: str, kind: str, lines: int) -> None:
    dataset = as_it_is(file, kind, file.partition("/")[0])
    assert dataset.properties.accepted_line_count == lines


def test_a_locale_that_learns_no_sounds(read: Any, upload: Any, azure: Any, as_it_is: Any) -> None:
    """Afrikaans learns from text alone: the audio is refused, or its transcripts are text."""
    file = "es-ES/training/audio-and-trans.zip"
    corpus = read("af-ZA", "training", file)
    kinds = kinds_of(corpus)
    with pytest.raises(DataError, match="af-ZA does not learn from audio with transcripts; remove them, or set azure"):
        choose_base(azure.service, "af-ZA", kinds)
    base = choose_base(azure.service, "af-ZA", kinds, unsupported="drop")
    parts, datasets = upload(corpus, "af-ZA", supported(base, kinds | {"Language"}))
    assert (accepted(datasets), parts.seconds) == ({"Language": 2}, 0.0)
    with pytest.raises(AzureError, match=r"af-ZA takes no data of the kind Acoustic.*InvalidLocale"):
        as_it_is(file, "Acoustic", "af-ZA")
