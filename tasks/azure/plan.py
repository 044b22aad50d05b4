"""What a run would do at the service, and what of it is charged: found out without changing anything there."""

from collections.abc import Iterator

from asr.azure.azure_model import is_azure_model
from asr.azure.base_models import is_charged
from asr.azure.custom_models import ROLE, content_of
from asr.azure.datasets import is_uploaded
from asr.azure.entities import CustomModel, Dataset, ServiceBase
from asr.azure.locales import find_locale
from asr.azure.marks import TESTING, made, training_role
from asr.azure.parts import kinds_of
from asr.azure.plan import Plan, Upload, refuse_costs, steps_of
from asr.errors import SettingsError
from tasks.azure.parts import CorpusParts, corpus_parts
from tasks.azure.service import HOUR, custom_speech, endpoint_place, maker
from tasks.azure.service_models import find_azure_base, service_base
from tasks.azure.train import cheaper, training_kinds
from tasks.corpus import Corpora, check_corpora
from tasks.registry import champion
from tasks.run_record import TRAINED, Question, ask
from tasks.settings import Settings
from tasks.tracking import KEY, OUTCOME, TRAINING_KEY, find_runs


def plan_run(settings: Settings) -> Plan:
    """What `wergate run` would do now; nothing is sent, and no audio stays that was written to know what would be.

    Raises:
        DataError: some data is wrong, or no base learns from it.
        SettingsError: the backend is not `azure`, or there is no such base.
        AzureError: the service cannot be asked.
    """
    if settings.backend != "azure":
        raise SettingsError("backend is local, whose runs do nothing at Azure; set backend = azure, or --backend azure")
    corpora = check_corpora(settings)
    directory = find_azure_base(settings, corpora)
    base = service_base(settings, directory)
    question = ask(settings, corpora, directory)
    kinds = training_kinds(corpora.training, base)
    training = corpus_parts(settings, corpora.training, "training", kinds, keep=False)
    testing = [corpus_parts(settings, corpus, "testing", keep=False) for corpus in corpora.judging]
    testing_hours = sum(one.parts.seconds for one in testing) / HOUR
    now = champion(settings)
    return Plan(
        base=f"{base.display_name} ({base.id})",
        base_charged=is_charged(base),
        locale=base.locale,
        training_hours=training.parts.seconds / HOUR,
        testing_hours=testing_hours,
        uploads=(*_uploads(settings, training), *(upload for one in testing for upload in _uploads(settings, one))),
        steps=steps_of(
            base,
            testing_hours,
            champion_is_there=now is None or is_azure_model(now.directory),
            has_endpoint=endpoint_place(settings, find_locale(settings.language)).find() is not None,
            evaluation=settings.azure.service_evaluation,
            is_trained=_is_trained(settings, base, training),
        ),
        dropped=tuple(sorted(kinds_of(corpora.training) - kinds)),
        answered=_answered(settings, question),
        refused=_refused(settings, corpora, base, training.parts.seconds / HOUR),
    )


def _uploads(settings: Settings, corpus: CorpusParts) -> Iterator[Upload]:
    service, ours = custom_speech(settings), maker(settings)
    for part in corpus.parts.parts:
        role = training_role(part.kind) if corpus.purpose == "training" else TESTING
        found = [one for one in made(service, Dataset, ours, role, part.fingerprint) if one.status != "Failed"]
        there = any(is_uploaded(service, one) for one in found)
        yield Upload(what=corpus.corpus.name, kind=part.kind, megabytes=part.size / 1e6, is_there=there)


def _is_trained(settings: Settings, base: ServiceBase, corpus: CorpusParts) -> bool:
    content = content_of(base.id, corpus.parts.parts)
    found = made(custom_speech(settings), CustomModel, maker(settings), ROLE, content)
    return any(one.status != "Failed" and not one.has_expired for one in found)


def _answered(settings: Settings, question: Question) -> str:
    """What an earlier run has answered of the question that this one asks."""
    for run in find_runs(settings, {KEY: question.key}):
        if OUTCOME in run.data.tags:
            return f"nothing of it is done: nothing has changed since run “{run.info.run_name}”"
    for run in find_runs(settings, {TRAINING_KEY: question.training_key}):
        if run.data.tags.get(OUTCOME) in TRAINED:
            return f"only the champion is measured: only the testing data changed since run “{run.info.run_name}”"
    return ""


def _refused(settings: Settings, corpora: Corpora, base: ServiceBase, hours: float) -> str:
    try:
        refuse_costs(base, hours, settings.azure, cheaper(settings, corpora, base))
    except SettingsError as error:
        return str(error)
    return ""
