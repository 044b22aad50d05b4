"""What a run says at its end."""

from pathlib import Path

import pytest

from asr.scoring.domain_recall import DomainChange, DomainRecall
from asr.scoring.evaluation import Evaluation
from asr.scoring.word_recall import WordRecall
from tasks.result import Result

EVALUATION = Evaluation(
    model="m", model_fingerprint="f", corpus="testing", corpus_fingerprint="c", normalizer="basic@1",
    recognition="recognition@2", decoding="greedily", utterances=4, seconds=8.0, wer=0.5, cer=0.2, ser=1.0, words=10,
    substitutions=5, deletions=0, insertions=0, interval=(0.4, 0.6), rtfx=30.0, table=Path("t.jsonl"),
)  # fmt: skip


def result(domain: DomainChange | None, candidate: Evaluation | None = EVALUATION) -> Result:
    return Result(
        outcome="rejected",
        sentence="Why.",
        baseline=EVALUATION,
        candidate=candidate,
        guards=(),
        domain_recall=domain,
        gate=(),
        fingerprints={},
        mlflow_run_id="r",
        prefect_flow_run_id="",
        mlflow_url="",
        prefect_url="",
        report=Path("report.html"),
        release=None,
        decided_by="r",
    )


def recall(found: int, said: int = 40) -> DomainRecall:
    words = (WordRecall("kalba", said, found),) if said else ()
    return DomainRecall(said=said, found=found, recall=found / said if said else None, words=words, never_said=1)


@pytest.mark.parametrize(
    ("domain", "row"),
    [
        (DomainChange(baseline=recall(4), candidate=recall(31)), ["10.0 % (4 of 40)", "77.5 % (31 of 40)"]),
        (DomainChange(baseline=recall(4)), ["10.0 % (4 of 40)"]),
        (DomainChange(baseline=recall(0, said=0), candidate=recall(0, said=0)), ["none is said", "none is said"]),
    ],
    ids=["before-and-after", "baseline-alone", "not-tested"],
)
def test_domain_words_are_in_the_table_under_their_models(domain: DomainChange, row: list[str]) -> None:
    ended = result(domain)
    [head, *rows] = [line for line in ended.summary().splitlines() if line.startswith("  ")][:3]
    assert rows[-1].split("  ")[1] == "domain words found"
    for column, text in zip(("baseline", "candidate"), row, strict=False):
        assert rows[-1][: head.index(column) + len(column)].endswith(f" {text}")
    assert Result.model_validate_json(ended.model_dump_json()) == ended


def test_without_text_there_is_no_row() -> None:
    assert "domain" not in result(None).summary()
