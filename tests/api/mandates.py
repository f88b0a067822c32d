"""What the tests of mandates do again and again, through HTTP."""

from datetime import timedelta
from uuid import uuid4

SEES = "traffic.favourite:read"
KEEPS = "traffic.favourite:manage"


class Somebody:
    """A signed-in person at the API, and what they do with mandates."""

    def __init__(self, app, db, citizen):
        self.http, self._db = app.test_client(), db
        self.id, self.person_id, self.headers = citizen.id, citizen.person_id, citizen.headers
        self.phone, self.refresh_token = citizen.phone, citizen.tokens.refresh_token

    def signed_in_anew(self):
        """After the access token has run out."""
        sent = {"refresh_token": self.refresh_token}
        tokens = self.http.post("/v1/sign-in/refreshes", json=sent).json
        self.refresh_token = tokens["refresh_token"]
        self.headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return self

    def _for(self, whom, **more):
        return {**self.headers, **({} if whom is None else {"X-Acting-For": whom}), **more}

    def get(self, path, whom=None, **query):
        return self.http.get(path, headers=self._for(whom), query_string=query)

    def post(self, path, body, whom=None, key=None):
        headers = self._for(whom, **{"Idempotency-Key": key or uuid4().hex})
        return self.http.post(path, json=body, headers=headers)

    def delete(self, path, whom=None):
        return self.http.delete(path, headers=self._for(whom))

    def terms(self, *, days=30, **more):
        until = (self._db.clock() + timedelta(days=days)).isoformat().replace("+00:00", "Z")
        return {"scopes": [SEES, KEEPS], "until": until, **more}

    def offer(self, whom=None, **more):
        return self.post("/v1/me/mandates", self.terms(**more), whom)

    def hand_on(self, whom, **more):
        """What they hold for ``whom``, for a shorter time."""
        return self.offer(whom, days=10, **more)

    def accept(self, code=None, mandate=None):
        given = {"code": code, "mandate": mandate}
        return self.post("/v1/mandates/acceptances", {k: v for k, v in given.items() if v})

    def end(self, mandate):
        return self.delete(f"/v1/me/mandates/{mandate}")

    def lets(self, other, **more):
        """A mandate in force; its id."""
        offered = self.offer(**more)
        assert offered.status_code == 201, offered.json
        accepted = other.accept(offered.json["code"])
        assert accepted.status_code == 201, accepted.json
        return accepted.json["id"]

    def mandate(self, mandate):
        return self.get(f"/v1/me/mandates/{mandate}").json

    def keep(self, target, whom=None, **more):
        body = {"kind": "stop", "target": target, **more}
        return self.post("/v1/me/favourites", body, whom)

    def favourites(self, whom=None):
        return self.get("/v1/me/favourites", whom)

    def child(self, born_on, name="Xiaoming"):
        return self.post("/v1/me/children", {"display_name": name, "born_on": born_on.isoformat()})
