"""Pages: what a browser sees. Rendered on the server first, so that each page is whole without a
script, in three languages, under a content security policy that allows nothing inline.

A package that has pages declares ``Pages("traffic_pages", __name__)``, keeps its templates in
``templates/<package>/`` beside it, and answers with ``page("traffic/stop.html", ...)``.
"""

import gzip
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache, wraps
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, Response, g, redirect, render_template, request
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as BaseResponse

from hub.identity import StrongerSignInNeeded
from hub.kernel.errors import NotFound, Refusal, Unauthorized
from hub.kernel.work import Work

from . import languages
from .acting_for import become, stamp
from .bodies import encoded, etag_of
from .guard import Guard, View, guarded, public
from .request import actor, parts, request_id
from .tokens import CSRF_FIELD, citizen_at_home, csrf_token, visitor

HERE = Path(__file__).parent
STATIC = HERE / "static"
A_YEAR = timedelta(days=365)
LONGEST_FIELD = 3000
"""Letters of a form's field; the way back of a partner's sign-in is the longest that we have."""
MOST_VALUES = 100

T = TypeVar("T")

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}


# What a page's view may answer: the page, or the way to another one.
Answer = BaseResponse


def asked(name: str, default: str = "") -> str:
    """A value of the address's query, for example ``?feed=harbin``."""
    return request.args.get(name, default)


def sent(name: str) -> str:
    """A field of the form that was sent, without the spaces around it."""
    return request.form.get(name, "").strip()[:LONGEST_FIELD]


def sent_whole(name: str) -> str:
    """A field as it was typed, spaces and all: a password."""
    return request.form.get(name, "")[: 2 * LONGEST_FIELD]


def sent_all(name: str) -> list[str]:
    """All values of a field of the form that may be sent several times, as check boxes are."""
    return [value.strip()[:LONGEST_FIELD] for value in request.form.getlist(name)[:MOST_VALUES]]


def act(deed: Callable[[Work], T]) -> T:
    """Do something for a page in one transaction. A refusal comes back as an exception, after what
    it wants remembered was committed, so that the page can say it beside its form."""

    def stamped(work: Work) -> T:
        stamp(work)
        return deed(work)

    return parts().database.run(stamped, actor(), request_id=request_id())


def for_whom(scope: str) -> str | None:
    """For whom a page is used: the person whose id is in ``for`` of its address or form, once a
    mandate for ``scope`` was found; None when it is the reader's own. Refuses with NoMandate."""
    named = sent("for") or asked("for")
    principal = citizen_at_home()
    if not named or named == principal.id:
        return None
    become(principal, named, scope, request.endpoint or "")
    if request.method == "GET":
        parts().database.run(stamp, actor(), request_id=request_id())
    return named


def go_to(path: str) -> Answer:
    """Send the browser on after a form (303). Only within this hub: anything else goes home."""
    # Browsers read a backslash as a slash and skip control characters.
    inside = re.fullmatch(r"/(?![/\\])[^\\\x00-\x20\x7f]*", path) is not None
    answer = redirect(path if inside else "/", 303)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def for_signed_in(view: View) -> View:
    """A page of a signed-in person; others are shown the way to sign in, and back, and who must
    show more than they did, the way to that. A form without the page's own token is refused
    (CsrfMissing)."""

    @wraps(view)
    def knock(*args: Any, **kwargs: Any) -> Any:
        back = request.full_path.rstrip("?") if request.method == "GET" else "/me/security"
        try:
            principal = citizen_at_home()
        except Unauthorized:
            back = back if request.method == "GET" else "/me"
            return go_to("/sign-in?" + urlencode({"next": back}))
        g.actor = principal.actor
        try:
            return view(*args, **kwargs)
        except StrongerSignInNeeded:
            return go_to("/step-up?" + urlencode({"next": back}))

    return guarded(knock, Guard("token"))


class Pages(Blueprint):
    """The pages of one package; they are for people and stay out of the OpenAPI description."""

    def __init__(self, name: str, import_name: str) -> None:
        super().__init__(name, import_name, template_folder="templates")


def page(template: str, /, status: int = 200, *, private: bool = False, **context: Any) -> Response:
    """The finished page. ``private`` ones hold somebody's data: no cache may keep them."""
    answer = Response(render_template(template, **context), status, mimetype="text/html")
    answer.headers["Content-Language"] = languages.current_language()
    answer.headers["Cache-Control"] = "no-store" if private else "private, no-cache"
    answer.vary.update(("Accept-Language", "Cookie"))
    return answer


def set_up_pages(app: Flask) -> None:
    """Give the app its Jinja surroundings, the static files and the language switch."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        _=languages.text,
        counted=languages.counted,
        asset=asset,
        current_language=languages.current_language,
        LANGUAGES=languages.LANGUAGES,
        SHORT_NAMES=languages.SHORT_NAMES,
        in_language=in_language,
        hub_name=hub_name,
        form_token=form_token,
    )
    app.jinja_env.filters.update(
        local=local,
        plain=plain,
        clock=clock,
        day_and_time=day_and_time,
        careful_moment=careful_moment,
        ink_on=ink_on,
        json_block=json_block,
        address=address,
    )
    app.context_processor(lambda: {"reader": reader()})
    app.before_request(switch_language)
    app.view_functions["static"] = public(static_file)


def reader() -> str | None:
    """The public id of the signed-in person who reads this page, or None. Never refuses."""
    try:
        somebody = visitor()
    except Refusal:
        # The database is away: the page that says so must not need it.
        return None
    return None if somebody is None else somebody.actor.id


def form_token() -> Markup:
    """The hidden field that every form of a signed-in person carries."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, csrf_token())


def hub_name() -> str:
    """What this hub calls itself, for example "Harbin citizen hub"."""
    return languages.text("{city} citizen hub", city=languages.text(parts().settings.city_name))


def fragment(template: str, /, **context: Any) -> Response:
    """A piece of a page for the script that keeps it fresh; unchanged pieces answer 304."""
    body = render_template(template, **context).encode()
    answer = encoded(body, etag_of(body), max_age=0, media_type="text/html; charset=utf-8")
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.update(("Accept-Language", "Cookie"))
    return answer


def switch_language() -> Answer | None:
    """``?lang=ru`` on any page: remember the choice in a cookie and show the same page in it."""
    if "lang=" not in request.environ.get("QUERY_STRING", ""):
        return None
    chosen = request.args.get("lang")
    if (
        chosen not in languages.LANGUAGES
        or request.method != "GET"
        or request.path.startswith("/v1/")
    ):
        return None
    kept = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    answer = go_to(quote(request.path, safe="/:@") + ("?" + urlencode(kept) if kept else ""))
    answer.set_cookie(
        languages.COOKIE,
        chosen,
        max_age=A_YEAR,
        samesite="Lax",
        httponly=True,
        secure=request.is_secure,
    )
    return answer


def in_language(language: str) -> str:
    """The address of the page being shown, with the switch to ``language``."""
    kept = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    return "?" + urlencode([*kept, ("lang", language)])


# Static files


@cache
def _manifest() -> dict[str, str]:
    names: dict[str, str] = json.loads((STATIC / "manifest.json").read_text())
    return names


def asset(name: str) -> str:
    """The address of a built file by its plain name: ``hub.css`` is ``/static/hub-<hash>.css``."""
    return f"/static/{_manifest()[name]}"


@cache
def _built() -> frozenset[str]:
    return frozenset(path.name for path in STATIC.iterdir() if path.suffix in MEDIA_TYPES)


@cache
def _held(name: str) -> tuple[bytes, bytes | None]:
    """The bytes of a built file, plain and, where that makes them smaller, gzipped."""
    plain_bytes = (STATIC / name).read_bytes()
    if name.endswith(".woff2"):
        return plain_bytes, None
    return plain_bytes, gzip.compress(plain_bytes, 9, mtime=0)


def static_file(filename: str) -> Response:
    """A built file. Its name carries the hash of its content, so it may be kept for a year."""
    if filename not in _built():
        raise NotFound
    body, zipped = _held(filename)
    answer = Response(body, content_type=MEDIA_TYPES[Path(filename).suffix])
    if zipped is not None:
        answer.vary.add("Accept-Encoding")
        if request.accept_encodings["gzip"]:
            answer.set_data(zipped)
            answer.content_encoding = "gzip"
    hashed = re.search(r"-[A-Z0-9]{8}\.\w+$", filename) is not None
    answer.headers["Cache-Control"] = (
        f"public, max-age={int(A_YEAR.total_seconds())}, immutable"
        if hashed
        else "public, no-cache"
    )
    return answer


# Filters


def _chosen(texts: dict[str, str] | str | None) -> tuple[str, str | None]:
    if not texts:
        return "", None
    if isinstance(texts, str):
        return texts, None
    for language in (languages.current_language(), "en", *texts):
        if texts.get(language):
            return texts[language], language
    return "", None


def plain(texts: dict[str, str] | str | None) -> str:
    """A LocalText in the reader's language, else English, else whatever there is."""
    return _chosen(texts)[0]


def local(texts: dict[str, str] | str | None) -> Markup:
    """The same for the body of a page: marked with its language when that is not the page's, so
    that a screen reader changes its voice (WCAG 3.1.2)."""
    said, language = _chosen(texts)
    if language is None or language == languages.current_language():
        return escape(said)
    return Markup('<span lang="{}">{}</span>').format(language, said)


def moment(when: datetime | str) -> datetime:
    """A time of a JSON body as an aware ``datetime``."""
    return datetime.fromisoformat(when) if isinstance(when, str) else when


def clock(when: datetime | str, zone: str) -> str:
    """Hours and minutes on the clocks of ``zone``, the way all three languages write them."""
    return moment(when).astimezone(ZoneInfo(zone)).strftime("%H:%M")


def day_and_time(when: datetime | str, zone: str) -> str:
    """Day and time on the clocks of ``zone``, the way the reader's language writes them."""
    # Babel brings megabytes of locale data; processes that show no dates do without.
    from babel.dates import format_date

    there = moment(when).astimezone(ZoneInfo(zone))
    locale = languages.current_language().replace("-", "_")
    return f"{format_date(there, 'medium', locale=locale)} {there:%H:%M}"


def careful_moment(when: str, zone: str) -> str:
    """The same for a moment that came in an address: whatever is none shows as nothing."""
    try:
        found = datetime.fromisoformat(when)
        return day_and_time(found, zone) if found.tzinfo else ""
    except (ValueError, OverflowError):
        return ""


def ink_on(colour: str | None) -> str:
    """``white`` or ``black``, whichever is easier to read on ``#rrggbb`` (WCAG 2.2 luminance)."""
    channels = [int((colour or "#10263a")[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "white" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "black"


def address(public_id: str) -> str:
    """A public id as part of an address: feeds may put any character into theirs."""
    return quote(public_id, safe=":")


def json_block(value: object) -> Markup:
    """``value`` as the content of a ``<script type="application/json">``, which never runs."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    harmless = re.sub(r"[<>&]", lambda match: f"\\u{ord(match[0]):04x}", written)
    return Markup(harmless)  # noqa: S704 (no character of markup is left in it)
