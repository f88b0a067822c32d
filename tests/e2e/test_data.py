"""The page of the copy and of closing the account, in a browser."""

import secrets
import zipfile

import pytest

from blueprints.citizen import exports
from hub import privacy
from hub.kernel import ids

from .test_account import sign_in
from .test_pages import PHONE, broken_rules

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["en", "zh-CN", "ru"])
def test_a_copy_is_fetched_and_the_account_closed_and_kept(visit, hub, language, tmp_path):
    opened = visit(viewport=PHONE)
    page = opened.page
    sign_in(page, hub, f"li-{secrets.token_hex(5)}@example.org")
    page.wait_for_url("**/me")
    person = ids.read(
        "person", page.evaluate("fetch('/v1/me').then(r => r.json()).then(m => m.id)")
    )
    opened.open(f"/me/data?lang={language}")
    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    page.locator("form[action='/me/data/exports'] button").click()
    page.locator("[role=status]").wait_for()
    asked = page.evaluate("fetch('/v1/me/exports').then(r => r.json()).then(l => l.items[0].id)")
    exports.make_export(
        hub.parts, privacy.ExportAsked(person_id=person, export_id=ids.read("export", asked))
    )
    opened.open("/me/data")
    assert broken_rules(page) == []
    with page.expect_download() as fetching:
        page.locator("a[href^='/me/data/exports/']").click()
    with zipfile.ZipFile(fetching.value.path()) as copy:
        assert copy.namelist() == ["data.json", "index.html"]
        copy.extract("index.html", tmp_path)

    page.locator("input[name=understood]").check()
    page.locator("form[action='/me/data/closure'] button").click()
    page.locator("form[action='/me/data/closure/cancel'] button").wait_for()
    assert broken_rules(page) == []
    page.locator("form[action='/me/data/closure/cancel'] button").click()
    page.locator("form[action='/me/data/closure'] button").wait_for()
    assert opened.complaints == []

    page.goto((tmp_path / "index.html").as_uri())
    assert broken_rules(page) == []
