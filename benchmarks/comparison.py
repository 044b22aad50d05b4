"""How fast are two models compared: the paired bootstrap, the alignment of words beside jiwer's, and the whole page."""

import csv
import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from asr.corpus.utterance import Utterance
from asr.scoring.alignment import align
from asr.scoring.comparison import compare
from asr.scoring.difference import difference
from asr.scoring.error_rates import score
from asr.scoring.evaluation import Evaluation, summarize
from asr.scoring.hypothesis import Hypothesis, read_table, write_table
from asr.scoring.report import Report, write_report
from asr.text.normalizers import normalizer
from benchmarks.result import Result
from benchmarks.timing import take_turns

UTTERANCES = 2_939
"""As many as LibriSpeech test-other has."""
SECONDS = 1.0
PAGE_UTTERANCES = 5_000
PAGE_SECONDS = 10.0
_PUBLISHED = "speech/librispeech_hypotheses/librispeech_test-clean.tsv"
_SYSTEMS = ("b1.rnnt_baseline", "s3.s2+db-rnnt.biasing_100")
_WORDS = 20  # an utterance
_ERROR_RATES = (0.04, 0.03)
_VOCABULARY = 5_000

Texts = list[tuple[str, str, str]]
"""What was said, what one model heard, and what the other heard."""


def measure(root: Path, rounds: int) -> list[Result]:
    """Seconds of the bootstrap by utterance, where it has the most to draw, and by speaker; utterances aligned."""
    published = Path(os.environ.get("WERGATE_TEST_MATERIAL") or root.parent / "shared") / _PUBLISHED
    texts = _published(published) if published.is_file() else _made(Random(1))
    source = "outputs of two published systems on LibriSpeech test-clean" if published.is_file() else "made-up texts"
    return [_bootstrap(texts, source, rounds), _alignment(texts, source, rounds), _page(texts, source, rounds)]


def _bootstrap(texts: Texts, source: str, rounds: int) -> Result:
    enough = list(islice(cycle(texts), UTTERANCES))
    one, other = (_rows(enough, which) for which in (1, 2))
    spoken = [[replace(row, speaker=f"s{n % 40}") for n, row in enumerate(rows)] for rows in (one, other)]
    times = take_turns(
        {"utterances": lambda: difference(one, other), "speakers": lambda: difference(spoken[0], spoken[1])}, rounds
    )
    return Result(
        what=f"paired bootstrap, 10,000 × {UTTERANCES:,} utterances",
        ours=f"{times['utterances']:.2f} s",
        theirs=f"by 40 speakers: {times['speakers']:.2f} s",
        ratio="",
        target=f"≤ {SECONDS:.0f} s",
        met=times["utterances"] <= SECONDS,
        note=f"Comparison: {source}; on one core, with the interval of the insertions.",
    )


def _alignment(texts: Texts, source: str, rounds: int) -> Result:
    import jiwer

    references, heard = [said for said, _, _ in texts], [one for _, one, _ in texts]
    judged = jiwer.process_words(references, heard)
    wrong = sum(item.kind != "match" for pair in zip(references, heard, strict=True) for item in align(*pair))
    if wrong != judged.substitutions + judged.deletions + judged.insertions:
        raise SystemExit("comparison: Wergate and jiwer align the same texts with different numbers of errors")
    times = take_turns(
        {
            "ours": lambda: [align(*pair) for pair in zip(references, heard, strict=True)],
            "jiwer": lambda: jiwer.process_words(references, heard),
        },
        rounds,
    )
    return Result(
        what="utterances aligned in a second, beside jiwer.process_words",
        ours=f"{len(texts) / times['ours']:,.0f}",
        theirs=f"{len(texts) / times['jiwer']:,.0f}",
        ratio=f"{times['jiwer'] / times['ours']:.2f}×",
        target="≥ 1×",
        met=times["ours"] <= times["jiwer"],
        note=f"Alignment: {source}; both without a normalizer, and with as many errors.",
    )


def _page(texts: Texts, source: str, rounds: int) -> Result:
    enough = list(islice(cycle(texts), PAGE_UTTERANCES))
    with TemporaryDirectory() as folder:
        one, other = (_evaluated(Path(folder), _rows(enough, which), f"model {which}") for which in (1, 2))

        def compare_and_write() -> None:
            found = compare(read_table(one.table), read_table(other.table), normalizer(one.normalizer))
            report = Report(outcome="promoted", sentence="", baseline=one, candidate=other, comparison=found)
            write_report(Path(folder), report)

        seconds = take_turns({"ours": compare_and_write}, rounds)["ours"]
        size = (Path(folder) / "report.html").stat().st_size
    return Result(
        what=f"comparison and its page, {PAGE_UTTERANCES:,} utterances",
        ours=f"{seconds:.2f} s",
        theirs="–",
        ratio="",
        target=f"≤ {PAGE_SECONDS:.0f} s",
        met=seconds <= PAGE_SECONDS,
        note=f"Page: {source}, in 8 slices by 40 speakers; tables read, compared, errors analysed, {size / 1e6:.1f} MB "
        "written without audio.",
    )


def _evaluated(folder: Path, rows: Sequence[Hypothesis], model: str) -> Evaluation:
    table = folder / f"{model}.jsonl"
    spoken = [replace(row, speaker=f"s{n % 40}", slice=f"slice {n % 8}") for n, row in enumerate(rows)]
    write_table(spoken, table)
    return summarize(
        spoken,
        model=model,
        model_fingerprint=model,
        corpus="testing",
        corpus_fingerprint="",
        normalizer="none",
        recognition="",
        decoding="",
        seconds_of_compute=1.0,
        table=table,
    )


def _rows(texts: Texts, which: int) -> list[Hypothesis]:
    utterances = [Utterance(f"{n:06}", Path("audio.wav"), text[0], 4.0, "") for n, text in enumerate(texts)]
    return score(utterances, {one.id: text[which] for one, text in zip(utterances, texts, strict=True)}, "none")


def _published(path: Path) -> Texts:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row["ref"], row[_SYSTEMS[0]] or "", row[_SYSTEMS[1]] or "") for row in rows]


def _made(random: Random) -> Texts:
    words = ["".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=random.randint(2, 9))) for _ in range(_VOCABULARY)]
    said = [random.choices(words, k=random.randint(1, 2 * _WORDS - 1)) for _ in range(UTTERANCES)]
    before, after = _ERROR_RATES
    return [(" ".join(some), _heard(random, some, words, before), _heard(random, some, words, after)) for some in said]


def _heard(random: Random, said: Sequence[str], words: Sequence[str], error_rate: float) -> str:
    heard: list[str] = []
    for word in said:
        error = random.choice(("substitution", "deletion", "insertion")) if random.random() < error_rate else ""
        heard += [] if error == "deletion" else [random.choice(words) if error == "substitution" else word]
        heard += [random.choice(words)] if error == "insertion" else []
    return " ".join(heard)
