"""The command `wergate`: a thin face over the flows, one function a command.

Exit codes: 0 a decision was reached, 1 failure, 2 wrong use or settings, 3 invalid data, 130 interrupted.
"""

import os
import signal
import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TextIO

from flows.cli_answer import Answer, Say
from flows.cli_arguments import parse, settings_flags
from flows.cli_azure import azure
from flows.cli_failures import explain
from flows.cli_output import as_json, evaluation_text, finding_text, models_text, stdout_for_answers, transcript_text
from flows.commands import COMMANDS
from tasks.load_settings import load_settings
from tasks.settings import Settings


class NobodyReads(Exception):
    """The reader of stdout has seen enough: `wergate models | head -1`."""


def run(settings: Settings, arguments: Namespace, say: Say) -> Answer:
    """The whole loop."""
    from flows.improve import improve
    from tasks.prefect_server import start

    start()
    result = improve(settings, force=arguments.force)
    say(result.summary())
    return Answer(result)


def evaluate(settings: Settings, arguments: Namespace, say: Say) -> Answer:
    """One model on one folder."""
    from flows.evaluate import evaluate
    from tasks.prefect_server import start

    start()
    evaluation = evaluate(settings, arguments.model, arguments.data, arguments.max_samples)
    say(evaluation_text(evaluation))
    return Answer(evaluation)


def validate(settings: Settings, arguments: Namespace, say: Say) -> Answer:
    """Every problem of the data, and what it holds; errors make it invalid. Or the rules that it is checked by."""
    if arguments.rules:
        return _list_rules(say)
    from asr.corpus.report import write_page
    from flows.cli_output import overview_text, overviews_value
    from flows.validate import validate
    from tasks.prefect_server import start

    start()
    overviews = validate(settings, arguments.folders, arguments.listen)
    for overview in overviews:
        say(overview_text(overview))
    if arguments.report:
        write_page(arguments.report, overviews)
    invalid = any(overview.report.errors for overview in overviews)
    return Answer(overviews_value(overviews), exit_code=3 if invalid else 0)


def _list_rules(say: Say) -> Answer:
    """The rules of the data."""
    from asr.corpus.rules import RULES
    from flows.cli_output import rules_text

    say(rules_text(RULES.values()))
    return Answer({"rules": list(RULES.values())})


def convert(settings: Settings, arguments: Namespace, say: Say) -> Answer:
    """A folder in another layout; nothing is written of invalid data."""
    from flows.cli_output import conversion_text, conversion_value
    from flows.convert import convert
    from tasks.prefect_server import start

    start()
    conversion = convert(settings, arguments.folder, arguments.target, arguments.layout)
    say(conversion_text(conversion))
    return Answer(conversion_value(conversion), exit_code=0 if conversion.written else 3)


def transcribe(settings: Settings, arguments: Namespace, say: Say) -> Answer:
    """What is said in files; one file gives its text alone, several give `file<TAB>text`."""
    from tasks.transcribe import transcribe_files

    transcripts = transcribe_files(settings, arguments.model, arguments.files)
    for transcript in transcripts:
        say(transcript_text(transcript, with_file=len(arguments.files) > 1))
    return Answer({"model": arguments.model, "transcripts": transcripts})


def approve(settings: Settings, arguments: Namespace, say: Say) -> Answer:
    """A person says yes to a candidate that waits."""
    return _answer(settings, arguments, "promote", say)


def reject(settings: Settings, arguments: Namespace, say: Say) -> Answer:
    """A person says no to a candidate that waits."""
    return _answer(settings, arguments, "reject", say)


def _answer(settings: Settings, arguments: Namespace, decision: Literal["promote", "reject"], say: Say) -> Answer:
    from asr.scoring.person_decision import PersonDecision
    from flows.approve import approve
    from tasks.prefect_server import start

    start()
    told = PersonDecision(decision=decision, by=arguments.by, reason=arguments.reason, at=datetime.now(UTC))
    result = approve(settings, arguments.run, told)
    say(result.summary())
    return Answer(result)


def rollback(settings: Settings, arguments: Namespace, say: Say) -> Answer:
    """An earlier model is the champion again."""
    from flows.rollback import rollback
    from tasks.prefect_server import start

    start()
    done = rollback(settings, arguments.to, arguments.by, arguments.reason)
    say(done.summary())
    return Answer(done)


def history(settings: Settings, arguments: Namespace, say: Say) -> Answer:
    """What happened to the champion."""
    from flows.cli_output import history_text
    from tasks.history import read_history

    found = read_history(settings)
    say(history_text(found))
    return Answer(found)


def models(settings: Settings, arguments: Namespace, say: Say) -> Answer:
    """The models of the registry."""
    from tasks.model_list import list_models
    from tasks.release import recover_if_idle

    recover_if_idle(settings)
    versions = list_models(settings)
    say(models_text(versions))
    return Answer({"models": versions})


def doctor(settings: Settings, arguments: Namespace, say: Say) -> Answer:
    """Whether this machine and its services are ready; said as it is found."""
    from tasks.doctor import examine

    findings = []
    for finding in examine(settings):
        findings.append(finding)
        say(finding_text(finding))
    healthy = all(finding.state != "problem" for finding in findings)
    return Answer({"healthy": healthy, "findings": findings}, exit_code=0 if healthy else 1)


_FUNCTIONS: dict[str, Callable[[Settings, Namespace, Say], Answer]] = {
    function.__name__: function
    for function in (
        run,
        evaluate,
        validate,
        convert,
        transcribe,
        approve,
        reject,
        rollback,
        history,
        models,
        azure,
        doctor,
    )
}
assert _FUNCTIONS.keys() == {command.name for command in COMMANDS}


def main() -> None:
    """Run the command line and exit."""
    argv = sys.argv[1:]
    try:
        arguments = parse(argv)
    except (Exception, KeyboardInterrupt) as error:
        sys.exit(fail(error, None, sys.stdout if "--json" in argv else None))
    answers = stdout_for_answers()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: records are closed, no server stays behind
    try:
        exit_code = execute(arguments, Path.cwd(), answers)
    except NobodyReads:
        os.dup2(os.open(os.devnull, os.O_WRONLY), answers.fileno())  # for what is still in its buffer
        exit_code = 1
    sys.exit(exit_code)


def execute(arguments: Namespace, start: Path, answers: TextIO) -> int:
    """Do what was asked, as seen from the folder `start`, print the answer and return the exit code.

    Raises:
        NobodyReads: nobody reads the answer.
    """
    settings = None

    def write(text: str) -> None:
        try:
            print(text, file=answers, flush=True)
        except BrokenPipeError as error:
            raise NobodyReads from error

    def say(text: str) -> None:
        if not arguments.json:
            write(text)

    try:
        settings = load_settings(arguments.config, settings_flags(arguments), os.environ, start)
        if arguments.command != "doctor":  # which looks and leaves no trace
            from tasks.environment import prepare

            prepare(settings)
        answer = _FUNCTIONS[arguments.command](settings, arguments, say)
        if arguments.json:
            write(as_json(answer.value, answers))
        return answer.exit_code
    except NobodyReads:
        raise
    except (Exception, KeyboardInterrupt) as error:
        return fail(error, settings, answers if arguments.json else None)


def fail(error: BaseException, settings: Settings | None, answers: TextIO | None) -> int:
    """Say on stderr what went wrong, on `answers` (if given) as JSON, and return the exit code."""
    from asr.corpus.rules import printable

    failure = explain(error, settings.data if settings else None, os.environ)
    for line in failure.message.splitlines():
        print(f"wergate: {printable(line)}", file=sys.stderr)
    if answers:
        value = {"error": {"message": failure.message, "exit_code": failure.exit_code}}
        with suppress(BrokenPipeError):
            print(as_json(value, answers), file=answers, flush=True)
    return failure.exit_code


if __name__ == "__main__":
    main()
