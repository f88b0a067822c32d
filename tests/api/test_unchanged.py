"""What has not changed is answered 304 before Flask is asked, as the view would answer it."""

import pytest

from tests.factories.feeds import published
from tests.factories.gtfs import town_zip


@pytest.fixture(scope="module")
def feed(db):
    return published(db, town_zip())


@pytest.mark.parametrize("address", ["routes?feed={feed}", "routes/{feed}:L1", "stops/{feed}:1001"])
def test_the_early_304_is_the_views(client, feed, address):
    address = "/v1/transit/" + address.format(feed=feed)
    etag = client.get(address).headers["ETag"]

    early = client.get(address, headers={"If-None-Match": etag})
    viewed = client.get(address, headers={"If-None-Match": f"W/{etag}, {etag}"})

    assert (early.status_code, viewed.status_code) == (304, 304)
    fleeting = {"X-Request-Id"}
    assert {h: v for h, v in early.headers if h not in fleeting} == {
        h: v for h, v in viewed.headers if h not in fleeting
    }


def test_another_address_or_version_is_not_unchanged(client, db, feed):
    etag = client.get(f"/v1/transit/routes/{feed}:L1").headers["ETag"]

    other = client.get(f"/v1/transit/routes/{feed}:L2", headers={"If-None-Match": etag})
    assert other.status_code == 200

    published(db, town_zip(), feed)
    newer = client.get(f"/v1/transit/routes/{feed}:L1", headers={"If-None-Match": etag})
    assert newer.status_code == 200
