"""Write the reference pages from the code itself: settings.md, commands.md, rules.md and modules.md.

python docs/generate.py            write them
python docs/generate.py --check    exit with 1 if they are not up to date
"""

import argparse
import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args, get_origin

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

NOTE = "<!-- Written by docs/generate.py; change the code instead. -->"


def settings_page() -> str:
    """Every setting with its names, values, default and meaning."""
    from tasks.settings import Settings, setting_fields
    from tasks.settings_sources import TABLES

    fields = setting_fields()
    general = [key for key in fields if len(key) == 1]
    tables = [
        line
        for table in sorted(TABLES)
        for line in (
            f"## {table}: {Settings.model_fields[table].description}",
            "",
            *_settings_table([key for key in fields if key[0] == table and len(key) == 2]),
            "",
        )
    ]
    return "\n".join(
        [
            "# Settings",
            NOTE,
            "",
            "A setting is looked for in four places; the later wins:",
            "",
            "1. `[tool.wergate]` in the `pyproject.toml` here, or of the nearest folder above that has it",
            "2. a file given by `--config FILE`: TOML or JSON, with the settings as its keys or in a table `wergate`",
            "3. the environment: `WERGATE_` and the name in capitals; an empty variable counts as not set",
            "4. flags",
            "",
            "A relative path in `pyproject.toml` starts at the folder of that file, any other at the current folder.",
            "An unknown name is an error that names the nearest valid one. Secrets are never settings: they are read",
            "from the environment by the parts that need them (`HF_TOKEN`, `AZURE_SPEECH_KEY` …). Two variables are no",
            "settings: `WERGATE_TRACEBACK=1` shows the traceback of a failure on the terminal, and",
            "`WERGATE_TEST_MATERIAL` is the folder of recordings that some tests want.",
            "",
            "```toml",
            "[tool.wergate]",
            'base = "openai/whisper-small"',
            "min_gain = 0.05",
            "",
            "[tool.wergate.training]",
            "epochs = 3",
            "```",
            "",
            *_settings_table(general),
            "",
            *tables,
        ]
    )


def commands_page() -> str:
    """Every command with its arguments."""
    from flows.cli_arguments import EPILOG, build
    from flows.commands import COMMANDS

    _, parsers = build()
    lines = ["# Commands", NOTE]
    for command in COMMANDS:
        parser = parsers[command.name]
        lines += ["", f"## wergate {command.name}", "", "```", str(parser.usage), "```", "", command.description, ""]
        lines += ["| argument | meaning |", "|---|---|"]
        for action in parser._actions:
            if action.dest.startswith("setting:") or isinstance(action, argparse._HelpAction):
                continue
            name = " ".join(filter(None, (*action.option_strings, action.metavar if action.nargs != 0 else None)))
            lines.append(f"| `{name}` | {_cell(action.help or '')} |")
    lines += ["", "## Settings", "", "Every setting is a flag of every command: [settings](settings.md)."]
    lines += ["", "## Exit codes", "", EPILOG.rpartition("exit codes: ")[2] + ".", ""]
    return "\n".join(lines)


def rules_page() -> str:
    """Every rule that data is checked by, with what is said and how to mend it."""
    from asr.corpus.rules import RULES

    return "\n".join(
        [
            "# Rules of the data",
            NOTE,
            "",
            "What `wergate validate` and every run check; `wergate validate --rules` lists the same. An error stops",
            "the run before anything is trained, a warning does not. [Data](data.md) explains the layouts and what",
            "leakage is.",
            "",
            "| rule | usually | what is said | how to mend it |",
            "|---|---|---|---|",
            *(
                f"| `{rule.id}` | {rule.severity} | {_cell(rule.text)} | {_cell(rule.mend)} |"
                for rule in RULES.values()
            ),
            "",
            "## Numbers and exceptions",
            "",
            *(f"- `{rule.id}`: {_cell(rule.note)}." for rule in RULES.values() if rule.note),
            "",
        ]
    )


def modules_page() -> str:
    """Every module in the words of its docstring."""
    lines = [
        "# Modules",
        NOTE,
        "",
        "Every file in one sentence; [architecture](architecture.md) tells how they belong together.",
    ]
    for floor in ("flows", "tasks", "asr"):
        folders: dict[str, list[str]] = {}
        for path in sorted((DOCS.parent / floor).rglob("*.py")):
            if text := ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))):
                sentence = " ".join(text.split("\n\n")[0].split())
                name = path.relative_to(DOCS.parent)
                folders.setdefault(name.parent.as_posix(), []).append(f"| `{name.name}` | {_cell(sentence)} |")
        for folder, rows in sorted(folders.items()):
            lines += ["", f"## {folder}/", "", "| file | what it is |", "|---|---|", *rows]
    return "\n".join([*lines, ""])


def _settings_table(keys: list[tuple[str, ...]]) -> list[str]:
    from flows.cli_arguments import default_text
    from tasks.settings import setting_fields
    from tasks.settings_sources import flag, variable

    rows = ["| setting | values | default | meaning |", "|---|---|---|---|"]
    for key in keys:
        field = setting_fields()[key]
        names = f"`{'.'.join(key)}`<br>`{flag(key)}`<br>`{variable(key)}`"
        meaning = _cell(field.description or "")
        default = "empty" if field.default == "" else f"`{default_text(field)}`"
        rows.append(f"| {names} | {_values(field)} | {default} | {meaning} |")
    return rows


def _values(field: "FieldInfo") -> str:
    kind = field.annotation
    if get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(kind))
    names = {
        bool: "`true`, `false`",
        int: "whole number",
        float: "number",
        float | None: "`auto` or number",
        Path: "folder",
    }
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    bounds = [
        f"{sign} {getattr(bound, name):g}"
        for bound in field.metadata
        for name, sign in signs.items()
        if hasattr(bound, name)
    ]
    return ", ".join([names.get(kind, "text"), *bounds]).replace(", ", " ", 1)


def _cell(text: str) -> str:
    return text.replace("%%", "%").replace("|", "\\|").replace("<", "&lt;")


PAGES = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "rules.md": rules_page,
    "modules.md": modules_page,
}


def main() -> int:
    """Write the pages, or with --check compare them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a page is not up to date")
    check = parser.parse_args().check
    stale = [name for name, page in PAGES.items() if check and _read(DOCS / name) != page()]
    for name in stale:
        print(f"docs/{name} is not up to date; run: python docs/generate.py", file=sys.stderr)
    if not check:
        for name, page in PAGES.items():
            (DOCS / name).write_text(page(), encoding="utf-8")
    return 1 if stale else 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())
