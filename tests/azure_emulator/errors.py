"""How the service says no: the `Error` body of the contract."""

from typing import Any

# Assumption: the contract does not pair codes with HTTP statuses; these follow from the names.
STATUS_OF = {
    "InvalidRequest": 400,
    "InvalidArgument": 400,
    "Unauthorized": 401,
    "Forbidden": 403,
    "NotAllowed": 403,
    "NotFound": 404,
    "Conflict": 409,
    "UnsupportedMediaType": 415,
    "UnprocessableEntity": 422,
    "TooManyRequests": 429,
    "InternalServerError": 500,
    "ServiceUnavailable": 503,
}


class Refusal(Exception):
    """A request that is answered with an error.

    `code` is an ErrorCode of the contract and gives the HTTP status, `inner` is a DetailedErrorCode.
    """

    def __init__(self, code: str, message: str, inner: str | None = None, target: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.inner, self.target = code, message, inner, target

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUS_OF[self.code]

    @property
    def body(self) -> dict[str, Any]:
        """The `Error` of the contract."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.target:
            body["target"] = self.target
        if self.inner:
            body["innerError"] = {"code": self.inner, "message": self.message}
        return body


class JobFailed(Exception):
    """An import, a training or another job ends as `Failed`; both words are in `properties.error` then."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def invalid(message: str, inner: str = "InvalidParameterValue", target: str | None = None) -> Refusal:
    """The request asks for what there is not, or is not allowed."""
    return Refusal("InvalidRequest", message, inner, target)


def not_found(what: str) -> Refusal:
    """There is no such thing."""
    return Refusal("NotFound", f"The specified {what} was not found.")


def in_use(message: str) -> Refusal:
    """It cannot be deleted now. Assumption: the code fits its name; the documents only say that it is refused."""
    return Refusal("Conflict", message, "InUseViolation")
