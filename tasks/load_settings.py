"""The settings of a command, read from all their sources; the later wins.

`[tool.wergate]` in pyproject.toml < `--config FILE` < `WERGATE_*` in the environment < flags.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from asr.errors import SettingsError
from tasks.settings import FOLDERS, Settings, setting_fields
from tasks.settings_sources import (
    TABLES,
    Given,
    Key,
    from_config,
    from_environment,
    from_flags,
    from_pyproject,
    nearest,
)

_LIKE_A_KEY = re.compile(r"[0-9A-Za-z]{32}")
"""What is never shown: keys of Azure look so, and people put them where they do not belong."""
_ONE_OF: tuple[Key, ...] = (("azure", "region"), ("azure", "address"))
"""Of these only one is given: that of a later source takes the place of the other, too."""


def load_settings(config: Path | None, flags: Mapping[str, str], environ: Mapping[str, str], start: Path) -> Settings:
    """Read the settings from all their sources; `flags` are by key (`training.epochs`), `start` is the current folder.

    Relative paths belong to the folder of the pyproject.toml they come from, all others to `start`.

    Raises:
        SettingsError: one line for each mistake, all mistakes at once.
    """
    fields = setting_fields()
    start = start.absolute()
    home, given = from_pyproject(start)
    sources = [
        given,
        from_config(config, start) if config else [],
        from_environment(environ, fields, start),
        from_flags(flags, start),
    ]

    defaults = Settings.model_fields
    values: dict[Key, object] = {(key,): home / defaults[key].default for key in defaults if key in FOLDERS}
    mistakes: list[str] = []
    effective: dict[Key, Given] = {}
    for source in sources:
        if any(item.key in _ONE_OF and item.value for item in source):
            for key in _ONE_OF:
                effective.pop(key, None)
        for item in source:
            if item.key in fields:
                effective[item.key] = item  # a later source wins
            else:
                mistakes.append(_unknown(item, fields))
    for key, item in effective.items():
        try:
            values[key] = _value(item, fields[key])
        except ValidationError as error:
            mistakes.append(_wrong(item, error))
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    whole: dict[str, object] = {key[0]: value for key, value in values.items() if len(key) == 1}
    for table in TABLES:
        whole[table] = {key[1]: value for key, value in values.items() if key[0] == table and len(key) == 2}
    try:
        return Settings.model_validate(whole)
    except ValidationError as error:
        messages = (found["msg"].removeprefix("Value error, ") for found in error.errors())
        raise SettingsError("\n".join(messages)) from error


def _value(item: Given, field: FieldInfo) -> object:
    """What was given as the type of its field; text (environment, flags) is converted, a value in a file is not."""
    value = item.value
    if isinstance(value, str):
        if field.default is None and value.lower() in {"auto", "none"}:
            return None
        value = _located(item.key, value, item.folder)
    config = ConfigDict(strict=not item.from_text, allow_inf_nan=False)
    adapter: TypeAdapter[object] = TypeAdapter(
        Annotated[field.annotation, field],  # type: ignore[arg-type]  # a form that is only known at run time
        config=config,
    )
    return adapter.validate_python(value)


def _located(key: Key, value: str, folder: Path) -> object:
    """A path made absolute, seen from the folder that it was written in; anything else as it is."""
    path = folder / Path(value).expanduser()
    match key:
        case (name,) if name in FOLDERS:
            return path if value else value
        case ("base",) if value != "embedded" and (value.startswith((".", "~", "/")) or path.is_dir()):
            return str(path.resolve())
        case ("training", "replay_data") if value:
            return str(path.resolve())
        case ("training", "synthesizer" | "vocoder") if value.startswith((".", "~", "/")) or path.is_dir():
            return str(path.resolve())
        case ("mlflow_tracking_uri",) if value.startswith("sqlite:///") and not value.startswith("sqlite:////"):
            return f"sqlite:///{folder / value.removeprefix('sqlite:///')}"
    return value


def _unknown(item: Given, fields: Mapping[Key, FieldInfo]) -> str:
    if item.key[0] in TABLES and len(item.key) == 1:
        return f"{item.where}: {item.key[0]} is a table of settings; write its keys one by one"
    closest = nearest(item.key, fields)
    secret = any(word in item.key[-1].lower() for word in ("token", "secret", "password", "api_key", "speech_key"))
    hint = " (secrets are never settings: give them in the environment, such as HF_TOKEN)" if secret else ""
    return f"{item.where}: unknown setting {item.named(item.key)}; did you mean {item.named(closest)}?{hint}"


def _wrong(item: Given, error: ValidationError) -> str:
    detail = error.errors()[0]
    message = (
        detail["msg"]
        .removeprefix("Value error, ")
        .replace("Input should", "must")
        .replace("String should", "must")
        .partition(", unable to")[0]
    )
    shown = "[hidden]" if isinstance(item.value, str) and _LIKE_A_KEY.search(item.value) else item.value
    return f"{item.where}: {item.named(item.key)} {message}, not {json.dumps(shown, default=str)}"
