"""The commands of `wergate`, in the words of their help, each with the arguments that only it has."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """A command, in the words of its help, and what it adds to the arguments that all commands have."""

    name: str
    usage: str
    help: str
    description: str
    add: Callable[[argparse.ArgumentParser], None]


def _run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--force", action="store_true", help="run even if nothing has changed since the last run")


def _evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", required=True, metavar="MODEL", help="a directory, a Hub id, or `champion`")
    parser.add_argument("--data", required=True, type=Path, metavar="DIR", help="folder of audio and transcripts")
    parser.add_argument("--max-samples", type=_positive, metavar="N", help="evaluate at most N utterances")


def _validate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folders", nargs="*", type=Path, metavar="DIR", help="folder of audio and transcripts")
    parser.add_argument("--rules", action="store_true", help="list the rules of the data instead; no DIR is needed")
    listen = "let the champion hear the data, and name the N transcripts that it disagrees with most"
    parser.add_argument("--listen", type=_positive, default=0, metavar="N", help=listen)
    parser.add_argument("--report", type=Path, metavar="FILE", help="write a Markdown page for a pull request as well")


def _convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder of audio and transcripts, in any layout")
    parser.add_argument("target", type=Path, metavar="OUT", help="new or empty folder to write to")
    layout = "audiofolder: audio as it is with a metadata.csv; azure: zip files for Custom Speech"
    parser.add_argument("--layout", required=True, choices=("audiofolder", "azure"), help=layout)


def _transcribe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="audio file")
    model = "a directory, a Hub id, or `champion` (default: champion)"
    parser.add_argument("--model", default="champion", metavar="MODEL", help=model)


def _approve(parser: argparse.ArgumentParser) -> None:
    run = "the run that waits: its MLflow id, or the beginning of it"
    parser.add_argument("run", metavar="RUN", help=run)
    _who_and_why(parser)


def _rollback(parser: argparse.ArgumentParser) -> None:
    to = "the version to go back to (default: the champion before this one)"
    parser.add_argument("--to", type=_version, metavar="VERSION", help=to)
    _who_and_why(parser)


def _azure(parser: argparse.ArgumentParser) -> None:
    what = "plan: what a run would do and cost; status: what is there; clean: delete what is needed no more; "
    what += "expiry: which models expire soon"
    parser.add_argument("what", choices=("plan", "status", "clean", "expiry"), metavar="WHAT", help=what)
    dry_run = "with clean: delete nothing, and say what would be deleted; the others delete nothing anyway"
    parser.add_argument("--dry-run", action="store_true", help=dry_run)


def _who_and_why(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", required=True, type=_name, metavar="NAME", help="who decides; kept in the history")
    parser.add_argument("--reason", required=True, type=_reason, metavar="TEXT", help="why; kept in the history")


def _nothing(parser: argparse.ArgumentParser) -> None:
    pass


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, not {text!r}")
    return int(text)


def _version(text: str) -> int:
    return _positive(text.removeprefix("v"))


def _name(text: str) -> str:
    from asr.scoring.person_decision import LONGEST_NAME

    return _told(text, LONGEST_NAME)


def _reason(text: str) -> str:
    from asr.scoring.person_decision import LONGEST_REASON

    return _told(text, LONGEST_REASON)


def _told(text: str, longest: int) -> str:
    line = " ".join(text.split())
    if not line:
        raise argparse.ArgumentTypeError("must say something")
    if len(line) > longest:
        raise argparse.ArgumentTypeError(f"must have at most {longest:,} characters, not {len(line):,}")
    if not line.isprintable():
        raise argparse.ArgumentTypeError("must be plain text, without control characters")
    return line


COMMANDS = (
    Command(
        "run",
        "[--training-data DIR] [--testing-data DIR] [--base MODEL] [--force]",
        "the whole loop: measure, train, measure again, decide, release",
        "Test the model in production on the testing data, train a better one, and release it if it is better. "
        "Safe to run again: an interrupted run continues, an unchanged one says so.",
        _run,
    ),
    Command(
        "evaluate",
        "--model MODEL --data DIR [--max-samples N]",
        "measure the WER of one model on one folder",
        "Measure word and character error rates of a model on a folder of audio and transcripts.",
        _evaluate,
    ),
    Command(
        "validate",
        "DIR... [--listen N] [--report FILE] | --rules",
        "report every problem of the data",
        "Check folders of audio and transcripts and report every problem at once; given training and testing data, "
        "what leaks between them too. Then the data in numbers, and what has changed since the last run. Exits with 3 "
        "if there is an error.",
        _validate,
    ),
    Command(
        "convert",
        "DIR OUT --layout {audiofolder,azure}",
        "write data in another layout, for other tools",
        "Check a folder in any mix of layouts and write its utterances in one: as a Hugging Face AudioFolder, with the "
        "audio as it is, or as zip files for Azure Custom Speech. Exits with 3, and writes nothing, if there is an "
        "error.",
        _convert,
    ),
    Command(
        "transcribe",
        "FILE... [--model MODEL]",
        "write down what is said in audio files",
        "Write down what is said in audio files, with the champion unless another model is named. "
        "One file gives its text, several give a line `file<TAB>text` each.",
        _transcribe,
    ),
    Command(
        "approve",
        "RUN --by NAME --reason TEXT",
        "promote the candidate of a run that waits for a person",
        "Promote and release the candidate of a run that ended with `awaiting_approval`. Nothing is promoted when the "
        "champion is another one than the candidate was compared with, or when somebody has decided already.",
        _approve,
    ),
    Command(
        "reject",
        "RUN --by NAME --reason TEXT",
        "reject the candidate of a run that waits for a person",
        "Reject the candidate of a run that ended with `awaiting_approval`. The champion stays.",
        _approve,
    ),
    Command(
        "rollback",
        "[--to VERSION] --by NAME --reason TEXT",
        "go back to an earlier model",
        "Make an earlier version the champion again and release it: smoke-tested first, done whole or not at all. "
        "Called once more without --to, it brings back what it replaced.",
        _rollback,
    ),
    Command(
        "history",
        "",
        "who made which model the champion, when and why",
        "List what happened to the champion, newest first, and which candidates wait for a person.",
        _nothing,
    ),
    Command("models", "", "list the registered models", "List the registered models, newest first.", _nothing),
    Command(
        "azure",
        "{plan,status,clean,expiry} [--dry-run]",
        "what a run would cost at Azure, what is there, what may go, what expires",
        "Look after what this project has at Azure Custom Speech. `plan` checks the data and says what a run would "
        "upload, train, transcribe and host, and what of it is charged; exits with 2 if the settings do not allow the "
        "costs. `status` lists what there is, and what it belongs to. `clean` deletes what this project made and needs "
        "no more. `expiry` exits with 1 if a model that people use expires within azure.expiry_days.",
        _azure,
    ),
    Command(
        "doctor",
        "",
        "look whether this machine and its services are ready",
        "Look whether this machine and its services are ready: Python, torch, GPU, audio, speech synthesis, tokens, "
        "disk, MLflow and Prefect. Exits with 1 if there is a problem.",
        _nothing,
    ),
)
