"""Pages as they leave the server, without a browser: whole, in three languages, nothing inline."""

import re
from html.parser import HTMLParser

import pytest

from hub.kernel.errors import Unavailable
from hub.web.pages import asset, go_to
from tests.factories.feeds import published
from tests.factories.live import around_the_clock

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def town(db):
    return published(db, around_the_clock())


@pytest.fixture
def paths(town):
    return [
        f"/?feed={town}",
        f"/stops/{town}:S1",
        f"/stops/{town}:S1?size=large",
        f"/stops/{town}:S1/board?rows=3",
        f"/routes/{town}:7",
        f"/routes?feed={town}",
        "/search",
        "/search?q=stop",
        "/nearby?near=126.6,45.77",
        "/sign-in",
        "/status",
        "/docs",
        "/docs/stopArrivals",
        "/docs/schemas/StopBoard",
        "/problems",
        "/problems/not-found",
    ]


class Inline(HTMLParser):
    """Collects what a strict content security policy would block."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        handlers = [name for name in given if name == "style" or name.startswith("on")]
        inline_script = tag == "script" and "src" not in given
        if (
            handlers
            or tag == "style"
            or (inline_script and given.get("type") != "application/json")
        ):
            self.found.append(f"<{tag} {given}>")


def test_nothing_stands_inline(client, paths):
    for path in paths:
        parser = Inline()
        answer = client.get(path, headers=HTML)
        parser.feed(answer.text)

        assert answer.status_code == 200, path
        assert parser.found == [], path


@pytest.mark.parametrize(
    ("language", "word"), [("zh-CN", "搜索"), ("en", "Search"), ("ru", "Поиск")]
)
def test_the_language_follows_the_browser(client, language, word):
    answer = client.get("/search", headers={"Accept-Language": f"{language},de;q=0.5"})

    assert f'<html lang="{language}"' in answer.text
    assert word in answer.text
    assert answer.headers["Content-Language"] == language
    assert "Accept-Language" in answer.headers["Vary"]


def test_a_choice_of_language_is_kept_and_leaves_the_address_clean(client):
    switched = client.get("/search?q=a&lang=ru")

    assert (switched.status_code, switched.headers["Location"]) == (303, "/search?q=a")
    assert '<html lang="ru"' in client.get("/search", headers={"Accept-Language": "en"}).text


def test_an_unknown_language_changes_nothing(client):
    assert client.get("/search?lang=tlh").status_code == 200


def test_a_language_in_the_address_means_nothing_to_the_api(client):
    assert client.get("/v1/transit/feeds?lang=ru").status_code != 303


def test_a_person_reads_a_refusal_as_a_page_and_an_app_as_problem_json(client):
    page = client.get("/stops/nowhere:1", headers=HTML)
    told = client.get("/stops/nowhere:1", headers={"Accept": "application/json"})
    api = client.get("/v1/transit/stops/nowhere:1", headers=HTML)

    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert page.headers["X-Request-Id"] in page.text
    assert told.mimetype == api.mimetype == "application/problem+json"


def test_the_board_names_what_its_times_stand_on(client, town):
    text = client.get(f"/stops/{town}:S1").text

    assert "No live positions just now: these are timetable times." in text
    assert 'class="source__kind source__kind--schedule"' in text


@pytest.mark.parametrize("rows", ["0", "5", "999", "٣", "9" * 5000, "-1", "x"])
def test_the_number_of_rows_is_a_wish(client, town, rows):
    answer = client.get(f"/stops/{town}:S1/board", query_string={"rows": rows})

    assert answer.status_code == 200
    assert 1 <= answer.text.count('<tr role="row"') - 1 <= 30


def test_an_unchanged_fragment_answers_304_only_for_the_same_bytes(client, town):
    first = client.get(f"/stops/{town}:S1/board")
    other = client.get(f"/stops/{town}:S1/board", headers={"If-None-Match": '"another"'})

    assert first.headers["ETag"]
    assert other.status_code == 200


def test_the_network_of_a_city_is_one_file_kept_by_its_version(client, town):
    answer = client.get(f"/map/{town}/network.json")
    again = client.get(
        f"/map/{town}/network.json", headers={"If-None-Match": answer.headers["ETag"]}
    )

    (line,) = answer.json["routes"]
    assert [course["direction"] for course in line["courses"]] == [0]
    assert len(line["courses"][0]["coordinates"]) >= 2
    assert len(answer.json["stops"]) == 6
    assert again.status_code == 304


@pytest.mark.parametrize("near", ["", "1", "a,b", "200,0", "0,91", "1,2,3", "nan,0", "1e999,0"])
def test_a_place_that_is_none_is_refused(client, near):
    assert client.get("/nearby", query_string={"near": near}).status_code == 400


def test_positions_of_readers_are_kept_by_no_cache(client):
    assert client.get("/nearby?near=126.6,45.77").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    ["/me", "/favourites", "/me/second-factor", "/me/consents", "/me/mandates", "/me/access-log"],
)
def test_own_pages_lead_to_the_sign_in_and_back(client, path):
    answer = client.get(path)

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in?next=" + path.replace("/", "%2F")


@pytest.mark.parametrize("path", ["/me", "/favourites", "/sign-out", "/me/sign-out-everywhere"])
def test_forms_of_strangers_do_nothing(client, path):
    assert client.post(path).status_code == 303


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_sign_in_begun_by_another_site_is_refused(client, site):
    answer = client.post(
        "/sign-in", data={"address": "a@example.org"}, headers={"Sec-Fetch-Site": site}
    )

    assert answer.status_code == 403
    assert answer.json["type"] == "/problems/form-from-elsewhere"


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "", "evil"],
)
def test_after_a_form_nobody_is_sent_to_another_site(app, wanted):
    with app.test_request_context():
        assert go_to(wanted).headers["Location"] == "/"


def test_the_language_switch_leads_to_no_other_site(client):
    answer = client.get("//evil.example/?lang=ru", base_url="http://localhost")

    assert not answer.headers.get("Location", "/").startswith("//")


def test_a_page_can_say_that_the_database_is_away(client, monkeypatch):
    def away():
        raise Unavailable

    monkeypatch.setattr("hub.web.pages.visitor", away)

    assert client.get("/search").status_code == 200


def test_a_wrong_address_is_said_beside_the_field(client):
    answer = client.post("/sign-in", data={"address": "nobody@"}, headers=HTML)

    assert answer.status_code == 422
    assert 'id="address-error"' in answer.text
    assert re.search(r'<input id="address"[^>]*aria-invalid="true"', answer.text)


def test_built_files_say_how_long_they_hold(client):
    hashed = client.get(asset("hub.css"), headers={"Accept-Encoding": "gzip"})
    plain = client.get("/static/LICENSES.txt")

    assert "immutable" in hashed.headers["Cache-Control"]
    assert hashed.headers["Content-Encoding"] == "gzip"
    assert plain.headers["Cache-Control"] == "public, no-cache"
    assert client.get("/static/../pages.py").status_code == 404
