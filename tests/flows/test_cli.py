import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from asr.corpus.delta import Delta
from asr.corpus.domain_text import DomainText
from asr.corpus.report import Overview
from asr.corpus.rules import Problem
from asr.corpus.statistics import BINS, NewWords, Statistics
from asr.corpus.utterance import Corpus
from asr.corpus.validate import CorpusReport
from asr.doctor import Finding
from asr.errors import DataError, SettingsError
from asr.scoring.analysis import analyse
from asr.scoring.evaluation import Evaluation
from asr.scoring.hypothesis import Hypothesis
from asr.text.normalizers import normalizer
from asr.text.pronunciation import Pronunciation
from flows import cli, cli_output
from flows.cli import fail
from flows.cli_arguments import build, parse, settings_flags
from flows.cli_failures import explain
from flows.commands import COMMANDS
from tasks.analyse import Analysed
from tasks.settings import setting_fields

Ran = subprocess.CompletedProcess[str]


@pytest.fixture
def wergate(tmp_path: Path, repository: Path):
    def run(*arguments: str, **environ: str) -> Ran:
        command = [sys.executable, "-m", "flows.cli", *arguments]
        surroundings = os.environ | {"PYTHONPATH": str(repository)} | environ
        return subprocess.run(command, cwd=tmp_path, env=surroundings, capture_output=True, text=True, timeout=120)

    return run


def test_help_names_every_command(wergate) -> None:
    ran = wergate("--help")
    assert ran.returncode == 0
    assert ran.stderr == ""
    for command in COMMANDS:
        assert re.search(rf"^    {command.name}\b", ran.stdout, re.MULTILINE), command.name


def test_help_of_run_names_every_setting(wergate) -> None:
    ran = wergate("run", "--help")
    assert ran.returncode == 0
    assert "--min-gain NUMBER" in ran.stdout
    assert "--training-epochs NUMBER" in ran.stdout
    assert "--data-folder DIR" in ran.stdout
    assert ran.stdout.count("(default:") >= 0.5 * len(setting_fields())  # some are cut by a line break


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parse([command, "--help"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: wergate {command} ")


def test_the_contract_of_the_commands() -> None:
    run = parse(["run", "--config", "c.toml", "--training-data", "a", "--testing-data", "b", "--base", "m", "--force"])
    assert (run.command, run.config, run.force, run.json) == ("run", Path("c.toml"), True, False)
    assert settings_flags(run) == {"training_data": "a", "testing_data": "b", "base": "m"}
    evaluate = parse(["evaluate", "--model", "champion", "--data", "d", "--max-samples", "5", "--json"])
    assert (evaluate.model, evaluate.data, evaluate.max_samples, evaluate.json) == ("champion", Path("d"), 5, True)
    assert settings_flags(evaluate) == {}
    assert parse(["validate", "a", "b"]).folders == [Path("a"), Path("b")]
    assert parse(["validate", "a", "--report", "page.md"]).report == Path("page.md")
    convert = parse(["convert", "d", "out", "--layout", "azure"])
    assert (convert.folder, convert.target, convert.layout) == (Path("d"), Path("out"), "azure")
    transcribe = parse(["transcribe", "a.wav", "b.wav"])
    assert (transcribe.files, transcribe.model) == ([Path("a.wav"), Path("b.wav")], "champion")
    assert parse(["transcribe", "a.wav", "--model", "m"]).model == "m"


def test_every_command_takes_every_setting() -> None:
    _, parsers = build()
    for parser in parsers.values():
        words = [word for action in parser._actions for word in action.option_strings]
        assert len(words) == len(set(words))
        assert sum(action.dest.startswith("setting:") for action in parser._actions) == len(setting_fields())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no command"),
        (["rum"], "did you mean run?"),
        (["run", "--min-gian", "3"], "unknown flag --min-gian; did you mean --min-gain?"),
        (["run", "--training.epochs=3"], "did you mean --training-epochs?"),
        (["run", "somewhere"], "unexpected 'somewhere'"),
        (["run", "--forc"], "did you mean --force?"),
        (["evaluate", "--model", "m"], "required: --data"),
        (["evaluate", "--model", "m", "--data", "d", "--max-samples", "0"], "at least 1"),
        (["validate"], "required: DIR"),
        (["convert", "d", "--layout", "azure"], "required: OUT"),
        (["convert", "d", "out"], "required: --layout"),
        (["convert", "d", "out", "--layout", "kaldi"], "invalid choice: 'kaldi'"),
    ],
)
def test_wrong_use_is_one_line(arguments: list[str], message: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(message)) as raised:
        parse(arguments)
    assert len(str(raised.value).splitlines()) == 1


def test_wrong_use_exits_with_2(wergate) -> None:
    ran = wergate("run", "--min-gian", "3")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "wergate: unknown flag --min-gian; did you mean --min-gain? See wergate run --help\n"


@pytest.mark.parametrize("wrong", [["run", "--min-gian", "3"], ["run", "--min-gain", "3"], ["run", "--config", "no"]])
def test_wrong_use_as_json(wergate, wrong: list[str]) -> None:
    ran = wergate(*wrong, "--json")
    error = json.loads(ran.stdout)["error"]
    assert ran.returncode == error["exit_code"] == 2
    assert ran.stderr == f"wergate: {error['message']}\n"


def test_wrong_settings_exit_with_2_and_leave_nothing(wergate, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.wergate]\nmin_gian = 0.1\nmin_words = 0\n")
    ran = wergate("models", WERGATE_NORMALIZER="klingon")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.splitlines() == [
        "wergate: pyproject.toml:2: unknown setting min_gian; did you mean min_gain?",
        "wergate: pyproject.toml:3: min_words must be greater than or equal to 1, not 0",
        "wergate: environment: WERGATE_NORMALIZER must be 'none', 'basic' or 'english', not \"klingon\"",
    ]
    assert not (tmp_path / "data").exists()


def test_doctor_finds_this_machine_well_and_leaves_nothing(wergate, tmp_path: Path) -> None:
    ran = wergate("doctor", "--json", HF_TOKEN="hf_do_not_show_me")
    answer = json.loads(ran.stdout)
    assert ran.returncode == 0, ran.stdout
    assert answer["healthy"] is True
    names = [finding["name"] for finding in answer["findings"]]
    wanted = ["Python", "torch", "GPU", "processors", "audio", "speech synthesis", "transformers", "tokens", "disk"]
    assert list(dict.fromkeys(names)) == [*wanted, "MLflow", "Prefect"]
    assert "hf_do_not_show_me" not in ran.stdout + ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_user_error_is_its_line_and_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    answers = io.StringIO()
    assert fail(DataError("x.wav: empty; record it again"), None, answers) == 3
    assert capsys.readouterr().err == "wergate: x.wav: empty; record it again\n"
    assert json.loads(answers.getvalue()) == {"error": {"message": "x.wav: empty; record it again", "exit_code": 3}}


def test_an_interrupted_run_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert fail(KeyboardInterrupt(), None, None) == 130
    assert capsys.readouterr().err == "wergate: interrupted; run the same command again to continue\n"


@pytest.mark.parametrize(
    "cause", [OSError(28, "No space left on device"), RuntimeError("I/O error: No space left on device (os error 28)")]
)
def test_a_full_disk_is_named_however_deep(tmp_path: Path, cause: Exception) -> None:
    error = RuntimeError("could not save")
    error.__cause__ = cause
    failure = explain(error, tmp_path, {})
    assert (failure.exit_code, "is full" in failure.message, str(tmp_path) in failure.message) == (1, True, True)


def test_a_full_disk_in_the_small(tmp_path: Path) -> None:
    with pytest.raises(OSError) as raised, Path("/dev/full").open("w", buffering=1) as full:
        full.write("x\n")
    assert "is full" in explain(raised.value, tmp_path, {}).message


def test_the_unexpected_is_one_line_with_a_log(tmp_path: Path) -> None:
    try:
        {}["nothing\nhere"]
    except KeyError as error:
        failure = explain(error, tmp_path, {})
    assert failure.exit_code == 1
    assert len(failure.message.splitlines()) == 1
    assert "KeyError" in failure.message and "WERGATE_TRACEBACK=1" in failure.message
    assert "Traceback (most recent call last)" in (tmp_path / "wergate-error.log").read_text()


def test_the_traceback_is_shown_on_demand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failure = explain(ValueError("x"), tmp_path, {"WERGATE_TRACEBACK": "1"})
    assert failure.message == "ValueError: x"
    assert "ValueError: x" in capsys.readouterr().err
    assert not (tmp_path / "wergate-error.log").exists()


LOUD = """
import os, subprocess, sys
from flows.cli_output import stdout_for_answers
answers = stdout_for_answers()
print("a library")
os.write(1, b"native code\\n")
subprocess.run([sys.executable, "-c", "print('a child')"])
print("the answer", file=answers)
"""


def test_stdout_holds_the_answer_alone(repository: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", LOUD], cwd=repository, capture_output=True, text=True)
    assert ran.stdout == "the answer\n"
    assert sorted(ran.stderr.splitlines()) == ["a child", "a library", "native code"]


CLOSED = """
import os, sys, tempfile
from flows.cli_output import stdout_for_answers
answers = stdout_for_answers()
with tempfile.TemporaryFile("w+") as file:
    print("a library")
    os.write(1, b"native code")
    print("the answer", file=answers, flush=True)
    print("a warning", file=sys.stderr, flush=True)
    file.seek(0)
    sys.exit(file.fileno() < 3 or file.read() or 0)
"""


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_closed_stdout_loses_the_answer_and_nothing_else(closed: str, repository: Path) -> None:
    command = f'exec "$0" -c "$1" {closed}'
    ran = subprocess.run(["bash", "-c", command, sys.executable, CLOSED], cwd=repository, capture_output=True)
    assert (ran.returncode, ran.stdout) == (0, b"")
    assert b"Error" not in ran.stderr


def test_a_reader_that_stops_reading_is_no_failure(tmp_path: Path, repository: Path) -> None:
    code = f"{sys.executable} -m flows.cli doctor | true"
    environ = os.environ | {"PYTHONPATH": str(repository)}
    ran = subprocess.run(["bash", "-c", code], cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert ran.stderr == ""


def evaluation(**changes: object) -> Evaluation:
    values = {
        "model": "champion v3",
        "model_fingerprint": "m",
        "corpus": "testing",
        "corpus_fingerprint": "c",
        "normalizer": "basic@1",
        "recognition": "recognition@2",
        "decoding": "greedily",
        "utterances": 1200,
        "seconds": 7300.0,
        "wer": 0.1234,
        "cer": 0.05,
        "ser": 0.5,
        "words": 12000,
        "substitutions": 1,
        "deletions": 2,
        "insertions": 3,
        "interval": (0.11, 0.13),
        "rtfx": 321.0,
        "table": Path("utterances.jsonl"),
    }
    return Evaluation.model_validate(values | changes)


def test_an_evaluation_for_people() -> None:
    rows = [Hypothesis("a", "to rolla square", "to roller square", 1.0, 3, 1, 0, 0, 15, 2)]
    analysed = Analysed(**evaluation().model_dump(), analysis=analyse(rows, normalizer("basic")))
    text = cli_output.evaluation_text(analysed)
    assert "WER              12.3% (95 % interval 11.0% – 13.0%)" in text.splitlines()
    assert "testing, 1,200 utterances, 2.0 h" in text
    assert "1 substituted, 2 deleted, 3 inserted" in text
    assert "missed most      rolla 1 of 1" in text.splitlines()
    assert "confused most    rolla → roller 1" in text.splitlines()


def test_an_evaluation_as_json() -> None:
    plain = json.loads(cli_output.as_json(evaluation(cer=float("nan")), io.StringIO()))
    assert plain["wer"] == 0.1234
    assert plain["cer"] is None
    assert plain["table"] == "utterances.jsonl"
    assert plain["interval"] == [0.11, 0.13]


def test_json_is_ascii_where_stdout_is_not_utf8() -> None:
    latin = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    assert cli_output.as_json({"text": "الشارقة"}, latin).isascii()
    utf8 = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    assert "الشارقة" in cli_output.as_json({"text": "الشارقة"}, utf8)


def overview(folder: Path, *problems: Problem, text: DomainText | None = None, **facts: object) -> Overview:
    draft = Corpus(
        name="x",
        folder=folder,
        manifest=Path("m"),
        fingerprint="f" * 64,
        utterances=1200,
        words=9000,
        seconds=3600,
        speakers=0,
        text=text,
    )
    values = {
        "utterances": 1200,
        "seconds": 3600,
        "words": 9000,
        "vocabulary": 800,
        "speakers": 0,
        "sources": 0,
        "durations": (0, 0, 600, 600, *[0] * (len(BINS) - 3)),
        "rates": {16000: 1200},
        "new_words": NewWords(vocabulary=1, share=0.01, most_frequent=(("rolla", 90),)),
    }
    delta = Delta(added=3, hours_added=0.1, since="improve x\x1b[31m")
    return Overview(CorpusReport(draft, Path("u"), problems), Statistics.model_validate(values | facts), delta)


def test_reports_of_problems(tmp_path: Path) -> None:
    empty = Problem("empty_text", "error", tmp_path / "metadata.csv", 3, "the transcript is empty", "write it", count=7)
    quiet = Problem("clipped", "warning", tmp_path / "a.wav", None, "the recording is clipped", "less gain")
    lines = cli_output.overview_text(overview(tmp_path, empty, quiet)).splitlines()
    assert lines[0] == f"{tmp_path}/metadata.csv:3: error[empty_text]: the transcript is empty … and 6 more — write it"
    assert lines[2:] == [
        f"{tmp_path}: 1,200 utterances, 60 min, 9,000 words; 7 errors, 1 warning",
        "  vocabulary   800 words, 150 spoken a minute",
        "  speakers     not named",
        "  files        16 kHz",
        "  not trained  1 word, 1.0% of what is said: rolla 90",
        "  durations        2–3 s  600  ████████████████████████████████",
        "                   3–4 s  600  ████████████████████████████████",
        "  changes      3 added (6 min 0 s) since run “improve x\\x1b[31m”",
    ]
    value = json.loads(
        cli_output.as_json(cli_output.overviews_value([overview(tmp_path, empty, quiet)]), io.StringIO())
    )
    assert (value["valid"], value["errors"], value["warnings"]) == (False, 7, 1)
    [corpus] = value["corpora"]
    assert corpus.keys() == {"corpus", "fingerprint", "problems", "statistics", "text", "delta", "doubts"}
    assert (corpus["corpus"], corpus["fingerprint"], corpus["problems"][0]["line"]) == (None, "f" * 64, 3)
    assert (corpus["statistics"]["vocabulary"], corpus["delta"]["added"]) == (800, 3)


def test_reports_of_good_data(tmp_path: Path) -> None:
    good = overview(tmp_path, utterances=0)
    assert cli_output.overview_text(good) == f"{tmp_path}: 1,200 utterances, 60 min, 9,000 words; 0 errors, 0 warnings"
    nothing_new = overview(tmp_path, new_words=NewWords(vocabulary=0, share=0, most_frequent=()), sources=3, rates={})
    lines = cli_output.overview_text(nothing_new).splitlines()
    assert "  not trained  nothing: training says every word" in lines
    assert "  sources      3" in lines
    assert not any("files" in line for line in lines)
    assert json.loads(cli_output.as_json(cli_output.overviews_value([good]), io.StringIO()))["valid"] is True


def test_reports_of_text_without_recordings(tmp_path: Path) -> None:
    rows = (Pronunciation("GoDrive", "go drive"),)
    text = DomainText(
        manifest=Path("m"), pronunciations=rows, fingerprint="f", lines=120, words=900, left_out={"text_twice": 3}
    )
    lines = cli_output.overview_text(overview(tmp_path, text=text)).splitlines()
    assert lines[1:4] == [
        "  plain text      120 lines, 900 words",
        "  left out        3 lines: text_twice 3",
        "  pronunciations  1",
    ]
    alone = overview(tmp_path, text=text.model_copy(update={"left_out": {}}), utterances=0)
    assert cli_output.overview_text(alone).splitlines()[1:] == [
        "  plain text      120 lines, 900 words",
        "  pronunciations  1",
    ]
    value = json.loads(cli_output.as_json(cli_output.overviews_value([alone]), io.StringIO()))
    assert value["corpora"][0]["text"]["pronunciations"] == [{"written": "GoDrive", "spoken": "go drive"}]


def test_models_for_people() -> None:
    registry = pytest.importorskip("tasks.model_list")
    versions = [
        registry.ModelVersion(
            version=2, aliases=("champion",), base="embedded", wer=0.123, testing="0a1b2c3d", outcome="promoted",
            decided="Ada", created="2026-01-02",
        ),
        registry.ModelVersion(
            version=1, aliases=(), base="embedded", wer=None, testing="", outcome="", decided="", created="2026-01-01"
        ),
    ]  # fmt: skip
    head, second, first = cli_output.models_text(versions).splitlines()
    assert head.split() == ["version", "alias", "WER", "on", "data", "outcome", "decided", "by", "base", "created"]
    assert second.split() == ["2", "champion", "12.3%", "0a1b2c3d", "promoted", "Ada", "embedded", "2026-01-02"]
    assert first.split() == ["1", "–", "–", "–", "–", "–", "embedded", "2026-01-01"]


def test_no_models_yet() -> None:
    assert cli_output.models_text([]) == "no models yet; `wergate run` registers the first"


def test_transcripts_for_people() -> None:
    transcribe = pytest.importorskip("tasks.transcribe")
    transcript = transcribe.Transcript(file=Path("a.wav"), text="two\tlines\n", seconds=1.0)
    assert cli_output.transcript_text(transcript, with_file=False) == "two lines"
    assert cli_output.transcript_text(transcript, with_file=True) == "a.wav\ttwo lines"


def test_findings_for_people() -> None:
    assert cli_output.finding_text(Finding("disk", "ok", "9 GB free")) == "✓ disk: 9 GB free"
    bad = cli_output.finding_text(Finding("disk", "problem", "full", "free some"))
    assert bad == "✗ disk: full\n  problem, to mend: free some"


def test_an_interrupt_is_named_whatever_a_library_makes_of_it(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError) as raised:
        try:
            raise KeyboardInterrupt
        finally:
            raise RuntimeError("unexpected pos 6534400 vs 6534288")
    assert explain(raised.value, tmp_path, {}).exit_code == 130


def test_a_termination_is_taken_like_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr(sys, "argv", ["wergate", "models"])
    monkeypatch.setattr(cli, "stdout_for_answers", io.StringIO)
    monkeypatch.setattr(cli, "execute", lambda *_: seen.append(signal.getsignal(signal.SIGTERM)) or 0)
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit):
            cli.main()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [signal.default_int_handler]
