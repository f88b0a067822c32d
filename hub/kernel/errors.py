"""Refusals: what the hub says no to, each one a page of the published manual.

A refusal is a class. Its name becomes the problem type (``HoldLapsed``: ``/problems/hold-lapsed``,
RFC 9457), its ``title`` what a citizen reads in their language, its docstring the manual page for
the developer of the app: second person, what happened, what to do next.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, TypedDict


class FieldError(TypedDict):
    """One wrong place in the input: a JSON pointer (RFC 6901) or parameter name, and a sentence."""

    pointer: str
    detail: str


class Refusal(Exception):
    """The request was understood and refused.

    With ``keep=True`` the transaction still commits: for what must be remembered though it failed,
    such as a wrong code that counts against its five tries.
    """

    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request was refused"

    def __init__(
        self,
        detail: str | None = None,
        *,
        keep: bool = False,
        errors: Sequence[FieldError] = (),
        headers: dict[str, str] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.keep = keep
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})

    @classmethod
    def slug(cls) -> str:
        """The last part of the problem type, for example ``slot-full``."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", cls.__name__).lower()


class Malformed(Refusal):
    """We could not read your request: broken JSON, a missing header, a value that is not of its
    type. Correct the request; sending the same bytes again will not help."""

    status = 400
    title = "The request could not be read"


class Unauthorized(Refusal):
    """You are not signed in, or your access token is no longer good. Refresh it or sign in again,
    then repeat the request."""

    status = 401
    title = "Please sign in"

    def __init__(self, detail: str | None = None, **more: Any) -> None:
        super().__init__(detail, **more)
        self.headers.setdefault("WWW-Authenticate", 'Bearer realm="hub"')


class Forbidden(Refusal):
    """You are signed in, but your token does not carry the scope that this needs. Ask for the
    scope named in the answer; repeating the request will not help."""

    status = 403
    title = "You may not do this"


class NotFound(Refusal):
    """There is nothing here, at least not for you: records of other people answer the same way.
    Check the address and the id."""

    status = 404
    title = "Not found"


class MethodNotAllowed(Refusal):
    """This address exists, but not for this HTTP method. The ``Allow`` header names the methods
    that work."""

    status = 405
    title = "This method is not offered here"


class NotAcceptable(Refusal):
    """The hub cannot answer in a media type that your ``Accept`` header allows. Accept
    ``application/json``."""

    status = 406
    title = "No answer in a form you accept"


class Conflict(Refusal):
    """The state of things does not allow this now. Read the record again and decide anew."""

    status = 409
    title = "This does not fit the present state"


class PreconditionFailed(Refusal):
    """The record changed since you read it: your ``If-Match`` is not its ``ETag`` any more. Read it
    again, apply your change to the new state, and send it with the new ``ETag``."""

    status = 412
    title = "The record has changed meanwhile"


class PreconditionRequired(Refusal):
    """Updates need an ``If-Match`` header with the ``ETag`` of the state you saw, so that nobody
    overwrites what they have not seen. Read the record first."""

    status = 428
    title = "Say which state you change"


class TooLarge(Refusal):
    """The body is larger than this address takes. Send less at once; the limit is in the detail."""

    status = 413
    title = "Too large"


class UnsupportedMedia(Refusal):
    """The body is of a media type that this address does not take. The detail names the one it
    takes; set ``Content-Type`` to it."""

    status = 415
    title = "This form of content is not taken here"


class Invalid(Refusal):
    """Your request was readable, but some of it does not hold. ``errors`` names each place and what
    is wrong with it; correct these and send it again."""

    status = 422
    title = "Some of the input is not right"


class TooMany(Refusal):
    """You asked too often. Wait as many seconds as ``Retry-After`` says, then try again; asking
    sooner only prolongs the wait."""

    status = 429
    title = "Too many requests"

    def __init__(self, detail: str | None = None, *, retry_after: int = 60, **more: Any) -> None:
        super().__init__(detail, **more)
        self.headers.setdefault("Retry-After", str(retry_after))


class Unavailable(Refusal):
    """This part of the hub cannot answer just now; the rest may well. Try again after
    ``Retry-After`` seconds, with the same Idempotency-Key if it was a write."""

    status = 503
    title = "Not available just now"

    def __init__(self, detail: str | None = None, *, retry_after: int = 5, **more: Any) -> None:
        super().__init__(detail, **more)
        self.headers.setdefault("Retry-After", str(retry_after))


class InternalFault(Refusal):
    """The fault is ours. It is logged under the request id in ``instance``; quote that id to the
    city's service desk. The same request may work later."""

    status = 500
    title = "Something went wrong on our side"


def all_refusals(root: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """Every kind of refusal of the hub and its sectors, the manual's table of contents."""
    for kind in root.__subclasses__():
        if kind.__module__.startswith(("hub.", "blueprints.")):
            yield kind
        yield from all_refusals(kind)
