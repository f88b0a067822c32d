"""The map: buses that move, words beside it, and what happens when the connection goes."""

import re

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

from .town import FEED

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
CONNECTION = ".connection"


def updated(page, times: int) -> None:
    """Wait until positions arrived so many times."""
    enough = "|".join(str(n) for n in range(times, 10))
    expect(page.locator("#map")).to_have_attribute(
        "data-updates", re.compile(rf"^({enough}|\d\d+)$")
    )


def connected(page, state: str) -> None:
    """Wait until the page says that it is live, polling or lost."""
    expect(page.locator(CONNECTION)).to_have_attribute("data-state", state)


def painted(page) -> list[int]:
    """A fingerprint of the buses' canvas: where its pixels are not empty."""
    return page.evaluate(
        """() => {
            const canvas = document.querySelector(".buses-canvas");
            const { data, width } = canvas.getContext("2d")
                .getImageData(0, 0, canvas.width, canvas.height);
            const found = [];
            for (let at = 3; at < data.length; at += 4 * 7) if (data[at] > 0) found.push(at);
            return [width, ...found];
        }"""
    )


def test_buses_move_on_the_map(visit):
    page = visit().open("/")
    updated(page, 2)
    first = painted(page)

    updated(page, 5)
    second = painted(page)

    assert len(first) > 50, "no bus was painted"
    assert first != second
    assert "Live" in page.locator(CONNECTION).inner_text()


def test_a_bus_chosen_by_keyboard_says_all_about_itself(visit):
    page = visit().open("/")
    button = page.locator("[data-list=buses] button").first
    button.wait_for()
    button.focus()
    page.keyboard.press("Enter")

    chosen = page.locator("#chosen")
    expect(chosen.locator("h2")).to_be_focused()
    said = chosen.inner_text()
    assert "Towards Gogol Street" in said
    for fact in ("Running", "Next stop", "Position seen", "ago", "Vehicle"):
        assert fact in said
    row = page.locator("[data-list=buses] button").first
    row.evaluate("button => button.setAttribute('data-old', '')")
    page.locator("[data-list=buses] button[data-old]").wait_for(state="detached")  # written anew
    page.keyboard.press("Escape")
    assert chosen.is_hidden()
    assert page.evaluate("document.activeElement.closest('[data-list=buses]') !== null")


def test_a_stop_chosen_on_the_map_shows_its_board(visit):
    page = visit().open(f"/?stop={FEED}:1-3")

    board = page.locator("#chosen [data-board]")
    board.wait_for()
    assert page.locator("#chosen h2").inner_text() == "Expo Centre"
    assert board.locator("tbody tr").count() >= 1


def test_a_finger_on_a_bus_chooses_it(visit):
    page = visit(viewport=PHONE, has_touch=True).open(f"/?route={FEED}:1")
    updated(page, 2)

    def tap_the_middle(attempt):
        """Choosing a bus in the list brings it to the middle of the map, from where it drives on:
        on a slow machine the finger may come too late."""
        buses = page.locator("[data-list=buses] button")
        buses.nth(attempt % buses.count()).click()
        page.locator("#chosen h2").wait_for()
        page.locator(".chosen__close").click()
        page.locator("#map").evaluate("map => map.scrollIntoView({behavior: 'instant'})")
        middle = page.locator("#map").bounding_box()
        page.touchscreen.tap(middle["x"] + middle["width"] / 2, middle["y"] + middle["height"] / 2)
        try:
            page.locator("#chosen h2").wait_for(timeout=2_000)
        except PlaywrightTimeout:
            return False
        return True

    assert any(tap_the_middle(attempt) for attempt in range(10))
    assert "Towards" in page.locator("#chosen").inner_text()


def test_without_the_stream_the_map_asks_for_itself(visit, hub):
    hub.stop_stream()
    try:
        page = visit().open("/")
        connected(page, "polling")
        updated(page, 2)

        assert "Updated every few seconds" in page.locator(CONNECTION).inner_text()
    finally:
        hub.start_stream()
    connected(page, "live")


def test_a_lost_connection_is_said_with_the_age_of_what_is_shown(visit):
    opened = visit()
    page = opened.open("/")
    connected(page, "live")

    opened.context.set_offline(True)

    connected(page, "lost")
    assert "Connection lost · positions are" in page.locator(CONNECTION).inner_text()


def moves_between_updates(page) -> bool:
    """Whether something is painted anew while no new position arrives, within three seconds."""
    return page.evaluate(
        """() => new Promise((done) => {
            const canvas = document.querySelector(".buses-canvas");
            const stage = document.getElementById("map");
            const until = performance.now() + 3000;
            let [updates, picture] = [stage.dataset.updates, canvas.toDataURL()];
            const look = () => {
                const now = [stage.dataset.updates, canvas.toDataURL()];
                if (now[0] === updates && now[1] !== picture) return done(true);
                [updates, picture] = now;
                if (performance.now() > until) return done(false);
                setTimeout(look, 120);
            };
            look();
        })"""
    )


@pytest.mark.parametrize(("wish", "moves"), [("no-preference", True), ("reduce", False)])
def test_buses_glide_between_reports_unless_less_motion_is_wished_for(visit, wish, moves):
    page = visit(reduced_motion=wish).open("/")
    updated(page, 3)

    assert moves_between_updates(page) is moves
