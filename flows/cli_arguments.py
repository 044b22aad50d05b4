"""The command line: the commands with their arguments, and a flag for every setting."""

import argparse
import difflib
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NoReturn, get_args, get_origin

from pydantic.fields import FieldInfo

from asr.errors import SettingsError
from flows.commands import COMMANDS
from tasks.settings import setting_fields
from tasks.settings_sources import Key, flag, variable

_SETTING = "setting:"
_EVERYWHERE = "[--config FILE] [--json] [--SETTING VALUE ...]"
_METAVARS = {"base": "MODEL", "mlflow_tracking_uri": "URL", "prefect_api_url": "URL"}


EPILOG = (
    "settings come from [tool.wergate] in pyproject.toml, then --config FILE, then WERGATE_* in the environment, "
    "then flags; the later wins. `wergate run --help` lists them all.\n\n"
    "exit codes: 0 a decision was reached, 1 failure, 2 wrong use or settings, 3 invalid data, 130 interrupted"
)


class Parser(argparse.ArgumentParser):
    """Raises what argparse would print with its whole usage."""

    def error(self, message: str) -> NoReturn:
        """Turn wrong use into the one line that every user mistake is."""
        raise SettingsError(f"{message}; see {self.prog} --help")


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n\n".join(textwrap.fill(part, width) for part in text.split("\n\n"))


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        from importlib.metadata import PackageNotFoundError, version  # 20 ms that only --version needs

        try:
            parser.exit(message=f"wergate {version('wergate')}\n")
        except PackageNotFoundError:
            parser.exit(message="wergate, not installed: run from its source\n")


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The arguments of a command line; `command` names the command.

    Raises:
        SettingsError: wrong use; an unknown flag is answered with the nearest one.
    """
    root, parsers = build()
    word = next((word for word in argv if not word.startswith("-")), None)
    if word and word not in parsers:
        closest = difflib.get_close_matches(word, parsers, n=1, cutoff=0.0)[0]
        raise SettingsError(f"there is no command {word!r}; did you mean {closest}? See wergate --help")
    arguments, unknown = root.parse_known_args(argv)
    if arguments.command is None:
        raise SettingsError(f"no command; choose from {', '.join(parsers)}, or see wergate --help")
    if arguments.command == "validate" and not (arguments.folders or arguments.rules or unknown):
        raise SettingsError(f"the following arguments are required: DIR; see {parsers['validate'].prog} --help")
    if unknown:
        prog = parsers[arguments.command].prog
        mistakes = [_unknown_flag(word, parsers[arguments.command]) for word in unknown if word.startswith("-")]
        raise SettingsError(f"{' '.join(mistakes) or f'unexpected {unknown[0]!r}.'} See {prog} --help")
    return arguments


def settings_flags(arguments: argparse.Namespace) -> dict[str, str]:
    """The settings among the arguments, by key with dots."""
    given = (
        (name.removeprefix(_SETTING), value) for name, value in vars(arguments).items() if name.startswith(_SETTING)
    )
    return {key: value for key, value in given if value is not None}


def build() -> tuple[Parser, dict[str, Parser]]:
    """The parser of `wergate`, and that of each command by its name."""
    root = Parser(
        prog="wergate",
        description="Continuous training for speech recognition: measure, train, and release only what is better.",
        epilog=EPILOG,
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    root.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", title="commands", parser_class=Parser)
    parsers = {}
    for command in COMMANDS:
        parser = commands.add_parser(
            command.name,
            help=command.help,
            description=command.description,
            usage=" ".join(filter(None, ("wergate", command.name, command.usage, _EVERYWHERE))),
            formatter_class=_Formatter,
            allow_abbrev=False,
        )
        command.add(parser)
        parser.add_argument("--config", type=Path, metavar="FILE", help="settings in a .toml or .json file")
        parser.add_argument("--json", action="store_true", help="print one JSON object on stdout, all else on stderr")
        _add_settings(parser, shown=command.name == "run")
        parsers[command.name] = parser
    return root, parsers


def _add_settings(parser: argparse.ArgumentParser, shown: bool) -> None:
    hint = None if shown else "every setting is a flag here too; `wergate run --help` lists them"
    group = parser.add_argument_group("settings", hint)
    for key, field in setting_fields().items():
        text = f"{field.description} (default: {default_text(field)})".replace("%", "%%")
        group.add_argument(
            flag(key),
            dest=_SETTING + ".".join(key),
            metavar=metavar(key, field),
            help=text if shown else argparse.SUPPRESS,
        )


def metavar(key: Key, field: FieldInfo) -> str:
    """What stands for the value of a setting in the help."""
    kind = field.annotation
    if get_origin(kind) is Literal:
        return "{" + ",".join(get_args(kind)) + "}"
    names: dict[object, str] = {bool: "{true,false}", int: "N", float: "NUMBER", float | None: "NUMBER", Path: "DIR"}
    return _METAVARS.get(key[-1]) or names.get(kind, "TEXT")


def default_text(field: FieldInfo) -> str:
    """The default of a setting as a person would write it."""
    default = field.default
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, float):
        return f"{default:g}"
    return {None: "auto", "": "empty"}.get(default, str(default))


def _unknown_flag(word: str, parser: argparse.ArgumentParser) -> str:
    name = word.partition("=")[0]
    flags = [text for action in parser._actions for text in action.option_strings if text.startswith("--")]
    # people also write the setting's name or its variable: --training.epochs, --WERGATE_MIN_GAIN
    others = {other: flag(key) for key in setting_fields() for other in ("--" + ".".join(key), "--" + variable(key))}
    closest = difflib.get_close_matches(name, [*flags, *others], n=1, cutoff=0.0)[0]
    return f"unknown flag {name}; did you mean {others.get(closest, closest)}?"
