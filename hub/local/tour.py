"""The tour: a citizen's day, played through the real HTTP API of the running hub.

Each step is a function that asks the hub something and says in a sentence what came of it. A step
that does not get what a citizen would expect ends the tour with exit code 1. Every capability adds
its steps to ``DAY``.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import click
import httpx
from rich.console import Console
from rich.markup import escape

from hub.audit.checking import ProofRefused, check

from . import environment

PATIENCE_SECONDS = 40.0
LANGUAGES = ("zh-CN", "en", "ru")


class NotAsExpected(Exception):
    """The hub answered, but not what a citizen may expect; the message says what."""


class NotYet(NotAsExpected):
    """The hub says that this is not there just now (503): its gateway may still be starting."""


@dataclass
class Day:
    """What the citizen knows so far."""

    hub: httpx.Client
    console: Console
    knows: dict[str, Any] = field(default_factory=dict)

    def get(self, address: str, **query: Any) -> Any:
        """Ask; the JSON of the answer."""
        return self._json(self.hub.get(address, params=query, headers=self.token()))

    def post(self, address: str, body: dict[str, Any], key: str | None = None) -> Any:
        """Do something once; the JSON of the answer."""
        headers = {"Idempotency-Key": key or str(uuid4()), **self.token()}
        return self._json(self.hub.post(address, json=body, headers=headers))

    def put(self, address: str, body: dict[str, Any]) -> Any:
        """Set something; the JSON of the answer."""
        return self._json(self.hub.put(address, json=body, headers=self.token()))

    def delete(self, address: str) -> None:
        """End something."""
        self._json(self.hub.delete(address, headers=self.token()))

    def say(self, sentence: str) -> None:
        """One line of what came of it."""
        self.console.print(f"  {escape(sentence)}", highlight=False, soft_wrap=True)

    def wait_for(self, what: str, look: Callable[[], Any]) -> Any:
        """Look again each half second until there is something."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                if found := look():
                    return found
            except NotYet:
                pass
            time.sleep(0.5)
        raise NotAsExpected(f"Waited {PATIENCE_SECONDS:.0f} s for {what}.")

    def token(self) -> dict[str, str]:
        """The header of whoever is signed in."""
        token = self.knows.get("access_token")
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _json(self, answer: httpx.Response) -> Any:
        if answer.is_error:
            said = answer.json() if "json" in answer.headers.get("Content-Type", "") else {}
            kind = (
                NotYet if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE else NotAsExpected
            )
            raise kind(
                f"{answer.request.method} {answer.request.url.path}: {answer.status_code}"
                f" {said.get('title', '')}"
            )
        return answer.json() if answer.content else None


def name(text: dict[str, str]) -> str:
    """All languages of a text from a timetable."""
    return " · ".join(text[language] for language in LANGUAGES if language in text)


def the_hub(day: Day) -> None:
    """The app asks the hub what it offers"""
    found = day.get("/v1/app")
    day.knows["feed"] = found["default_feed"]
    day.say(
        f"{found['city']}, languages {', '.join(found['languages'])}, now {found['server_time']}"
    )


def the_networks(day: Day) -> None:
    """Which networks are there?"""
    for feed in day.get("/v1/transit/feeds")["items"]:
        day.say(f"{feed['id']}: {name(feed['name'])} ({feed['kind']})")


def a_stop_by_name(day: Day) -> None:
    """A stop is found by part of its name, in any script"""
    first = day.get("/v1/transit/stops", feed=day.knows["feed"], limit=1)["items"]
    stop = first[0]["name"] if first else {}
    for language in LANGUAGES:
        asked = stop.get(language, "")[:12]
        found = day.get("/v1/transit/stops", q=asked, feed=day.knows["feed"], limit=3)["items"]
        if not found:
            raise NotAsExpected(f"No stop for {asked!r}.")
        day.say(f"“{asked}” finds {len(found)}, first: {name(found[0]['name'])}")


def stops_nearby(day: Day) -> None:
    """The nearest stops to the middle of the network"""
    feeds = day.get("/v1/transit/feeds")["items"]
    west, south, east, north = next(f for f in feeds if f["id"] == day.knows["feed"])["bounds"]
    near = f"{(west + east) / 2:.5f},{(south + north) / 2:.5f}"
    found = day.get("/v1/transit/stops", near=near, radius=2000, limit=5)["items"]
    for stop in found:
        lines = ", ".join(route["short_name"] for route in stop["routes"][:6])
        day.say(f"{stop['distance_m']} m: {name(stop['name'])} (lines {lines})")
    if not found:
        raise NotAsExpected("No stop within two kilometres of the middle.")


def the_board(day: Day) -> None:
    """The board of a stop, with live buses on it"""

    def look() -> Any:
        for vehicle in _fleet(day):
            if stop := (vehicle.get("next_stop") or {}).get("id"):
                board = day.get(f"/v1/transit/stops/{stop}/arrivals")
                live = [row for row in board["arrivals"] if row["source"] == "realtime"]
                if live:
                    return board
        return None

    board = day.wait_for("a stop with a live arrival", look)
    day.knows["stop"] = board["stop"]["id"]
    day.say(f"{name(board['stop']['name'])}, {board['mode']}")
    for row in board["arrivals"][:6]:
        late = row.get("delay_seconds")
        how = "by schedule" if late is None else f"{late / 60:+.0f} min"
        when = row["expected_at"][11:16]
        day.say(f"  {row['route']['short_name']:>4} → {name(row['headsign'])}  {when} UTC ({how})")


def a_bus_moves(day: Day) -> None:
    """A bus is watched until it has moved"""
    bus = day.wait_for(
        "a bus that is moving",
        lambda: next((v for v in _fleet(day) if v.get("speed_mps", 0) > 1), None),
    )
    before = bus["position"]["coordinates"]

    def look() -> Any:
        now = day.get(f"/v1/transit/vehicles/{bus['id']}")
        return now if now["position"]["coordinates"] != before else None

    after = day.wait_for(f"bus {bus['id']} to move", look)
    moved = after["position"]["coordinates"]
    day.say(f"{bus['id']}, line {bus['route']['short_name']}: {before} → {moved}")


def the_alerts(day: Day) -> None:
    """What is disturbed today?"""
    for alert in day.wait_for("alerts", lambda: day.get("/v1/transit/alerts")["items"]):
        day.say(f"{alert['feed']}: {name(alert['title'])}")


def signing_in(day: Day) -> None:
    """A synthetic citizen asks for a code, reads it in the local viewer, and signs in"""
    day.knows["address"] = _sign_in(day, "Tour")


def _sign_in(day: Day, device: str) -> str:
    address = f"tour-{uuid4().hex[:8]}@example.org"
    login = day.post("/v1/sign-in/codes", {"channel": "email", "address": address})

    def look() -> Any:
        shown = day.get("/demo/messages.json")["items"]
        return next((m for m in shown if m["address"] == address), None)

    message = day.wait_for("the code to arrive", look)
    code = "".join(filter(str.isdigit, message["text"]))[:6]
    day.say(f"Message to {address}: {message['text']}")
    body = {"login": login["login"], "code": code, "device_name": device}
    tokens = day.post("/v1/sign-in/tokens", body)
    day.knows |= {k: tokens[k] for k in ("access_token", "refresh_token")}
    day.say(f"Signed in; the access token is good for {tokens['expires_in']} s")
    return address


def a_password(day: Day) -> None:
    """The citizen chooses a password, and signs in with it elsewhere"""
    password = f"a sentence for {uuid4().hex[:12]}"
    day.put("/v1/me/password", {"password": password})
    entry = {"channel": "email", "address": day.knows["address"], "password": password}
    tokens = day.post("/v1/sign-in/passwords", {**entry, "device_name": "Tour, elsewhere"})
    day.say(f"Signed in by password: {tokens['acr']}")
    wrong = {"Idempotency-Key": str(uuid4())}
    refused = day.hub.post(
        "/v1/sign-in/passwords", json={**entry, "password": "a guess"}, headers=wrong
    )
    if refused.status_code != httpx.codes.FORBIDDEN:
        raise NotAsExpected("A wrong password was not refused.")
    day.say(f"{refused.status_code}: {refused.json()['title']}")


def about_me(day: Day) -> None:
    """Who am I, and where am I signed in?"""
    me = day.get("/v1/me")
    day.say(f"{me['id']}, assurance {me['acr']}")
    for session in day.get("/v1/me/sessions")["items"]:
        day.say(f"{session.get('device_name', '?')}: last seen {session['last_seen_at']}")


def a_real_name(day: Day) -> None:
    """An invented passport is handed in, refused by the register, and nothing of it is kept"""
    body = {
        "kind": "passport",
        "issuing_state": "UTO",
        "number": "X9999999",
        "name": "Nobody Anywhere",
        "sensitive_consent": True,
    }
    day.post("/v1/me/real-name", body)

    def look() -> Any:
        found = day.get("/v1/me/real-name")
        return found if found["state"] != "pending" else None

    found = day.wait_for("the register's answer", look)
    if found["state"] != "refused" or "number" in found:
        raise NotAsExpected("The register confirmed somebody who is not there.")
    day.say(f"{found['state']}: {found['refusal']['title']} ({found['provider_reference']})")


def my_records(day: Day) -> None:
    """What do the city's registers hold about me, and who may see it?"""
    for register in day.get("/v1/me/records")["items"]:
        day.say(f"{register['title']} ({register['keeper']}): {len(register['records'])} records")
        for purpose in register["purposes"]:
            day.say(f"  {purpose['sentence']} {purpose['basis']}: {', '.join(purpose['askers'])}")


def who_saw_me(day: Day) -> None:
    """Who saw my data? The log is signed, and the proof of each row holds without the hub"""
    newest = day.get("/v1/audit/checkpoint")
    day.say(f"{newest['size']} rows, signed {newest['signed_at']} by {newest['kid']}")
    rows = day.get("/v1/me/access-log", limit=100)["items"]
    if not rows:
        day.say("Nobody has read anything about this citizen")
    keys = day.hub.get("/.well-known/jwks.json").content
    for row in rows:
        address = f"/v1/me/access-log/{row['id']}/proof"

        def look(address: str = address) -> Any:
            answer = day.hub.get(address, headers=day.token())
            return None if answer.status_code == httpx.codes.CONFLICT else answer.content

        proof = day.wait_for("the row to be sealed", look)
        try:
            _, checkpoint = check(proof, keys)
        except ProofRefused as refusal:
            raise NotAsExpected(f"The proof of {row['id']}: {refusal}") from None
        day.say(
            f"{row['who']['kind']} read {', '.join(row['fields'])} for {row['purpose']}:"
            f" the proof holds among {checkpoint.size} rows"
        )


def a_favourite(day: Day) -> None:
    """The stop becomes a favourite; the request is sent twice, as after a lost answer"""
    key, body = str(uuid4()), {"kind": "stop", "target": day.knows["stop"], "label": "Home"}
    first = day.post("/v1/me/favourites", body, key)
    second = day.post("/v1/me/favourites", body, key)
    kept = day.get("/v1/me/favourites")["items"]
    if first != second or len(kept) != 1:
        raise NotAsExpected("The favourite was kept twice.")
    day.say(f"{kept[0]['target']} once, although asked twice")


def a_copy_of_everything(day: Day) -> None:
    """A copy of everything that the city keeps about the citizen is made and fetched"""
    wanted = day.post("/v1/me/exports", {})

    def look() -> Any:
        found = day.get(f"/v1/me/exports/{wanted['id']}")
        return found if found["state"] == "ready" else None

    day.wait_for("the copy", look)
    answer = day.hub.get(f"/v1/me/exports/{wanted['id']}/file", headers=day.token())
    answer.raise_for_status()
    with ZipFile(BytesIO(answer.content)) as copy:
        tables = json.loads(copy.read("data.json"))["tables"]
    kept = sum(len(table["rows"]) for table in tables)
    address = next(table for table in tables if table["table"] == "identity_address")
    if address["rows"][0]["sealed"] != day.knows["address"]:
        raise NotAsExpected("The address that the citizen signed in with is not in the copy.")
    day.say(f"{len(answer.content):,} bytes: {kept} rows of {len(tables)} tables")


def a_change_of_mind(day: Day) -> None:
    """The account is to be closed in a week, and then it is kept after all"""
    closure = day.post("/v1/me/closure", {})
    day.say(f"To be closed on {closure['due_at'][:10]}")
    day.hub.delete("/v1/me/closure", headers=day.token()).raise_for_status()
    state = day.get("/v1/me/closure")["state"]
    if state != "none":
        raise NotAsExpected("The closing could not be called off.")
    day.say("Called off; the account stays")


def a_mandate(day: Day) -> None:
    """A neighbour acts for the citizen: a code told, an act, and nothing more after the end"""
    neighbour = Day(day.hub, day.console)
    _sign_in(neighbour, "A neighbour's phone")
    me = day.get("/v1/me")["id"]
    until = (datetime.now(UTC) + timedelta(days=7)).isoformat()
    scopes = ["traffic.favourite:read", "traffic.favourite:manage"]
    offered = day.post("/v1/me/mandates", {"scopes": scopes, "until": until, "acts_limit": 3})
    day.say(f"Twelve digits, told to the neighbour: {offered['code']}")
    mandate = neighbour.post("/v1/mandates/acceptances", {"code": offered["code"]})["id"]
    for_me = {**neighbour.token(), "X-Acting-For": me}
    body = {"kind": "stop", "target": day.knows["stop"], "label": "Chosen by the neighbour"}
    once = {"Idempotency-Key": str(uuid4())}
    kept = day.hub.post("/v1/me/favourites", json=body, headers={**for_me, **once})
    kept.raise_for_status()
    day.say(f"The neighbour keeps a stop for me: {kept.json()['label']}")
    for act in day.get(f"/v1/me/mandates/{mandate}/acts")["items"]:
        day.say(f"I see it: {act['at']} {act['operation']} by {act['by']}")
    day.delete(f"/v1/me/mandates/{mandate}")
    refused = day.hub.get("/v1/me/favourites", headers=for_me)
    if refused.status_code != httpx.codes.FORBIDDEN:
        raise NotAsExpected("The neighbour still acts after the end of the mandate.")
    day.say(f"After its end: {refused.status_code} {refused.json()['title']}")


def signing_out(day: Day) -> None:
    """Sign-out everywhere: the token is refused at once"""
    day.post("/v1/me/sign-out-everywhere", {})
    answer = day.hub.get("/v1/me", headers={"Authorization": f"Bearer {day.knows['access_token']}"})
    if answer.status_code != 401:
        raise NotAsExpected("The token still works after signing out everywhere.")
    day.say(f"{answer.status_code}: {answer.json()['title']}")
    day.knows.pop("access_token")


def the_partners_view(day: Day) -> None:
    """A partner reads the same buses as GTFS-Realtime"""
    answer = day.hub.get(f"/gtfs-rt/{day.knows['feed']}/vehicle-positions.pb")
    answer.raise_for_status()
    day.say(f"{len(answer.content):,} bytes of {answer.headers['Content-Type']}")


DAY: tuple[Callable[[Day], None], ...] = (
    the_hub,
    the_networks,
    a_stop_by_name,
    stops_nearby,
    the_board,
    a_bus_moves,
    the_alerts,
    signing_in,
    a_password,
    about_me,
    a_real_name,
    my_records,
    who_saw_me,
    a_favourite,
    a_mandate,
    a_copy_of_everything,
    a_change_of_mind,
    signing_out,
    the_partners_view,
)


def _fleet(day: Day) -> list[dict[str, Any]]:
    feeds = day.get("/v1/transit/feeds")["items"]
    bounds = next(feed for feed in feeds if feed["id"] == day.knows["feed"])["bounds"]
    box = ",".join(map(str, bounds))
    found: list[dict[str, Any]] = day.wait_for(
        "buses on the road",
        lambda: day.get("/v1/transit/vehicles", bbox=box, feed=day.knows["feed"])["vehicles"],
    )
    return found


@click.command()
def tour() -> None:
    """Play a citizen's day through the running hub and print each step and its answer."""
    console = Console()
    port, _ = environment.ports(os.environ)
    address = os.environ.get("HUB_URL") or f"http://localhost:{port}"
    with httpx.Client(base_url=address, timeout=20, headers={"Accept-Language": "en"}) as hub:
        day = Day(hub, console)
        for number, step in enumerate(DAY, 1):
            console.print(f"[bold cyan]{number:>2}[/] [bold]{step.__doc__}[/]", soft_wrap=True)
            try:
                step(day)
            except NotAsExpected as trouble:
                console.print(f"  [bold red]×[/] {escape(str(trouble))}", highlight=False)
                sys.exit(1)
            except httpx.ConnectError:
                console.print(
                    f"  [bold red]×[/] No hub answers at {address}: `make run` starts one."
                )
                sys.exit(1)
    console.print("[bold green]A whole day, and everything answered.[/]")
