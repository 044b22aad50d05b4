"""Train at the service: upload what it learns from, begin the training, wait for it; each found again after a kill."""

import logging
from collections.abc import Set
from pathlib import Path

from prefect import task

from asr.azure.azure_model import azure_model, write_azure_model
from asr.azure.base_models import SHOWN, is_charged, supported, uncharged
from asr.azure.custom_models import content_of, ensure_model, refuse_failed
from asr.azure.datasets import ensure_dataset
from asr.azure.entities import CustomModel, Dataset, ServiceBase
from asr.azure.locales import Kind, find_locale
from asr.azure.marks import Maker, training_role
from asr.azure.parts import has_too_long, kinds_of
from asr.azure.plan import refuse_costs
from asr.corpus.utterance import Corpus, read_manifest, write_manifest
from asr.errors import SettingsError
from asr.models.checkpoint import fingerprint
from tasks.azure.parts import CorpusParts, corpus_parts
from tasks.azure.service import custom_speech, making, patience
from tasks.azure.service_models import service_base
from tasks.azure.waiting import wait_or_suspend
from tasks.candidates import Candidates
from tasks.corpus import Corpora
from tasks.prepare import TrainingSet
from tasks.run_record import Record, git_commit
from tasks.search import Package
from tasks.settings import Settings
from tasks.tracking import child_run, client, log_metrics

log = logging.getLogger(__name__)


def train_on_azure(settings: Settings, run: Record, base: Path, corpora: Corpora) -> Candidates:
    """The candidate that the service trains; a run of a deployment holds no worker while it waits.

    Raises:
        SettingsError: it would cost what the settings do not allow.
        AzureError: the service refused something, or the training failed.
        DataError: the service left out too much of the data.
    """
    model = begin_training(settings, run, base, corpora)
    if model.status not in ("Succeeded", "Failed"):
        model = wait_or_suspend(settings, CustomModel, model, "train")
    return finish_training(settings, run, model, corpora)


@task(name="upload and begin the training at Azure")
def begin_training(settings: Settings, run: Record, base: Path, corpora: Corpora) -> CustomModel:
    """Upload what is not there yet and begin the training, unless that was done before."""
    service, ours = custom_speech(settings), making(settings, run.id, git_commit())
    chosen = service_base(settings, base)
    parts = _affordable(settings, corpora, chosen, training_kinds(corpora.training, chosen))
    datasets = upload(settings, ours, parts)
    return ensure_model(service, ours, chosen, datasets, content_of(chosen.id, parts.parts.parts))


@task(name="look what the training at Azure costs")
def refuse_training(settings: Settings, base: Path, corpora: Corpora) -> None:
    """Stop before anything is uploaded when the training would cost what the settings do not allow.

    Raises:
        SettingsError: more audio, or a base, than they allow.
    """
    chosen = service_base(settings, base)
    _affordable(settings, corpora, chosen, _learned_kinds(corpora.training, chosen))


def upload(settings: Settings, ours: Maker, corpus: CorpusParts) -> list[Dataset]:
    """The datasets of a training corpus, uploaded unless they were before."""
    from tqdm import tqdm

    service = custom_speech(settings)
    datasets = []
    for part in corpus.parts.parts:
        with tqdm(total=part.size, desc=f"upload {part.file}", unit="B", unit_scale=True, disable=None) as bar:

            def progress(sent: int, _of: int, bar: "tqdm[None]" = bar) -> None:
                bar.update(sent - bar.n)

            datasets.append(
                ensure_dataset(
                    service,
                    ours,
                    training_role(part.kind),
                    part,
                    corpus.file(part),
                    patience=patience(settings),
                    max_rejected=settings.azure.max_rejected,
                    progress=progress,
                )
            )
    corpus.put_away()
    return datasets


@task(name="finish the training at Azure")
def finish_training(settings: Settings, run: Record, model: CustomModel, corpora: Corpora) -> Candidates:
    """What was trained, as a model directory, with what it has learned from."""
    refuse_failed(model)
    directory = write_azure_model(azure_model(model), settings.data / "azure" / "models" / model.id)
    seconds = _seconds(model)
    with child_run(settings, run.id, "training") as child:
        log_metrics(settings, child, {"training.seconds": seconds})
        client(settings).set_tag(child, "wergate.azure.model", model.self_url or model.id)
    log.info("trained: %s", model.display_name)
    package = Package(name="candidate", directory=directory, fingerprint=fingerprint(directory), search="by Azure")
    return Candidates(
        packages=(package,),
        prepared=_learned(settings, corpora.training, package.fingerprint),
        seconds=seconds,
    )


def training_kinds(corpus: Corpus, base: ServiceBase) -> frozenset[Kind]:
    """The kinds of data that are uploaded of a corpus: those it holds and the base learns from.

    Structured text is sent as it is where the base reads it, which goes with no pronunciations; else as plain text.
    """
    kinds = _learned_kinds(corpus, base)
    if dropped := kinds_of(corpus) - kinds:
        log.warning("%s does not learn from %s", base.display_name, " and ".join(sorted(SHOWN[one] for one in dropped)))
    return kinds


def cheaper(settings: Settings, corpora: Corpora, chosen: ServiceBase) -> str:
    """The id of the newest base whose trainings are not charged, if this one's are and there is another."""
    if not is_charged(chosen) or settings.azure.allow_charged_training:
        return ""
    return uncharged(custom_speech(settings), find_locale(settings.language), kinds_of(corpora.training))


def _learned_kinds(corpus: Corpus, base: ServiceBase) -> frozenset[Kind]:
    held = kinds_of(corpus)
    kinds = supported(base, held)
    if "Acoustic" in held - kinds or has_too_long(corpus):
        kinds |= supported(base, {"Language"})  # its transcripts are text
    if "Language" in kinds and "Pronunciation" not in kinds:
        kinds |= supported(base, {"LanguageMarkdown"})
    return kinds


def _affordable(settings: Settings, corpora: Corpora, chosen: ServiceBase, kinds: Set[Kind]) -> CorpusParts:
    parts = corpus_parts(settings, corpora.training, "training", kinds)
    try:
        refuse_costs(chosen, parts.parts.seconds / 3600, settings.azure, cheaper(settings, corpora, chosen))
    except SettingsError:
        parts.put_away()
        raise
    return parts


def _seconds(model: CustomModel) -> float:
    """From when it was asked for until it was there, as the service says."""
    if model.created_date_time is None or model.last_action_date_time is None:
        return 0.0
    return max(0.0, (model.last_action_date_time - model.created_date_time).total_seconds())


def _learned(settings: Settings, corpus: Corpus, content: str) -> TrainingSet:
    """What the model has learned from, for the last look for leaks; the service keeps no dev set."""
    folder = settings.data / "prepared" / content[:16]
    learned = TrainingSet(
        training=folder / "training.jsonl",
        dev=folder / "dev.jsonl",
        replay=folder / "replay.jsonl",
        spoken=folder / "spoken.jsonl",
        fingerprint=corpus.fingerprint,
    )
    write_manifest(read_manifest(corpus.manifest), learned.training)
    for empty in (learned.dev, learned.replay, learned.spoken):
        write_manifest([], empty)
    return learned
