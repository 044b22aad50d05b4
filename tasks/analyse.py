"""Analyse the errors: which words fail, what became of the domain's words, and what to add to the text files."""

import logging
from collections.abc import Iterator, Sequence
from itertools import chain

from prefect import task

from asr.corpus.fingerprint import fingerprint
from asr.corpus.utterance import Corpus, read_manifest, stream_manifest
from asr.scoring.analysis import Analysis, analyse
from asr.scoring.domain_recall import DomainChange, domain_recall
from asr.scoring.evaluation import Evaluation
from asr.scoring.findings import Findings, write_findings
from asr.scoring.hypothesis import read_table
from asr.scoring.suggestions import Suggestions, suggest
from asr.scoring.word_recall import words_of
from asr.text.normalizers import normalizer
from tasks.corpus import Corpora
from tasks.domain import names_of_domain, pronounced, text_lines
from tasks.evaluate import evaluate_model
from tasks.limits import limits_of
from tasks.prepare import TrainingSet
from tasks.run_record import Record
from tasks.search import Package
from tasks.settings import Settings
from tasks.tracking import child_run, log_domain_recall, log_files

log = logging.getLogger(__name__)

_NAMED = 5  # words in a line of the log


class Analysed(Evaluation):
    """The error rates of one model on one corpus, and where its errors are."""

    analysis: Analysis


@task(name="analyse evaluation")
def analyse_evaluation(settings: Settings, evaluation: Evaluation) -> Analysed:
    """Look at the errors of an evaluation that belongs to no run."""
    abilities = limits_of(settings).abilities
    found = analyse(
        read_table(evaluation.table),
        normalizer(settings.normalizer),
        written=abilities.written if abilities else None,
    )
    return Analysed(**evaluation.model_dump(), analysis=found)


@task(name="analyse")
def analyse_errors(
    settings: Settings,
    run: Record,
    corpora: Corpora,
    baseline: Sequence[Evaluation],
    candidate: Sequence[Evaluation] = (),
    prepared: TrainingSet | None = None,
    package: Package | None = None,
) -> Findings:
    """Look at the errors of the candidate, or of the baseline, and keep what was found beside the report and in MLflow.

    What was trained is evaluated on the dev set too: suggestions come from there and from the user's own text, never
    from what models are judged by.
    """
    evaluations = [*(candidate or baseline)]
    suggestions = Suggestions(sentence="No suggestions: nothing was trained, and they come from the dev set.")
    if prepared and package:
        suggestions = Suggestions(
            sentence="No suggestions: they come from the errors in a dev set of recordings, and there is none."
        )
        if dev := _dev_corpus(settings, prepared):
            evaluations.append(evaluate_model(settings, package, dev, run))
            suggestions = _suggest(settings, corpora, evaluations[-1])
    findings = Findings(
        analyses=_analyses(settings, corpora, evaluations, prepared),
        domain=_domain_change(settings, corpora, baseline[0], candidate[0] if candidate else None),
        suggestions=suggestions,
    )
    _tell(findings, evaluations[0])
    if findings.domain:
        _log_recall(settings, run, [baseline[0], *candidate[:1]], findings.domain)
    log_files(settings, run.id, *write_findings(settings.data / "reports" / run.id, findings))
    return findings


def _analyses(
    settings: Settings, corpora: Corpora, evaluations: Sequence[Evaluation], prepared: TrainingSet | None
) -> dict[str, Analysis]:
    normalize = normalizer(settings.normalizer)
    abilities = limits_of(settings).abilities
    learned = None
    if not corpora.training.streams:  # what is streamed is not written down
        learned = words_of(chain(_learned_texts(corpora, prepared), text_lines(corpora)), normalize)
    written = abilities.written if abilities else None
    return {
        one.corpus: analyse(read_table(one.table), normalize, learned=learned, written=written) for one in evaluations
    }


def _domain_change(
    settings: Settings, corpora: Corpora, baseline: Evaluation, candidate: Evaluation | None
) -> DomainChange | None:
    """What became of the domain's words on the testing data; None without text of the domain."""
    if corpora.training.text is None:
        return None
    normalize = normalizer(settings.normalizer)
    words = names_of_domain(settings, corpora)
    if not words:
        return None
    recalls = [domain_recall(read_table(one.table), words, normalize) for one in (baseline, candidate) if one]
    return DomainChange(baseline=recalls[0], candidate=recalls[1] if candidate else None)


def _suggest(settings: Settings, corpora: Corpora, dev: Evaluation) -> Suggestions:
    return suggest(
        read_table(dev.table),
        normalizer(settings.normalizer),
        sentences=(one.text for one in corpora.training.stream()),
        text=text_lines(corpora),
        pronounced=pronounced(corpora),
        judging=(one.text for corpus in corpora.judging for one in corpus.stream()),
    )


def _dev_corpus(settings: Settings, prepared: TrainingSet) -> Corpus | None:
    """The dev set as a corpus; None when it says nothing."""
    dev = read_manifest(prepared.dev)
    if not any(map(normalizer(settings.normalizer), (one.text for one in dev))):
        return None
    return Corpus(
        name="dev",
        folder=prepared.dev.parent,
        manifest=prepared.dev,
        fingerprint=fingerprint(dev),
        utterances=len(dev),
        words=sum(len(one.text.split()) for one in dev),
        seconds=sum(one.duration for one in dev),
        speakers=len({one.speaker for one in dev if one.speaker}),
    )


def _learned_texts(corpora: Corpora, prepared: TrainingSet | None) -> Iterator[str]:
    """The transcripts that the model was trained with; of all training data when nothing was trained now."""
    manifests = [prepared.training, prepared.replay] if prepared else [one.manifest for one in corpora.learning]
    return (one.text for manifest in manifests for one in stream_manifest(manifest))


def _log_recall(settings: Settings, run: Record, evaluations: Sequence[Evaluation], domain: DomainChange) -> None:
    """Keep the recalls in the child runs that have the error rates: `baseline`, and the name of the candidate."""
    for number, evaluation in enumerate(evaluations):
        recall = domain.candidate if number else domain.baseline
        if recall:
            with child_run(settings, run.id, evaluation.model if number else "baseline") as child:
                log_domain_recall(settings, child, evaluation.corpus, recall)


def _tell(findings: Findings, judged: Evaluation) -> None:
    missed = findings.analyses[judged.corpus].confusions.missed[:_NAMED]
    if missed:
        named = ", ".join(f"{one.word} ({one.missed} of {one.said})" for one in missed)
        log.info("%s: not recognized most often: %s", judged.corpus, named)
    if findings.domain:
        recalls = [one for one in (findings.domain.baseline, findings.domain.candidate) if one]
        log.info("domain words: found %s", ", then ".join(f"{one.found} of {one.said}" for one in recalls))
    log.info("%s", findings.suggestions.sentence)
