"""What a user can do about each refusal of the service: by its inner code, its code, or the HTTP status."""

import re

from asr.azure.error_body import Said
from asr.azure.options import API_VERSION

_LATER = "try again in some minutes; see https://status.azure.com"
_ROLE = (
    "this sign-in may not do that: check that AZURE_SPEECH_KEY is of this resource; who signs in with Entra needs the "
    "role Cognitive Services Speech Contributor on it (Owner and Contributor are not enough)"
)
_KEY = "check that AZURE_SPEECH_KEY is a key of this resource and azure.region its region (a key works in no other)"
_TIER = (
    "the tier of the resource does not have this, or no more of it: F0 has no batch transcription, by which models are "
    "judged, and F0 allows 1 endpoint and 2 datasets; use a resource of tier S0"
)
_QUOTA = "the resource is full: delete what is not needed (`wergate azure clean`), or ask for more quota in the portal"
_MOVED = "check azure.address and azure.region; it may also have been deleted meanwhile: run again"
_IN_USE = "something still needs it or it is being worked on: wait until that is over, then run again"
_DATA = "see the report of the dataset in Speech Studio, mend the data and run again"
_BOM = "write the text file as UTF-8 with a byte order mark"
_KIND = "this base model cannot learn from this kind of data: choose another azure.base_model, or leave the data out"
_LOCALE = (
    "the service does not offer this for the locale: check `language` (testing data have to be audio, which not every "
    "locale takes), or leave this kind of data out"
)
_EXPIRED = (
    "the model has expired: if it is the champion, make another version champion (wergate rollback) and run again; if "
    "azure.base_model names it, leave that empty, which takes a newer base model"
)
_OURS = (
    f"the service does not understand Wergate, which speaks azure.api_version {API_VERSION}: check yours, or report it"
)
_PROXY = "a proxy or sign-in page stands between: set HTTPS_PROXY, or NO_PROXY for the service, and check azure.address"
_AUDIO = "use WAV files, 16 bit, mono, 8 or 16 kHz, that are not empty and within the limits; `wergate validate` tells"
_DEPLOY = "the model is not ready to be hosted: wait until its training has succeeded, or train it again"

_NAMES_TIER = re.compile(r"\b(?:free tier|pricing tier|f0)\b")

_BY_CODE = {
    "AudioLengthLimitExceeded": "the audio is too long: cut it, or use the batch transcription",
    "Conflict": _IN_USE,
    "DataImportFailed": _DATA,
    "DeleteNotAllowed": _IN_USE,
    "DeployNotAllowed": _DEPLOY,
    "DeployingFailedModel": _DEPLOY,
    "EmptyAudioFile": _AUDIO,
    "EndpointLoggingNotSupported": "switch logging off: only resources with their own storage can log",
    "EndpointNotUpdatable": _IN_USE,
    "FailedDataset": _DATA,
    "Forbidden": _ROLE,
    "InUseViolation": _IN_USE,
    "InaccessibleCustomerStorage": "the resource's own storage cannot be reached: give its identity access to it",
    "InvalidAdaptationMapping": _KIND,
    "InvalidAudioFormat": _AUDIO,
    "InvalidBaseModel": "check azure.base_model: a base model of this locale that can still be trained from",
    "InvalidDataset": _DATA,
    "InvalidLocale": _LOCALE,
    "InvalidModel": "check azure.base_model: the model must be of this locale and its training have succeeded",
    "InvalidPermissions": _ROLE,
    "InvalidSubscription": _TIER,
    "InvalidTimeToLive": _OURS,
    "ModelDeploymentNotCompleteState": _IN_USE,
    "ModelDeprecated": _EXPIRED,
    "ModelMismatch": "all parts must be of one locale: check `language` and azure.base_model",
    "ModelNotDeployable": "this model cannot be hosted: choose another azure.base_model",
    "NoUtf8WithBom": _BOM,
    "NotAllowed": _ROLE,
    "OutOfCallVolumeQuota": _TIER,
    "QuotaViolation": _QUOTA,
    "SkuLimitsExist": f"{_TIER}, or delete what is not needed (`wergate azure clean`)",
    "SubscriptionNotFound": _KEY,
    "UnsupportedClassBasedAdaptation": _KIND,
    "UnsupportedFilter": _OURS,
    "UnsupportedLanguageCode": _LOCALE,
    "UnsupportedPagination": _OURS,
    "CustomDomainRequired": "signing in with Entra needs azure.address, the custom domain of the resource",
    "AuthenticationTypeDisabled": "the resource takes no keys: unset AZURE_SPEECH_KEY and sign in with Entra",
}
_BY_STATUS = {
    400: _OURS,
    401: _KEY,
    402: _TIER,
    403: f"{_ROLE}; not every tier of a resource has everything (F0 has little)",
    404: _MOVED,
    405: _OURS,
    407: _PROXY,
    408: _LATER,
    409: _IN_USE,
    410: _MOVED,
    413: "the file is too large: a dataset of audio takes 2 GB at most, a block 8 MiB; split it",
    415: _OURS,
    422: "the service read the request and cannot use it: mend what it names",
    429: "too many calls at once, or the quota of the tier is used up (F0 has little): wait, then run again",
}


def mend_for(said: Said, status: int) -> str:
    """What to do: the innermost code knows most, then the outer one, then the status."""
    text = said.message.lower()
    if said.is_page:
        return _PROXY
    if "custom subdomain" in text or "custom domain" in text:
        return _BY_CODE["CustomDomainRequired"]
    if "authenticationtypedisabled" in text or "key based authentication is disabled" in text:
        return _BY_CODE["AuthenticationTypeDisabled"]
    if _NAMES_TIER.search(text):
        return _TIER
    if 300 <= status < 400:
        return _PROXY
    for code in (said.inner_code, said.code):
        if code in _BY_CODE:
            return _BY_CODE[code]
    return _BY_STATUS.get(status) or (_LATER if status >= 500 else _OURS)
