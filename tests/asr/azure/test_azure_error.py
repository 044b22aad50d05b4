import json
import pickle

import pytest

from asr.azure.azure_error import AzureError, InUse, NotThere, refused
from asr.azure.error_body import read_error
from asr.azure.safe_text import LONGEST, safe_text
from asr.errors import UserError


def body(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def test_the_body_of_the_contract_is_read_to_its_innermost_error() -> None:
    error = refused(
        400,
        body(
            code="InvalidRequest",
            message="The request is wrong.",
            details=[{"code": "InvalidArgument", "message": "See the third dataset."}],
            innerError={
                "code": "InvalidParameterValue",
                "message": "A value is wrong.",
                "innerError": {
                    "code": "InvalidAdaptationMapping",
                    "message": "The base model takes no such data.",
                    "target": "datasets",
                    "details": {"kind": "Pronunciation"},
                },
            },
        ),
        doing="POST models",
    )
    assert (error.status, error.code, error.inner_code) == (400, "InvalidRequest", "InvalidAdaptationMapping")
    assert str(error) == (
        "POST models: The base model takes no such data. (datasets); See the third dataset.; kind: Pronunciation "
        "(400 InvalidRequest/InvalidAdaptationMapping); this base model cannot learn from this kind of data: choose "
        "another azure.base_model, or leave the data out"
    )
    assert isinstance(error, UserError) and type(error) is AzureError


def test_the_body_of_the_gateway_is_read() -> None:
    error = refused(
        401,
        body(error={"code": "401", "message": "Access denied due to invalid subscription key."}),
        doing="GET models",
    )
    assert (error.code, error.message) == ("401", "Access denied due to invalid subscription key.")
    assert "AZURE_SPEECH_KEY" in error.mend and "azure.region" in error.mend


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no reason given"),
        (b"just text", "just text"),
        (b'"a string"', "a string"),
        (b"[1, 2]", "no reason given"),
        (b"null", "no reason given"),
        (b'{"error": "invalid_token", "error_description": "It has ended."}', "It has ended."),
        (b'{"statusCode": 401, "message": "Out of call volume quota."}', "Out of call volume quota."),
        (b"[" * 100_000, "[" * (LONGEST - 1) + "…"),
        (b'{"message": {"deep": 1}, "innerError": ["no object"], "details": 5}', "no reason given"),
        (b"\xff\xfe\x00", "��"),
        (b"<Error><Code>AuthenticationFailed</Code><Message>Not now.</Message></Error>", "Not now."),
    ],
    ids=["empty", "text", "string", "list", "null", "oauth", "gateway", "deep", "other types", "bytes", "storage"],
)
def test_any_body_is_stood(content: bytes, message: str) -> None:
    error = refused(418, content, doing="GET models")
    assert error.message == message
    assert "\n" not in str(error)


def test_a_web_page_is_a_proxy() -> None:
    page = b"<!DOCTYPE html><html><head><title>Sign in &amp; pay</title></head>" + b"<p>" * 9
    for error in (refused(200, page, doing="GET models"), refused(403, b"x", "text/html", doing="GET models")):
        assert "a web page answered" in error.message
        assert "HTTPS_PROXY" in error.mend
    assert "'Sign in & pay'" in refused(200, page, doing="GET models").message
    assert type(refused(404, page, doing="GET models")) is AzureError, "the page says nothing of what is there"


@pytest.mark.parametrize(
    ("status", "code", "inner", "mend"),
    [
        (401, "Unauthorized", "", "AZURE_SPEECH_KEY is a key of this resource"),
        (403, "Forbidden", "", "Cognitive Services Speech Contributor"),
        (403, "", "", "check that AZURE_SPEECH_KEY is of this resource"),
        (403, "", "", "not every tier"),
        (400, "InvalidRequest", "InvalidSubscription", "tier S0"),
        (400, "InvalidRequest", "QuotaViolation", "wergate azure clean"),
        (409, "Conflict", "SkuLimitsExist", "F0 allows 1 endpoint"),
        (404, "NotFound", "", "azure.region"),
        (409, "Conflict", "InUseViolation", "still needs it"),
        (413, "", "", "2 GB"),
        (415, "UnsupportedMediaType", "", "azure.api_version"),
        (422, "UnprocessableEntity", "", "mend what it names"),
        (429, "TooManyRequests", "", "wait"),
        (503, "ServiceUnavailable", "", "status.azure.com"),
        (599, "", "", "status.azure.com"),
        (400, "InvalidRequest", "ModelDeprecated", "newer base model"),
        (400, "InvalidRequest", "NoUtf8WithBom", "byte order mark"),
        (400, "InvalidRequest", "InvalidLocale", "`language`"),
        (400, "InvalidRequest", "FailedDataset", "report of the dataset"),
        (400, "InvalidRequest", "NeverHeardOf", "report it"),
    ],
)
def test_every_refusal_has_its_mend(status: int, code: str, inner: str, mend: str) -> None:
    error = refused(status, body(code=code, message="No.", innerError={"code": inner}), doing="POST models")
    assert mend in error.mend
    assert str(error).endswith(error.mend)


@pytest.mark.parametrize(
    ("message", "mend"),
    [
        ("Please provide a custom subdomain for token authentication.", "azure.address"),
        ("This operation is not allowed in the free tier.", "tier S0"),
        ("Key based authentication is disabled for this resource.", "unset AZURE_SPEECH_KEY"),
    ],
)
def test_what_only_the_words_tell(message: str, mend: str) -> None:
    assert mend in refused(400, body(error={"code": "BadRequest", "message": message}), doing="GET models").mend


@pytest.mark.parametrize(
    ("status", "inner", "kind", "passing"),
    [
        (404, "", NotThere, False),
        (410, "", NotThere, False),
        (409, "", InUse, False),
        (400, "InUseViolation", InUse, False),
        (400, "EndpointNotUpdatable", InUse, False),
        (400, "", AzureError, False),
        (429, "", AzureError, True),
        (500, "", AzureError, True),
        (504, "", AzureError, True),
        (501, "", AzureError, False),
    ],
)
def test_callers_can_tell_failures_apart(status: int, inner: str, kind: type, passing: bool) -> None:
    error = refused(status, body(code="X", innerError={"code": inner}), doing="DELETE models/1")
    assert (type(error), error.passing) == (kind, passing)


@pytest.mark.parametrize(("skew", "words"), [(3600.0, "60 min ahead"), (-900.0, "15 min behind")])
def test_a_wrong_clock_is_named_when_sign_in_fails(skew: float, words: str) -> None:
    assert words in refused(401, b"", doing="GET models", skew=skew).mend
    assert words not in refused(500, b"", doing="GET models", skew=skew).mend
    assert "clock" not in refused(401, b"", doing="GET models", skew=skew / 100).mend


def test_no_secret_is_shown() -> None:
    key, token = "k" * 32, "eyJhbGciOi.eyJhdWQiOi.c2lnbmF0dXJl"
    said = f"key {key}, Bearer abcdefghijk, {token}, https://user:pass@x.net/a?sv=1&sig=SIGNATURE%3D, or sig=SIGNATURE"
    error = refused(
        403, body(code="Forbidden", message=said), doing=f"GET https://y.net/b?sig=SIGNATURE {key}", secrets=[key, ""]
    )
    for text in (str(error), repr(error), repr(error.__dict__)):
        for secret in (key, token, "SIGNATURE", "abcdefghijk", "pass@", "eyJ"):
            assert secret not in text
    assert "https://x.net/a" in error.message and "https://y.net/b" in str(error)


def test_a_message_is_one_short_line_with_no_control_characters() -> None:
    text = safe_text("red \x1b[31m\r\n\tnext\u202eturned\u2028\x00" + "long " * 10_000)
    assert text.startswith("red [31m next turned long")
    assert len(text) == LONGEST and text.isprintable()


def test_reading_a_hostile_body_takes_no_time(benchmark_seconds: float = 2.0) -> None:
    import time

    begin = time.monotonic()
    for content in (b"<title" * 500_000, b"https://" * 500_000, b"eyJaaaaa." * 300_000, b"<Code>" * 500_000):
        safe_text(read_error(content).message)
    assert time.monotonic() - begin < benchmark_seconds


def test_an_error_survives_being_copied_to_another_process() -> None:
    error = refused(409, body(code="Conflict", message="In use."), doing="DELETE models/1")
    copied = pickle.loads(pickle.dumps(error))
    assert (type(copied), str(copied), copied.__dict__) == (InUse, str(error), error.__dict__)
