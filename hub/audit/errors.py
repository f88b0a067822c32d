"""Refusals of the access log."""

from typing import Any

from hub.kernel.errors import Conflict


class NotSealedYet(Conflict):
    """This row is so new that it is not in the signed tree yet. Ask again in two seconds: the
    sealer takes in what was committed each half second."""

    title = "Not sealed yet, in a moment"

    def __init__(self, detail: str | None = None, **more: Any) -> None:
        super().__init__(detail, **more)
        self.headers.setdefault("Retry-After", "2")
