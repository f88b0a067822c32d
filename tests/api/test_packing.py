"""Large public answers are gzipped for whoever takes that, and nothing private ever is."""

import gzip

import pytest

GZIP = {"Accept-Encoding": "br, gzip"}


ADDRESS = "/openapi.json"


def test_what_is_packed_is_what_is_told_plainly(client):
    plain = client.get(ADDRESS)
    packed = client.get(ADDRESS, headers=GZIP)

    assert len(plain.data) > 1400
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) == packed.content_length < len(plain.data) / 2
    assert gzip.decompress(packed.data) == plain.data
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in plain.headers


def test_a_packed_answer_is_unchanged_under_its_weak_etag(client):
    first = client.get(ADDRESS, headers=GZIP)
    assert first.headers["ETag"].startswith('W/"')

    again = client.get(ADDRESS, headers=GZIP | {"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("taken", ["", "br", "gzip;q=0", "identity", "gzip;q=nonsense;;,"])
def test_who_does_not_take_gzip_gets_plain_bytes(client, taken):
    answer = client.get(ADDRESS, headers={"Accept-Encoding": taken})

    assert answer.status_code == 200
    assert answer.json["paths"]


def test_private_and_small_answers_stay_as_they_are(client, as_citizen):
    private = client.get("/v1/me", headers=GZIP | as_citizen("Packing"))
    small = client.get("/healthz", headers=GZIP)

    for answer in (private, small):
        assert answer.status_code == 200
        assert "Content-Encoding" not in answer.headers
