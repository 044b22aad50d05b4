"""Whether the models at Azure that people use expire soon: a flow of its own, to be run every day."""

from prefect import flow

from asr.azure.expiry import Watch
from tasks.azure.expiry import RetrainingNeeded, ask_for_retraining, is_watched, look_when_models_expire
from tasks.run_settings import settings_of_run
from tasks.settings import Settings


@flow(name="watch-expiry")
def watch_expiry(settings: Settings | None = None) -> Watch:
    """Look when models expire; the run fails when one expires within `azure.expiry_days`, so that people see it.

    Without `settings`, those of the pyproject.toml where it runs hold, and of its environment.

    Raises:
        RetrainingNeeded: a model expires soon, or has expired.
    """
    settings = settings_of_run(settings)
    if not is_watched(settings):
        return Watch(days=settings.azure.expiry_days)
    watch = look_when_models_expire(settings)
    ask_for_retraining(settings, watch)
    if watch.expiring:
        raise RetrainingNeeded(watch)
    return watch
