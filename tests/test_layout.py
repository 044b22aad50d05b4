"""The house stands: imports run one way, the command line starts fast, a file holds one idea."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
FLOORS = ("flows", "tasks", "asr")  # from the top down

FORBIDDEN = {
    "asr": {"tasks", "flows", "prefect", "mlflow"},
    "tasks": {"flows"},
    "flows": {"torch", "transformers", "httpx", "jiwer", "mlflow"},
}
SLOW_TO_IMPORT = {
    "accelerate",
    "av",
    "azure",
    "datasets",
    "huggingface_hub",
    "jinja2",
    "jiwer",
    "mlflow",
    "pandas",
    "peft",
    "prefect",
    "scipy",
    "soundfile",
    "torch",
    "transformers",
}
COMES_WITH = {"azure": "azure_cognitiveservices_speech", "markupsafe": "jinja2", "pydantic_core": "pydantic"}
LONGEST = 300
SAYS_NOTHING = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}


def files(floor: str) -> list[Path]:
    return sorted((REPOSITORY / floor).rglob("*.py"))


SOURCES = [path for floor in FLOORS for path in files(floor)]


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")


def targets(node: ast.stmt, path: Path) -> Iterator[str]:
    """The dotted names that one import statement brings in: `a.b` and, for what may be a module, `a.b.name`."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        package = path.relative_to(REPOSITORY).parent.parts
        above = package[: len(package) - node.level + 1] if node.level else ()
        module = ".".join([*above, *([node.module] if node.module else [])])
        yield module
        yield from (f"{module}.{alias.name}" for alias in node.names)


def imports_anywhere(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {name for node in ast.walk(tree) if isinstance(node, ast.stmt) for name in targets(node, path)}


def imports_at_import(path: Path) -> set[str]:
    """What importing the module imports: not what stands in functions or under TYPE_CHECKING."""

    def walk(body: list[ast.stmt]) -> Iterator[str]:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                yield from walk(node.orelse)
                continue
            yield from targets(node, path)
            for field in ("body", "orelse", "finalbody"):
                yield from walk(getattr(node, field, []))
            for handler in getattr(node, "handlers", []):
                yield from walk(handler.body)

    return set(walk(ast.parse(path.read_text(encoding="utf-8")).body))


def name_of(path: object) -> str:
    return path.relative_to(REPOSITORY).as_posix() if isinstance(path, Path) else str(path)


def test_there_is_something_on_every_floor() -> None:
    assert all(len(files(floor)) > 1 for floor in FLOORS)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_imports_run_one_way(path: Path) -> None:
    floor = path.relative_to(REPOSITORY).parts[0]
    upward = {name for name in imports_anywhere(path) if name.partition(".")[0] in FORBIDDEN[floor]}
    assert sorted(upward) == [], f"{floor}/ must not know these"


def test_the_command_line_imports_nothing_slow() -> None:
    modules = {dotted(path): path for path in SOURCES}
    waiting, seen, slow = ["flows.cli"], set(), set()
    while waiting:
        module = waiting.pop()
        if module in seen or module not in modules:
            continue
        seen.add(module)
        names = imports_at_import(modules[module])
        slow |= {f"{module} imports {name}" for name in names if name.partition(".")[0] in SLOW_TO_IMPORT}
        waiting += [".".join(name.split(".")[:depth]) for name in names for depth in range(1, name.count(".") + 2)]
    assert "flows.cli" in seen
    assert sorted(slow) == [], "import these in the functions that need them"


def test_the_command_line_loads_nothing_slow() -> None:
    code = "import flows.cli, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert loaded.returncode == 0, loaded.stderr
    assert SLOW_TO_IMPORT.intersection(loaded.stdout.split()) == set()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_file_holds_one_idea(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{lines} lines: two ideas in one?"
    assert path.stem not in SAYS_NOTHING, "a file is named after what it does"


def test_everything_imported_is_declared() -> None:
    """A bare `make run` installs the dependencies and nothing of `dev`."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[<>=!~\[ ]", line)[0].lower().replace("-", "_") for line in project["dependencies"]}
    declared |= {module for module, package in COMES_WITH.items() if package in declared}
    known = declared | set(FLOORS) | set(sys.stdlib_module_names)
    used = {name.partition(".")[0] for path in SOURCES for name in imports_anywhere(path)}
    assert sorted(used - known) == [], "add these to the dependencies in pyproject.toml"
