import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from asr.azure.locales import locales_of
from asr.errors import SettingsError
from tasks.load_settings import load_settings
from tasks.settings import Settings, setting_fields
from tasks.settings_sources import flag, variable


def load(start: Path, config: Path | None = None, flags: dict[str, str] | None = None, **environ: str) -> Settings:
    return load_settings(config, flags or {}, environ, start)


def mistakes(start: Path, config: Path | None = None, flags: dict[str, str] | None = None, **environ: str) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        load(start, config, flags, **environ)
    assert raised.value.exit_code == 2
    return str(raised.value).splitlines()


def pyproject(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_need_nothing(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.base == "embedded"
    assert settings.training.learning_rate is None
    assert settings.training_data == tmp_path / "training_data"
    assert settings.data == tmp_path / "data"


def test_a_later_source_wins(tmp_path: Path) -> None:
    pyproject(tmp_path, "[tool.wergate]\nmin_words = 1\nmin_gain = 0.1\ntraining.epochs = 1\nlanguage = 'de'\n")
    config = tmp_path / "config.toml"
    config.write_text("min_words = 2\nmin_gain = 0.2\n[training]\nepochs = 2\n")
    environ = {"WERGATE_MIN_WORDS": "3", "WERGATE_TRAINING_EPOCHS": "3"}
    settings = load(tmp_path, config, {"min_words": "4"}, **environ)
    assert settings.language == "de"
    assert settings.min_gain == 0.2
    assert settings.training.epochs == 3
    assert settings.min_words == 4


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", "min_words = 7\n[training]\nnoise = false"),
        ("a.toml", "[wergate]\nmin_words = 7\n[wergate.training]\nnoise = false"),
        ("a.toml", "[tool.wergate]\nmin_words = 7\ntraining = { noise = false }"),
        ("a.json", '{"min_words": 7, "training": {"noise": false}}'),
        ("a.json", '{"wergate": {"min_words": 7, "training": {"noise": false}}}'),
    ],
)
def test_a_config_file_holds_keys_or_a_table(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    settings = load(tmp_path, Path(name))
    assert settings.min_words == 7
    assert settings.training.noise is False


def test_the_nearest_pyproject_with_the_table_counts(tmp_path: Path) -> None:
    pyproject(tmp_path, "[tool.wergate]\ntraining_data = 'speech'\nbase = 'model'\n")
    pyproject(tmp_path / "a", "[project]\nname = 'somebody else'\n")
    pyproject(tmp_path / "a" / "b", "this is [not valid TOML, and not ours")
    (tmp_path / "model").mkdir()
    settings = load(tmp_path / "a" / "b", flags={"testing_data": "here"}, WERGATE_TRAINING_REPLAY_DATA="general")
    assert settings.training_data == tmp_path / "speech"
    assert settings.base == str(tmp_path / "model")
    assert settings.data == tmp_path / "data"
    assert settings.testing_data == tmp_path / "a" / "b" / "here"
    assert settings.training.replay_data == str(tmp_path / "a" / "b" / "general")


def test_a_hub_id_and_a_server_stay_as_they_are(tmp_path: Path) -> None:
    settings = load(tmp_path, flags={"base": "openai/whisper-small", "mlflow_tracking_uri": "http://mlflow:5000"})
    assert settings.base == "openai/whisper-small"
    assert settings.mlflow_tracking_uri == "http://mlflow:5000"


def test_a_relative_store_belongs_to_the_folder_of_its_file(tmp_path: Path) -> None:
    pyproject(tmp_path, "[tool.wergate]\nmlflow_tracking_uri = 'sqlite:///data/runs.db'\n")
    (tmp_path / "sub").mkdir()
    assert load(tmp_path / "sub").mlflow_tracking_uri == f"sqlite:///{tmp_path}/data/runs.db"


def test_every_mistake_is_named_at_once_with_its_place(tmp_path: Path) -> None:
    pyproject(
        tmp_path,
        """
[project]
min_gian = "not ours"

[tool.wergate]
min_gian = 0.1
min_words = "12"
epochs = 3

[tool.wergate.training]
epoch = 4
replay = true
""",
    )
    flags = {"normalizer": "englsh", "min_gain": "nan", "training.epochs": "-1"}
    environ = {"WERGATE_TRAINING_NOISE": "maybe", "WERGATE_BASES": "x"}
    assert mistakes(tmp_path, flags=flags, **environ) == [
        "pyproject.toml:6: unknown setting min_gian; did you mean min_gain?",
        "pyproject.toml:8: unknown setting epochs; did you mean training.epochs?",
        "pyproject.toml:11: unknown setting training.epoch; did you mean training.epochs?",
        "environment: unknown setting WERGATE_BASES; did you mean WERGATE_BASE?",
        'pyproject.toml:7: min_words must be a valid integer, not "12"',
        "pyproject.toml:12: training.replay must be a valid number, not true",
        'environment: WERGATE_TRAINING_NOISE must be a valid boolean, not "maybe"',
        "command line: --normalizer must be 'none', 'basic' or 'english', not \"englsh\"",
        'command line: --min-gain must be a finite number, not "nan"',
        'command line: --training-epochs must be greater than 0, not "-1"',
    ]


def test_a_line_of_json_is_found_below_its_table(tmp_path: Path) -> None:
    config = tmp_path / "settings.json"
    config.write_text(json.dumps({"batch_size": 8, "training": {"noise": True, "batch_size": 0}}, indent=1))
    assert mistakes(tmp_path, Path("settings.json")) == [
        "settings.json:5: training.batch_size must be greater than or equal to 1, not 0"
    ]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.toml", "min_gain = 1\nbase =\n", "a.toml:2: not valid TOML"),
        ("a.json", '{\n "base": \n}', "a.json:3: not valid JSON"),
        ("a.json", "[1]", "a.json: holds no table"),
        ("a.toml", "training = 5", "a.toml:1: training is a table of settings"),
        ("a.toml", "tool.wergate = 5", "a.toml:1: tool.wergate must be a table"),
        ("a.toml", "[training.noise]\non = true", "a.toml:1: training.noise must be a valid boolean"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    assert mistakes(tmp_path, Path(name))[0].startswith(message)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert mistakes(tmp_path, Path("no.toml")) == [
        "no.toml: no such configuration file; --config takes a .toml or .json file"
    ]
    (tmp_path / "latin.toml").write_bytes("name = 'Jos\xe9'".encode("latin-1"))
    assert "not UTF-8" in mistakes(tmp_path, Path("latin.toml"))[0]


def test_folders_must_be_apart(tmp_path: Path) -> None:
    assert "same folder" in mistakes(tmp_path, flags={"testing_data": "training_data"})[0]
    assert "data lies in testing_data" in mistakes(tmp_path, flags={"data": "testing_data/derived"})[0]


def test_a_secret_is_not_repeated(tmp_path: Path) -> None:
    (line,) = mistakes(tmp_path, WERGATE_HF_TOKEN="hf_secret")
    assert "secrets are never settings" in line
    assert "hf_secret" not in line


def test_empty_and_reserved_variables_are_not_settings(tmp_path: Path) -> None:
    environ = {"WERGATE_MIN_GAIN": "", "WERGATE_TEST_MATERIAL": "/somewhere", "WERGATE_TRACEBACK": "1", "PATH": "x"}
    assert load(tmp_path, **environ) == load(tmp_path)


def test_auto_takes_back_a_number(tmp_path: Path) -> None:
    pyproject(tmp_path, "[tool.wergate.training]\nlearning_rate = 1e-4\n")
    assert load(tmp_path).training.learning_rate == 1e-4
    assert load(tmp_path, flags={"training.learning_rate": "auto"}).training.learning_rate is None


def test_names_of_flags_and_variables_are_unique() -> None:
    fields = setting_fields()
    assert len({flag(key) for key in fields}) == len({variable(key) for key in fields}) == len(fields)
    assert flag(("training", "batch_size")) == "--training-batch-size"


def test_every_setting_says_what_it_is() -> None:
    for key, field in setting_fields().items():
        assert field.description and field.description.endswith("."), key


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().min_gain = 0.5  # type: ignore[misc]


@pytest.mark.parametrize(
    "flags", [{"base": "x/y"}, {"min_gain": "0.2"}, {"training.seed": "2"}, {"normalizer": "none"}]
)
def test_what_can_change_the_result_changes_the_fingerprint(tmp_path: Path, flags: dict[str, str]) -> None:
    assert load(tmp_path, flags=flags).fingerprint() != load(tmp_path).fingerprint()


def test_places_names_and_speed_do_not(tmp_path: Path) -> None:
    flags = {"data": "d", "training_data": "t", "name": "other", "batch_size": "1", "prefect_api_url": "http://p/api"}
    flags |= {"release_to_hub": "org/name"}
    assert load(tmp_path, flags=flags).fingerprint() == load(tmp_path).fingerprint()


def test_the_table_of_azure_changes_no_run_of_this_machine(tmp_path: Path) -> None:
    flags = {"azure.region": "westeurope", "azure.max_rejected": "0.5", "azure.unsupported_data": "drop"}
    assert load(tmp_path, flags=flags).fingerprint() == load(tmp_path).fingerprint()
    assert "azure" not in load(tmp_path, flags=flags).decisive()


AT_AZURE = {"backend": "azure", "language": "en-US", "azure.region": "westeurope"}


@pytest.mark.parametrize(
    "flags",
    [
        {"azure.region": "eastus"},
        {"azure.region": "", "azure.address": "https://mine.cognitiveservices.azure.com"},
        {"azure.api_version": "2024-11-15"},
        {"azure.unsupported_data": "drop"},
        {"azure.max_rejected": "0.5"},
        {"language": "en-GB"},
        {"normalizer": "none"},
        {"min_gain": "0.2"},
        {"backend": "local"},
    ],
    ids=lambda flags: " ".join(flags),
)
def test_what_can_change_the_result_at_azure(tmp_path: Path, flags: dict[str, str]) -> None:
    assert load(tmp_path, flags=AT_AZURE | flags).fingerprint() != load(tmp_path, flags=AT_AZURE).fingerprint()


def test_what_is_spent_and_waited_for_does_not(tmp_path: Path) -> None:
    """Nor what only this machine knows; a base that is pinned has a fingerprint of its own."""
    flags = {
        "azure.patience_hours": "1",
        "azure.keep_models": "9",
        "azure.expiry_days": "9",
        "azure.allow_charged_training": "true",
        "azure.max_training_audio_hours": "1",
        "azure.service_evaluation": "true",
        "azure.base_model": "0f60be9c-4479-51bf-8f8d-de1828b4af50",
        "base": "openai/whisper-small",
        "base_revision": "main",
        "search_with_text": "false",
        "training.epochs": "99",
        "name": "other",
    }
    changed = load(tmp_path, flags=AT_AZURE | flags)
    assert changed.fingerprint() == load(tmp_path, flags=AT_AZURE).fingerprint()
    assert set(changed.decisive()) & {"base", "training"} == set()


def test_azure_wants_a_locale_and_one_place(tmp_path: Path) -> None:
    assert mistakes(tmp_path, flags={"backend": "azure"}) == [
        "language is 'en'; Azure Custom Speech wants a locale such as "
        + ", ".join(sorted(one for one in locales_of("Language") if one.startswith("en-")))
    ]
    two = AT_AZURE | {"azure.address": "https://mine.example"}
    assert mistakes(tmp_path, flags=two) == ["azure.region and azure.address name two places; give one of them"]
    assert mistakes(tmp_path, flags=AT_AZURE | {"azure.region": "West Europe"}) == [
        'command line: --azure-region must be a region such as westeurope or eastus, not "West Europe"'
    ]


def test_of_two_places_at_azure_that_of_the_later_source_wins(tmp_path: Path) -> None:
    own, local = "https://mine.cognitiveservices.azure.com", "http://127.0.0.1:9"
    pyproject(tmp_path, f"[tool.wergate]\nbackend = 'azure'\nlanguage = 'en-US'\nazure.address = '{own}'\n")
    config = tmp_path / "config.toml"
    config.write_text("[azure]\nregion = 'eastus'\n")
    assert load(tmp_path, config).azure.endpoint == "https://eastus.api.cognitive.microsoft.com"
    environ = {"WERGATE_AZURE_REGION": "westeurope"}
    assert load(tmp_path, **environ).azure.endpoint == "https://westeurope.api.cognitive.microsoft.com"
    assert load(tmp_path, config, {"azure.address": local}, **environ).azure.endpoint == local
    assert load(tmp_path, flags={"azure.region": ""}).azure.endpoint == own, "nothing takes no place"
    config.write_text(f"[azure]\nregion = 'eastus'\naddress = '{own}'\n")
    assert mistakes(tmp_path, config) == ["azure.region and azure.address name two places; give one of them"]


@pytest.mark.parametrize("address", ["https://me:5ecret@mine.example", "https://mine.example/?key=5ecret"])
def test_a_secret_in_the_address_of_azure_is_not_repeated(tmp_path: Path, address: str) -> None:
    (line,) = mistakes(tmp_path, flags={"azure.address": address})
    assert line.startswith("azure.address has a user or a query in it; write only https://")
    assert "5ecret" not in line and "AZURE_SPEECH_KEY" in line


def test_a_key_is_no_setting_of_azure(tmp_path: Path) -> None:
    pyproject(tmp_path, '[tool.wergate.azure]\nspeech_key = "0123456789abcdef"\n')
    (line,) = mistakes(tmp_path)
    assert "secrets are never settings" in line and "0123456789abcdef" not in line


def test_a_repository_for_releases_looks_like_one(tmp_path: Path) -> None:
    assert load(tmp_path, flags={"release_to_hub": "org/name"}).release_to_hub == "org/name"
    pyproject(tmp_path, '[tool.wergate]\nrelease_to_hub = "https://huggingface.co/org/name"\n')
    assert mistakes(tmp_path) == [
        "pyproject.toml:2: release_to_hub must be a repository on the Hub, such as org/name, or empty, not "
        '"https://huggingface.co/org/name"'
    ]


def test_a_clone_elsewhere_has_the_same_fingerprint(tmp_path: Path) -> None:
    for clone in (tmp_path / "one", tmp_path / "two"):
        pyproject(clone, "[tool.wergate]\nbase = 'model'\n[tool.wergate.training]\nreplay_data = 'general'\n")
        (clone / "model").mkdir()
    assert load(tmp_path / "one").fingerprint() == load(tmp_path / "two").fingerprint()
    assert load(tmp_path / "one").base != load(tmp_path / "two").base


def test_importing_settings_imports_nothing_heavy(repository: Path) -> None:
    code = "import tasks.settings, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True)
    heavy = {"torch", "transformers", "prefect", "mlflow", "numpy", "soundfile", "jinja2", "pandas"}
    assert not heavy & set(loaded.stdout.split())
    assert "pydantic" in loaded.stdout.split()


def test_the_settings_of_this_repository_are_valid(repository: Path) -> None:
    settings = load(repository)
    assert settings.training_data == repository / "training_data"


@pytest.mark.parametrize(
    ("key", "address"),
    [
        ("mlflow_tracking_uri", "https://me:pa55word@example.org"),
        ("mlflow_tracking_uri", "postgresql://me:pa55word@example.org/mlflow"),
        ("prefect_api_url", "https://me:pa55word@example.org/api"),
    ],
)
def test_credentials_are_no_settings(tmp_path: Path, key: str, address: str) -> None:
    with pytest.raises(SettingsError, match=f"{key} has credentials in it; give them in the environment") as raised:
        load_settings(None, {key: address}, {}, tmp_path)
    assert "pa55word" not in str(raised.value)


def test_what_the_gate_cannot_take_is_no_setting(tmp_path: Path) -> None:
    from asr.scoring.checks import Limits

    with pytest.raises(SettingsError, match="--min-gain must be less than 1"):
        load_settings(None, {"min_gain": "1"}, {}, tmp_path)
    settings = load_settings(None, {"min_gain": "0.99", "guard_tolerance": "1", "min_words": "1"}, {}, tmp_path)
    Limits(min_gain=settings.min_gain, guard_tolerance=settings.guard_tolerance, min_words=settings.min_words)
