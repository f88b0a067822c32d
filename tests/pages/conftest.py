"""What the tests of pages share."""

import pytest

from hub import identity
from hub.kernel.work import SYSTEM
from hub.web import tokens


@pytest.fixture
def signed_in(app, city, db, parts):
    """A browser in which a citizen is signed in."""
    person = city.citizen("reader")
    with app.app_context():
        issuer = tokens.issuer()
    started = db.run(
        lambda work: identity.start(
            work,
            issuer,
            person_id=person.person_id,
            acr=identity.LOA_CODE,
            amr=["sms"],
            device_name=None,
        ),
        SYSTEM,
    )
    client = app.test_client()
    client.set_cookie("hub_access", started.access_token)
    csrf = identity.csrf_value(parts.keyring, started.session_id)

    def send(path, **form):
        return client.post(path, data={"csrf_token": csrf, **form})

    client.send = send
    return client
