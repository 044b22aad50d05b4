"""The settings of a run: those that it is given, or those of the place where it runs."""

import os
from pathlib import Path

from prefect.runtime import deployment

from tasks.environment import prepare
from tasks.load_settings import load_settings
from tasks.settings import Settings


def settings_of_run(given: Settings | None) -> Settings:
    """What was given as it is; else `[tool.wergate]` of the pyproject.toml here or above, and the environment.

    A deployed run has no command line that has made its surroundings ready, so that this happens here.

    Raises:
        SettingsError: one line for each mistake in what is read.
    """
    settings = given or settings_here()
    if deployment.id:
        prepare(settings)
    return settings


def settings_here() -> Settings:
    """What `wergate run` would take in this folder.

    Raises:
        SettingsError: one line for each mistake.
    """
    return load_settings(None, {}, os.environ, Path.cwd())
