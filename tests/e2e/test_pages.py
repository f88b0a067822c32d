"""What every page owes its reader: nothing from elsewhere, no wide page, whole without a script."""

from urllib.parse import urlsplit

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from .town import FEED

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
STOP, LINE = f"{FEED}:1-3", f"{FEED}:1"
PUBLIC = [
    "/",
    f"/?stop={STOP}",
    f"/stops/{STOP}",
    f"/stops/{STOP}?size=large",
    f"/routes/{LINE}",
    "/routes",
    "/search",
    "/search?q=zhongyang",
    "/search?q=nowhere",
    "/nearby?near=126.6200,45.7700",
    "/sign-in",
    "/status",
    "/docs",
    "/docs/stopArrivals",
    "/docs/schemas/StopBoard",
    "/problems",
    "/problems/not-found",
    "/demo/messages",
]
NOWHERE = "/no/such/page"
# WCAG 2.2 AA, and axe's best practices with it.
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def broken_rules(page) -> list[str]:
    found = Axe().run(page, options=AXE).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node.get('failureSummary', '')}"
        for rule in found
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible(visit, scheme, scripts):
    opened = visit(color_scheme=scheme)
    if not scripts:
        opened.without_scripts()
    broken = {}
    for path in [*PUBLIC, NOWHERE]:
        page = opened.open(path)
        if scripts and path.startswith("/?"):
            page.locator("#chosen [data-board]").wait_for()
        if found := broken_rules(page):
            broken[path] = found

    assert not broken


@pytest.mark.parametrize("locale", ["zh-CN", "en", "ru"])
def test_no_page_is_wider_than_a_phone(visit, locale):
    opened = visit(viewport=PHONE, locale=locale)
    wide = {}
    for path in [*PUBLIC, NOWHERE]:
        page = opened.open(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["width"]:
            wide[path] = width

    assert not wide


def test_pages_ask_nobody_else_and_break_no_policy(visit, hub):
    opened = visit()
    for path in PUBLIC:
        opened.open(path)
    page = opened.open("/")
    expect(page.locator(".connection")).to_have_attribute("data-state", "live")

    own = {urlsplit(hub.url).netloc, urlsplit(hub.parts.settings.public_stream_url).netloc}
    assert {urlsplit(url).netloc for url in opened.requested} <= own
    assert opened.complaints == []


def test_the_board_of_the_page_is_the_board_of_the_api(visit, hub):
    body = httpx.get(f"{hub.url}/v1/transit/stops/{STOP}/arrivals").json()
    page = visit(java_script_enabled=False).open(f"/stops/{STOP}?rows=30")

    rows = page.locator("table.board tbody tr")
    shown = [rows.nth(n).locator("th").inner_text() for n in range(rows.count())]
    assert len(shown) == pytest.approx(len(body["arrivals"]), abs=1)
    assert set(shown) == {arrival["route"]["short_name"] for arrival in body["arrivals"]}
    assert page.locator(".source__kind--realtime").count() >= 1
    assert "seen" in page.locator("table.board").inner_text()


def test_a_board_refreshes_itself_and_says_so_once(visit):
    page = visit().open(f"/stops/{STOP}")
    page.evaluate("document.querySelector('[data-board]').dataset.summary = 'before'")

    with page.expect_response(lambda answer: "/board" in answer.url):
        page.get_by_role("link", name="Refresh").click()

    expect(page.locator("[data-board]")).not_to_have_attribute("data-summary", "before")
    assert page.locator("table.board").count() == 1


@pytest.mark.parametrize(
    ("q", "locale", "name"),
    [
        ("中央大街", "zh-CN", "中央大街"),
        ("zhongyangdajie", "zh-CN", "中央大街"),
        ("zydj", "en", "Central Street"),
        ("central street", "en", "Central Street"),
        ("центральная", "ru", "Центральная улица"),
    ],
)
def test_stops_are_found_in_three_languages_and_pinyin(visit, q, locale, name):
    page = visit(locale=locale, java_script_enabled=False).open("/search")
    page.get_by_role("searchbox").fill(q)
    page.get_by_role("searchbox").press("Enter")

    page.locator("ul.rows strong").first.wait_for()
    assert name in page.locator("ul.rows strong").all_inner_texts()


def test_suggestions_appear_while_typing_and_obey_the_keyboard(visit):
    page = visit().open("/search")
    field = page.get_by_role("combobox")
    field.press_sequentially("gogol")
    page.get_by_role("option").first.wait_for()

    for _ in range(10):
        field.press("ArrowDown")
        if page.locator("[role=option][aria-selected=true] .pin").count():
            break
    with page.expect_navigation():
        field.press("Enter")

    assert page.locator("h1").inner_text() == "Gogol Street"


def test_the_language_is_switched_on_every_page_and_stays(visit):
    page = visit(locale="en").open(f"/stops/{STOP}")
    page.locator(".languages a[lang=ru]").click()
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    assert page.locator("h1").inner_text() == "Экспоцентр"
    assert page.url.endswith(f"/stops/{STOP}")

    page.locator(".stations a").nth(1).click()
    page.wait_for_url("**/routes")
    assert page.locator("html").get_attribute("lang") == "ru"

    page.locator(".languages a[lang=zh-CN]").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    assert "线路" in page.locator("h1").inner_text()


def test_the_keyboard_reaches_the_content_first(visit):
    page = visit().open(f"/stops/{STOP}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["y"] >= 0

    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"


def test_built_files_are_kept_for_a_year_and_unknown_ones_do_not_exist(hub):
    page = httpx.get(f"{hub.url}/search").text
    address = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    answer = httpx.get(hub.url + address)

    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert httpx.get(f"{hub.url}/static/manifest.json").status_code == 404
    assert httpx.get(f"{hub.url}/static/..%2Fpages.py").status_code == 404
