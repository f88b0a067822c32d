"""Transactions at the edge: one request is one transaction, opened and closed here."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, current_app, request

from hub.kernel.errors import Refusal
from hub.kernel.work import Reading, Work

from . import answers
from .acting_for import stamp
from .operation import describe
from .problems import problem
from .request import actor, parts, request_id

View = Callable[..., Any]

_KEY_PARAMETER = {
    "in": "header",
    "name": answers.HEADER,
    "required": True,
    "description": "Made up by you for this one act; repeat it to get the same answer again.",
    "schema": {"type": "string", "minLength": 16, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"},
    "example": "0f8e2b6c-6f4e-4a0e-9f5b-2f6d4a1c9b7e",
}


def transaction(*, once: bool = False) -> Callable[[View], View]:
    """Run the view in one transaction; it gets the Work first.

    With ``once`` the request needs an Idempotency-Key, and a repetition gets the stored answer. A
    ``Refusal(keep=True)`` is an outcome like any other then: it is stored and replayed.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def within(*args: Any, **kwargs: Any) -> Any:
            def act(work: Work) -> Response:
                if not once:
                    stamp(work)
                    return current_app.make_response(view(work, *args, **kwargs))
                return answers.once(work, lambda: _outcome(view, work, args, kwargs))

            # Read to the end first: the transaction must not wait for a slow sender.
            request.get_data()
            return parts().database.run(act, actor(), request_id=request_id())

        within.transactional = "once" if once else "plain"  # type: ignore[attr-defined]
        refusals = (400, 409, 422, 429, 503) if once else (422, 429, 503)
        describe(within, refusals=refusals, parameters=[_KEY_PARAMETER] if once else [])
        return within

    return decorate


def _outcome(view: View, work: Work, args: Any, kwargs: Any) -> Response:
    try:
        stamp(work)
        return current_app.make_response(view(work, *args, **kwargs))
    except Refusal as refusal:
        if not refusal.keep:
            raise
        return problem(refusal)


def reads(view: View) -> View:
    """Run a view that only reads and logs nothing; it gets a Reading first."""

    @wraps(view)
    def within(*args: Any, **kwargs: Any) -> Any:
        if actor().mandate is not None:  # whoever reads for another leaves a line of it
            parts().database.run(stamp, actor(), request_id=request_id())
        return parts().database.read(lambda reading: _read(view, reading, args, kwargs), actor())

    within.transactional = "reads"  # type: ignore[attr-defined]
    describe(within, refusals=(429, 503))
    return within


def _read(view: View, reading: Reading, args: Any, kwargs: Any) -> Any:
    return view(reading, *args, **kwargs)
