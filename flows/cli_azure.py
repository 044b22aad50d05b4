"""`wergate azure`: what a run would do and cost at Azure, what is there, what may go, and what expires."""

import sys
from argparse import Namespace

from flows.cli_answer import Answer, Say
from tasks.settings import Settings


def azure(settings: Settings, arguments: Namespace, say: Say) -> Answer:
    """One of the four things that are done at Azure besides a run."""
    return {"plan": plan, "status": status, "clean": clean, "expiry": expiry}[arguments.what](settings, arguments, say)


def plan(settings: Settings, arguments: Namespace, say: Say) -> Answer:
    """What a run would do, and what is charged; 2 when the settings do not allow the costs."""
    from asr.corpus.rules import printable
    from flows.plan_azure import plan_azure
    from tasks.prefect_server import start

    start()
    found = plan_azure(settings)
    say(found.summary())
    if found.refused:
        print(f"wergate: {printable(found.refused)}", file=sys.stderr)
    return Answer(found, exit_code=2 if found.refused else 0)


def status(settings: Settings, arguments: Namespace, say: Say) -> Answer:
    """What the project has at the service."""
    from flows.azure_output import status_text
    from tasks.azure.status import look_at_azure

    found = look_at_azure(settings)
    say(status_text(found))
    return Answer(found)


def clean(settings: Settings, arguments: Namespace, say: Say) -> Answer:
    """Delete what is needed no more, or say what that would be."""
    from flows.azure_output import cleaned_text
    from tasks.azure.clean import clean_azure

    cleaned = clean_azure(settings, arguments.dry_run)
    say(cleaned_text(cleaned))
    return Answer(cleaned)


def expiry(settings: Settings, arguments: Namespace, say: Say) -> Answer:
    """Whether models that people use expire soon; 1 when retraining is asked for."""
    from flows.azure_output import watch_text
    from flows.watch_expiry import watch_expiry
    from tasks.azure.expiry import RetrainingNeeded
    from tasks.prefect_server import start

    start()
    try:
        watch = watch_expiry(settings)
    except RetrainingNeeded as needed:
        watch = needed.watch
    say(watch_text(watch))
    return Answer(watch, exit_code=1 if watch.expiring else 0)
