"""Whether the hub lives, is ready, and says what works."""


def test_a_hub_with_its_database_is_ready(client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json["waiting_seconds"] < 60


def test_an_app_learns_the_city_and_its_languages(client):
    answer = client.get("/v1/app").json

    assert answer["time_zone"] == "Asia/Shanghai"
    assert set(answer["languages"]) == {"zh-CN", "en", "ru"}


def test_what_is_not_there_is_a_problem_in_the_readers_language(client):
    answer = client.get("/v1/nothing", headers={"Accept-Language": "en"})

    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert answer.json["type"] == "/problems/not-found"
    assert answer.json["instance"] == answer.headers["X-Request-Id"]


def test_metrics_are_not_for_the_public(client):
    elsewhere = client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    proxied = client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"})
    here = client.get("/metrics")

    assert elsewhere.status_code == proxied.status_code == 404
    assert b"hub_request_seconds" in here.data
