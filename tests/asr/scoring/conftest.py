"""Texts at random, the published outputs of real recognizers, and a report, for every test of scoring."""

import csv
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from asr.corpus.utterance import Corpus, Utterance, write_manifest
from asr.scoring.checks import Limits
from asr.scoring.comparison import Comparison, compare
from asr.scoring.error_rates import score
from asr.scoring.evaluation import Evaluation, summarize
from asr.scoring.gate import judge
from asr.scoring.hypothesis import read_table, write_table
from asr.scoring.report import Link, Report
from asr.text.normalizers import normalizer


@pytest.fixture
def noisy_pairs() -> list[tuple[str, str]]:
    """References and hypotheses with every kind of error, some of them empty."""
    choice = random.Random(11)
    words = "a b the noor mosque al souk turn left right café हिन्दी".split()
    pairs = []
    for _ in range(300):
        reference = choice.choices(words, k=choice.randrange(0, 12))
        heard = [word for word in reference if choice.random() > 0.15]
        heard = [choice.choice(words) if choice.random() < 0.2 else word for word in heard]
        for _ in range(choice.randrange(0, 3)):
            heard.insert(choice.randint(0, len(heard)), choice.choice(words))
        pairs.append((" ".join(reference), " ".join(heard)))
    return pairs


@pytest.fixture(scope="session")
def published() -> tuple[list[Utterance], dict[str, dict[str, str]]]:
    """LibriSpeech test-clean without its audio, and what seven published systems heard in it."""
    material = Path(os.environ.get("WERGATE_TEST_MATERIAL", Path(__file__).parents[4] / "shared"))
    path = material / "speech/librispeech_hypotheses/librispeech_test-clean.tsv"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    utterances = [
        Utterance(row["utt_id"], path, row["ref"], 5.0, row["utt_id"], speaker=row["utt_id"].split("-")[0])
        for row in rows
    ]
    systems = [column for column in rows[0] if column not in ("utt_id", "ref")]
    return utterances, {system: {row["utt_id"]: row[system] or "" for row in rows} for system in systems}


@pytest.fixture
def hostile() -> str:
    """What anybody may write in a transcript, a file name or a column."""
    return '<script>alert("x")</script> | `a` **b** {{ 7 * 7 }}'


class Page(HTMLParser):
    """Collects what a browser would act on, and refuses tags that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.open: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "input", "br", "link", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def named(self, name: str) -> list[dict[str, str | None]]:
        """The attributes of all tags of one name."""
        return [attributes for tag, attributes in self.tags if tag == name]

    def of_class(self, name: str) -> list[tuple[str, dict[str, str | None]]]:
        """All tags of a class."""
        return [one for one in self.tags if name in (one[1].get("class") or "").split()]


@pytest.fixture
def parsed() -> Callable[[str], Page]:
    """Reads a page as a browser does."""
    return Page


@pytest.fixture
def testing(tmp_path: Path, hostile: str) -> Corpus:
    """Four utterances, one of them hostile."""
    audio = tmp_path / "a.wav"
    audio.write_bytes(b"RIFF" + bytes(100))
    texts = [hostile, "turn left at Noor mosque", "يمين", "well done"]
    utterances = [Utterance(f"clips/{n}_{n}.wav", audio, text, 2.0, "h", speaker="s") for n, text in enumerate(texts)]
    write_manifest(utterances, tmp_path / "manifest.jsonl")
    return Corpus(
        name="testing",
        folder=tmp_path,
        manifest=tmp_path / "manifest.jsonl",
        fingerprint="abc123",
        utterances=4,
        words=12,
        seconds=8.0,
        speakers=1,
    )


@pytest.fixture
def evaluated() -> Callable[..., Evaluation]:
    """Scores what a model heard in each utterance of a corpus."""

    def evaluate(corpus: Corpus, model: str, *heard: str) -> Evaluation:
        utterances = corpus.read()
        texts = {utterance.id: text for utterance, text in zip(utterances, heard, strict=True)}
        rows = score(utterances, texts, "none")
        table = corpus.folder / f"{model}.jsonl"
        write_table(rows, table)
        return summarize(
            rows,
            model=model,
            model_fingerprint=f"fingerprint-of-{model}",
            corpus=corpus.name,
            corpus_fingerprint=corpus.fingerprint,
            normalizer="none",
            recognition="recognition@2",
            decoding="greedily",
            seconds_of_compute=0.1,
            table=table,
        )

    return evaluate


@pytest.fixture
def report(testing: Corpus, evaluated: Callable[..., Evaluation], hostile: str) -> Report:
    """A run whose candidate is better on the test and worse on a guard set."""
    baseline = evaluated(testing, "old_model", "alert", "turn at nur mosque", "يسار", "well done")
    candidate = evaluated(
        testing, "new_model", hostile + " <img src=x onerror=y>", "turn left at Noor mosque", "يمين", "well"
    )
    guard = baseline.model_copy(update={"corpus": "guards/general"}), candidate.model_copy(update={"wer": 0.9})

    def compared(one: Evaluation, other: Evaluation) -> Comparison:
        return compare(read_table(one.table), read_table(other.table), normalizer("none"))

    verdict = judge(baseline, candidate, [guard], compared, Limits(min_words=1))
    return Report(
        outcome="rejected",
        sentence=verdict.sentence,
        baseline=baseline,
        candidate=candidate,
        guards=(guard,),
        verdict=verdict,
        comparison=verdict.comparison,
        corpora=(testing,),
        links=(
            Link(name="MLflow run", target="http://127.0.0.1:5000/#/experiments/1"),
            Link(name="Release", target="data/releases/v_4"),
            Link(name="Bad", target="javascript:alert(1)"),
        ),
        warnings=("3 utterances of <b> are short",),
        written=datetime(2026, 5, 11, 14, 2, tzinfo=UTC),
    )
