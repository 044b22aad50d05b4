"""The loop: from the model in production to a better, released one."""

from prefect import flow

from tasks.analyse import analyse_errors
from tasks.approval import settle_what_is_left
from tasks.ask_person import hear_person
from tasks.azure.service_evaluation import compare_with_service
from tasks.backend import find_start, tidy_up, train_candidates, try_start
from tasks.corpus import check_corpora
from tasks.evaluate import measure
from tasks.gate import decide
from tasks.leaks import find_leaks
from tasks.objection import heed_objections
from tasks.opponent import opponents
from tasks.promote import promote
from tasks.registry import register_candidate
from tasks.release import ensure_released
from tasks.report import Evidence, conclude, point_at
from tasks.result import Result
from tasks.run_lock import one_run_at_a_time
from tasks.run_record import ask, earlier_answer, record, run_name
from tasks.run_settings import settings_of_run
from tasks.settings import Settings
from tasks.waiting import asked_earlier


@flow(name="improve", flow_run_name=run_name)
def improve(settings: Settings | None = None, force: bool = False) -> Result:
    """Measure the champion, train a candidate, measure it too, and release it when the gate, or a person, says so.

    Nothing changed since an earlier run: point at that run. Only the testing data changed: measure the champion anew.
    The champion is good enough: train nothing. Every step is done once; a run that was killed goes on where it was,
    and one that a person was asked about goes on with the answer. `force` asks and trains again although nothing
    changed. Without `settings`, those of the pyproject.toml where it runs hold, and of its environment.
    """
    settings = settings_of_run(settings)
    result = hear_person(settings, asked_earlier(settings) or find_better(settings, force))
    tidy_up(settings)
    return result


def find_better(settings: Settings, force: bool) -> Result:
    """The loop until it is decided, or a person has to decide."""
    with one_run_at_a_time(settings):
        settle_what_is_left(settings)
        corpora = check_corpora(settings)
        base = find_start(settings, corpora)
        question = ask(settings, corpora, base)
        earlier = None if force else earlier_answer(settings, question)
        if earlier and earlier.same_testing_data:
            ensure_released(settings)
            return point_at(settings, earlier)

        try_start(settings, base, corpora, trains=not earlier)
        with record(settings, corpora, question, force) as run:
            for champion in opponents(settings, run, base):  # another one when it is released meanwhile
                ensure_released(settings)
                baseline = measure(settings, run, "baseline", champion, corpora.judging)
                if earlier:
                    sentence = f"Only the testing data changed since run “{earlier.name}”; nothing was trained."
                    return conclude(settings, run, corpora, "unchanged", sentence, Evidence(baseline=baseline))
                if baseline[0].wer <= settings.good_enough:
                    sentence = f"{champion.name} has at most {settings.good_enough:.1%} WER; nothing was trained."
                    return conclude(settings, run, corpora, "good_enough", sentence, Evidence(baseline=baseline))

                trained = train_candidates(settings, run, base, question.base_fingerprint, corpora)
                packages = trained.packages
                scores = [measure(settings, run, one.name, one, corpora.judging) for one in packages]
                leaks = find_leaks(trained.prepared, corpora)
                decision = decide(settings, baseline, scores, leaks, [champion, *packages], corpora.testing)
                package, candidate = packages[decision.chosen], scores[decision.chosen]
                model = register_candidate(settings, run, package, candidate[0])
                decision = heed_objections(settings, model, decision)
                release = None
                if decision.promotes:
                    release = promote(settings, run, model, champion, candidate, corpora.testing, decision.verdict)
                if release or not decision.promotes:
                    break
            compare_with_service(settings, run, corpora.testing, (champion, package), (baseline[0], candidate[0]))
            findings = analyse_errors(settings, run, corpora, baseline, candidate, trained.prepared, package)
            evidence = Evidence(
                baseline=baseline,
                candidate=candidate,
                not_kept=[one[0] for one in scores if one is not candidate],
                verdict=decision.verdict,
                model=model,
                release=release,
                findings=findings,
                training=trained.attempts,
                training_seconds=trained.seconds,
            )
            return conclude(settings, run, corpora, decision.outcome, decision.verdict.sentence, evidence)
