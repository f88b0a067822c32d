"""The stream role, by the same description as every other route; the application in process."""

import asyncio

import lmdb
import pytest
import requests
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection

from hub.transit.boards import BoardReader
from hub.web import following, stream
from hub.web.stream import PATH, Broadcast, Stream
from tests.api.live import LiveTown

from .declared import CHECKS, DOCUMENT, sampled
from .in_process import InProcess

HOME = "http://hub.test"
OPERATION = schemathesis.openapi.from_path(DOCUMENT)[PATH]["GET"]
# What `requests` lets into a header; bytes that it does not have a test of their own.
LATIN = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_categories=["Cc", "Zs"])
)


class Followed:
    """A town with buses, written a moment ago and for ever, and its stream."""

    def __init__(self, parts, runner) -> None:
        town = LiveTown(parts)
        town.drive()
        town.tick()
        reader, self.now = BoardReader(parts.settings.home / "run" / "boards"), town.now.timestamp()
        self.before = str(reader.clock().generation)
        town.drive(2.5, vehicle="B2")
        town.tick()
        self.feed = town.feed
        self.known = {"feed": town.feed, "route": f"{town.feed}:7", "stop": f"{town.feed}:S5"}
        self.broadcast = Broadcast(reader, lambda: self.now)
        self._door = InProcess(Stream(self.broadcast, HOME), runner)
        self.session = requests.Session()
        self.session.headers["Accept-Encoding"] = "identity"
        self.session.mount(HOME, self._door)

    def answer(self, case, *more):
        """What a made-up request is answered, once it was found to be as declared."""
        return case.call_and_validate(HOME, self.session, checks=[*CHECKS, *more])

    def raw(self, query=b"", headers=None, method="GET"):
        """What a request is answered that no well-mannered client sends."""
        request = requests.Request(method, HOME + PATH).prepare()
        request.headers.update(headers or {})
        request.url += "?" + query.decode("utf-8", "surrogateescape")
        return self._door.send(request)


@pytest.fixture(scope="module")
def followed(parts):
    with asyncio.Runner() as runner:
        opened = Followed(parts, runner)
        with opened.session:
            yield opened


@pytest.fixture(autouse=True)
def _places(followed):
    """Whoever was served has left, and took their place along."""
    yield
    assert followed.broadcast.count == 0


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("aimed", [False, True])
def test_only_declared_answers(mode, aimed, followed):
    """Hardly any made-up request names one thing, and one that is there: an aimed one does."""

    @sampled
    @given(case=OPERATION.as_strategy(mode))
    def answered_as_declared(case):
        if aimed:
            others = {n: v for n, v in case.query.items() if n not in following.SUBJECTS}
            case.query = {**others, "feed": followed.feed}
        followed.answer(case, negative_data_rejection)

    answered_as_declared()


def test_only_declared_events(followed):
    seen = set()

    @sampled
    @given(
        subject=st.sampled_from(following.SUBJECTS),
        within=st.booleans(),
        since=st.sampled_from(["", followed.before]) | LATIN,
    )
    def told_as_declared(subject, within, since):
        box = {"bbox": "126.5,45.7,126.7,45.8"} if within and subject == "feed" else {}
        case = OPERATION.Case(
            query={subject: followed.known[subject], **box}, headers={"Last-Event-ID": since}
        )
        answer = followed.answer(case)
        assert answer.status_code == 200
        seen.add(answer.content.split(b"event: ")[1].partition(b"\n")[0])

    told_as_declared()

    assert seen == {b"snapshot", b"vehicles", b"board"}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (b"feed=" + b"x" * 1_000_000, 422),
        (b"feed=town&" * 100_000, 422),
        (b"a=b&" * 100_000, 422),
        (b"".join(b"%x=&" % number for number in range(100_000)), 422),
        (b"x" * 1_000_000 + b"=", 422),
        (b"feed=&stop=", 422),
        (b"feed=", 422),
        (b"feed", 422),
        (b"&&=&", 422),
        (b"feed[]=town", 422),
        (b"%00=town", 422),
        (b"%ff=town", 422),
        (b"feed=%00", 404),
        (b"stop=town:%00%00", 404),
        (b"route=%ff%fe", 404),
        (b"route=%ed%a0%80", 404),
        (b"route=%zz%", 404),
        (b"route=\xff\xfe", 404),
        (b"stop=\xe7\xab\x99", 404),
        (b"feed=..%2f..%2fetc", 404),
    ],
    ids=range(20),
)
def test_a_hostile_query_is_refused_as_declared(followed, query, status):
    answer = followed.raw(query)

    OPERATION.Case().validate_response(answer, checks=CHECKS)
    assert answer.status_code == status
    assert len(answer.content) < 1000


@pytest.mark.parametrize(
    "more",
    [
        "feed=again",
        "bbox=",
        "bbox=nan,nan,nan,nan",
        "bbox=-inf,-inf,inf,inf",
        "bbox=1e2,1,1e2,2",
        "bbox=1_0,1,1_1,2",
        "bbox=%201,2,3,4",
        "bbox=1,2,3,4%0A",
        "bbox=%D9%A1,2,3,4",
        "bbox=181,2,3,4",
        "bbox=1,4,3,2",
        "bbox=1,2,3,4&bbox=1,2,3,4",
        "bbox=1.%s,2,3,4" % ("0" * 100_000),
        "last_event_id=1&last_event_id=2",
        "token=1",
    ],
)
def test_what_is_not_understood_is_refused_rather_than_ignored(followed, more):
    answer = followed.raw(f"feed={followed.feed}&{more}".encode())

    OPERATION.Case().validate_response(answer, checks=CHECKS)
    assert answer.status_code == 422


@pytest.mark.parametrize("since", [b"\xff", b"\0", b"9" * 100_000, b"\xd9\xa1", b"1 2", b"0x1"])
def test_an_event_id_of_any_bytes_counts_as_none(followed, since):
    answer = followed.raw(f"feed={followed.feed}".encode(), {"Last-Event-ID": since})

    OPERATION.Case().validate_response(answer, checks=CHECKS)
    assert b"event: snapshot" in answer.content


def test_unescaped_utf_8_is_understood():
    assert following.read("stop=哈:站".encode()) == {"stop": "哈:站"}


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "GETS"])
def test_other_methods_are_not_offered(followed, method):
    answer = followed.raw(f"feed={followed.feed}".encode(), method=method)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, OPTIONS")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/method-not-allowed"


def test_a_preflight_has_no_body_and_no_length(followed):
    answer = followed.raw(method="OPTIONS", headers={"Origin": HOME})

    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Length" not in answer.headers
    assert answer.headers["Access-Control-Allow-Origin"] == HOME


@pytest.mark.parametrize("host", ["", "[", "@", "\xff", "hub.test:x"])
@pytest.mark.parametrize("origin", ["null", "file://", "[", "\xff", "https://elsewhere.example"])
def test_no_other_origin_is_let_in_whatever_the_host(followed, host, origin):
    answer = followed.raw(headers={"Host": host, "Origin": origin})

    assert answer.status_code == 422
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_silent_tracker_and_a_full_house_are_declared(followed, monkeypatch):
    monkeypatch.setattr(followed, "now", followed.now + 60)
    silent = followed.answer(OPERATION.Case(query={"feed": followed.feed}))
    monkeypatch.setattr(stream, "MOST_LISTENERS", 0)
    full = followed.answer(OPERATION.Case(query={"feed": followed.feed}))

    assert (silent.status_code, silent.json()["type"]) == (503, "/problems/no-live-data")
    assert (full.status_code, full.json()["type"]) == (503, "/problems/too-many-listeners")


def test_a_fault_of_ours_says_so_and_no_more(followed, monkeypatch):
    def full(_):
        raise lmdb.ReadersFullError("mdb_txn_begin")

    monkeypatch.setattr(followed.broadcast._reader, "fresh", full)

    answer = followed.raw(f"feed={followed.feed}".encode())

    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal-fault")
    assert answer.headers["Cache-Control"] == "no-store"
    assert b"mdb" not in answer.content
