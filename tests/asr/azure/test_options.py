"""The options of the Azure backend: what they may be, and where the service is then."""

import pytest
from pydantic import ValidationError

from asr.azure.options import AzureOptions


def test_nothing_names_a_resource_by_default() -> None:
    assert AzureOptions().endpoint == ""


def test_a_region_or_a_custom_domain() -> None:
    assert AzureOptions(region="westeurope").endpoint == "https://westeurope.api.cognitive.microsoft.com"
    assert AzureOptions(address="https://mine.cognitiveservices.azure.com/").endpoint == (
        "https://mine.cognitiveservices.azure.com"
    )
    for emulator in ("http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9"):
        assert AzureOptions(address=emulator).endpoint == emulator


@pytest.mark.parametrize(
    ("place", "live"),
    [
        ({}, ""),
        ({"region": "westeurope"}, "wss://westeurope.stt.speech.microsoft.com"),
        ({"region": "usgovvirginia"}, "wss://usgovvirginia.stt.speech.azure.us"),
        ({"region": "chinaeast2"}, "wss://chinaeast2.stt.speech.azure.cn"),
        ({"address": "https://mine.cognitiveservices.azure.com/"}, "wss://mine.cognitiveservices.azure.com"),
        ({"address": "HTTPS://mine.example"}, "wss://mine.example"),
        ({"address": "http://127.0.0.1:9"}, "ws://127.0.0.1:9"),
    ],
    ids=lambda one: str(one)[:30],
)
def test_where_live_audio_goes(place: dict[str, str], live: str) -> None:
    assert AzureOptions(**place).live_endpoint == live  # type: ignore[arg-type]


def test_regions_of_other_clouds_have_other_names() -> None:
    assert AzureOptions(region="usgovarizona").endpoint == "https://usgovarizona.api.cognitive.microsoft.us"
    assert AzureOptions(region="chinanorth3").endpoint == "https://chinanorth3.api.cognitive.azure.cn"


@pytest.mark.parametrize("region", ["West Europe", "westeurope.evil.example", "https://x", "x/", "1", "eu@"])
def test_what_is_no_region(region: str) -> None:
    with pytest.raises(ValidationError, match="must be a region such as westeurope"):
        AzureOptions(region=region)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://mine.cognitiveservices.azure.com", "must begin with https://, for a key is never sent in the clear"),
        ("http://127.0.0.1.example.org", "must begin with https://"),
        ("https://user:secret@mine.example", "azure.address has a user or a query in it; write only"),
        ("https://mine.example/?key=1", "azure.address has a user or a query in it; write only"),
        ("https://mine.example/path", "must be an address such as"),
        ("https://mine.example#part", "must be an address such as"),
        ("mine.example", "must be an address such as"),
        ("ftp://mine.example", "must begin with https://"),
    ],
    ids=["clear", "almost-local", "user", "query", "path", "part", "bare", "ftp"],
)
def test_what_is_no_address(address: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        AzureOptions(address=address)


def test_two_places_are_one_too_many() -> None:
    with pytest.raises(ValidationError, match=r"azure.region and azure.address name two places; give one of them"):
        AzureOptions(region="eastus", address="https://mine.example")


def test_bounds() -> None:
    for wrong in (
        {"max_rejected": 1.1},
        {"max_training_audio_hours": -1},
        {"max_training_audio_hours": float("inf")},
        {"patience_hours": 0},
        {"keep_models": 0},
        {"expiry_days": 0},
        {"unsupported_data": "ignore"},
        {"base_model": "../models/x"},
        {"api_version": "v3.2"},
        {"key": "0123456789abcdef0123456789abcdef"},
    ):
        with pytest.raises(ValidationError):
            AzureOptions.model_validate(wrong)
    assert AzureOptions(api_version="2024-11-15", base_model="0f60be9c-4479-51bf-8f8d-de1828b4af50").keep_models == 3
