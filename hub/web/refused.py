"""A refusal as a page, for people who read the hub in a browser: what happened, what to do next."""

from hub.kernel.errors import Refusal

from .languages import marked
from .pages import Answer, page
from .request import request_id

ADVICE = {
    400: marked("The request could not be understood. Go back and try once more."),
    401: marked("Sign in and try again."),
    403: marked("Your sign-in does not cover this. Another way of signing in may."),
    404: marked("Check the address, or search for what you need."),
    405: marked("Go back and use the buttons of the page."),
    409: marked("Something has changed meanwhile. Look again and decide anew."),
    413: marked("What was sent is too large. Send less at once."),
    422: marked("Some of what was entered is not right. Go back and correct it."),
    429: marked("Wait a little, then try again."),
    500: marked("The fault is ours and has been noted. Try again later."),
    503: marked("This part cannot answer just now. Try again in a minute."),
}


def advice_for(status: int) -> str:
    """What a citizen can do about a refusal of this status: one sentence, a msgid."""
    return ADVICE.get(status, ADVICE[status // 100 * 100])


def refusal_page(refusal: Refusal) -> Answer:
    """The refusal, its advice, and the number under which it stands in the log."""
    answer = page(
        "manual/refused.html",
        refusal.status,
        private=True,
        refusal=refusal,
        advice=advice_for(refusal.status),
        number=request_id(),
    )
    answer.headers.extend(refusal.headers)
    return answer
