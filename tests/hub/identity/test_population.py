"""The adapter of the population register, and the register that a demonstration brings along."""

import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from hub.identity.population_gateway import Inquiry, PopulationGateway, RegisterAway
from hub.identity.population_simulator import ADDRESS, PopulationSimulator
from tests.factories.residents import resident

KEY = "of the tests"


def about(found, **changed):
    document = found.documents[0][0]
    asked = {
        "key": "document_1",
        "kind": document.kind.value,
        "issuing_state": document.issuing_state,
        "number": document.number,
        "name": found.name,
    }
    return Inquiry(**{**asked, **changed})


@pytest.fixture
def register(db):
    return PopulationGateway(ADDRESS, KEY, inside=PopulationSimulator(db, KEY))


def test_the_simulator_knows_its_people(db, register):
    found = resident(db, "张三")

    match = register.check(about(found))

    assert (match.outcome, match.person) == ("match", found.reference)
    assert match.born_on == found.born_on
    assert register.check(about(found, name="张四")).outcome == "no_match"
    assert register.check(about(found, kind="passport")).person is None


def test_the_same_question_under_the_same_key_has_the_same_reference(db, register):
    found = resident(db)

    first, again = register.check(about(found)), register.check(about(found))
    other = register.check(about(found, key="document_2"))

    assert first.reference == again.reference != other.reference


class Silent(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def over_the_wire(db):
    """The simulator behind a real socket, as the register of another office would be."""
    with make_server("127.0.0.1", 0, PopulationSimulator(db, KEY), handler_class=Silent) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_adapter_speaks_http(db, over_the_wire):
    found, register = resident(db), PopulationGateway(over_the_wire, KEY)

    assert register.check(about(found)).outcome == "match"
    register.close()


def answering(status, body):
    def application(environ, start_response):
        start_response(status, [("Content-Type", "application/json")])
        return [body]

    return PopulationGateway(ADDRESS, KEY, inside=application)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("503 Service Unavailable", b"{}"),
        ("302 Found", b""),
        ("200 OK", b"<html>"),
        ("200 OK", b'{"outcome": "perhaps", "reference": "1"}'),
        ("200 OK", b'{"outcome": "match", "reference": "1", "pad": "' + b"x" * 70_000 + b'"}'),
    ],
)
def test_what_is_no_answer_is_asked_again(db, status, body):
    with pytest.raises(RegisterAway):
        answering(status, body).check(about(resident(db)))


def test_a_wrong_key_and_nobody_there(db):
    wrong = PopulationGateway(ADDRESS, "another", inside=PopulationSimulator(db, KEY))
    nobody = PopulationGateway("http://127.0.0.1:9", KEY)  # the discard port: nothing listens

    for register in (wrong, nobody):
        with pytest.raises(RegisterAway):
            register.check(about(resident(db)))


@pytest.mark.parametrize("body", [b"", b"[]", b'{"kind": 1}', b"\xff"])
def test_the_simulator_refuses_what_it_cannot_read(db, body):
    import httpx

    http = httpx.Client(transport=httpx.WSGITransport(PopulationSimulator(db, KEY)))
    headers = {"Authorization": f"Bearer {KEY}"}

    assert http.post(f"{ADDRESS}/verifications", content=body, headers=headers).status_code == 400
    assert http.get(f"{ADDRESS}/people", headers=headers).status_code == 404
