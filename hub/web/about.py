"""About: what an app asks first, the description of the API, and the links between apps and hub."""

from pathlib import Path
from typing import Any

from flask import Response, jsonify
from marshmallow import fields

from .blueprint import Blueprint
from .bodies import encoded, etag_of
from .guard import public
from .languages import LANGUAGES
from .request import parts
from .schema import LANGUAGE, Instant, Schema

bp = Blueprint("about", __name__, description="What an app asks first")
DOCUMENT = Path(__file__).resolve().parents[2] / "openapi" / "v1.json"


class AppLinks(Schema):
    """Where the rest is."""

    documentation = fields.String(required=True, metadata={"example": "http://localhost:8000/docs"})
    openapi = fields.String(
        required=True, metadata={"example": "http://localhost:8000/openapi.json"}
    )
    status = fields.String(required=True, metadata={"example": "http://localhost:8000/v1/status"})
    stream = fields.String(
        required=True, metadata={"example": "http://localhost:8001/v1/transit/stream"}
    )


class AppFeatures(Schema):
    """What is switched on in this city."""

    demo = fields.Boolean(required=True, metadata={"example": True})
    systems = fields.List(fields.String(metadata={"example": "2.7"}), required=True)


class AppAdvice(Schema):
    """What an app should know before anything else."""

    city = fields.String(required=True, metadata={"example": "Harbin"})
    time_zone = fields.String(required=True, metadata={"example": "Asia/Shanghai"})
    server_time = Instant(required=True)
    oldest_app = fields.String(required=True, metadata={"example": "1.0.0"})
    languages = fields.List(
        fields.String(validate=LANGUAGE, metadata={"example": "zh-CN"}), required=True
    )
    default_feed = fields.String(required=True, metadata={"example": "harbin"})
    features = fields.Nested(AppFeatures, required=True)
    links = fields.Nested(AppLinks, required=True)


class Systems:
    """The numbers of the systems that run here; the composition root fills them in."""

    def __init__(self, _: Any) -> None:
        self.numbers: tuple[str, ...] = ()


@bp.get("/v1/app")
@public
@bp.response(200, AppAdvice)
def app_advice() -> dict[str, Any]:
    """Tell an app the time, the oldest version still served, and what is on in this city."""
    settings, url = parts().settings, parts().settings.public_url
    return {
        "city": settings.city_name,
        "time_zone": settings.zone,
        "server_time": parts().database.clock(),
        "oldest_app": settings.oldest_app,
        "languages": list(LANGUAGES),
        "default_feed": settings.default_feed,
        "features": {"demo": settings.demo, "systems": parts().of(Systems).numbers},
        "links": {
            "documentation": f"{url}/docs",
            "openapi": f"{url}/openapi.json",
            "status": f"{url}/v1/status",
            "stream": f"{settings.public_stream_url}/v1/transit/stream",
        },
    }


@bp.get("/openapi.json")
@public
@bp.response(200, content_type="application/json")
def openapi_document() -> Response:
    """Give this description of the API, as committed for this version."""
    body = DOCUMENT.read_bytes()
    return encoded(body, etag_of(body), max_age=300)


@bp.get("/.well-known/apple-app-site-association")
@public
@bp.response(200, content_type="application/json")
def apple_app_site_association() -> dict[str, Any]:
    """Link the city's iOS apps with this address (universal links, passkeys)."""
    apps = list(parts().settings.apple_app_ids)
    return {
        "applinks": {"details": [{"appIDs": apps, "components": [{"/": "/*"}]}] if apps else []},
        "webcredentials": {"apps": apps},
    }


@bp.get("/.well-known/assetlinks.json")
@public
@bp.response(200, content_type="application/json")
def android_asset_links() -> Any:
    """Link the city's Android apps with this address (Digital Asset Links, a list by standard)."""
    pairs = [app.partition("=") for app in parts().settings.android_apps]
    return jsonify(
        [
            {
                "relation": [
                    "delegate_permission/common.handle_all_urls",
                    "delegate_permission/common.get_login_creds",
                ],
                "target": {
                    "namespace": "android_app",
                    "package_name": package,
                    "sha256_cert_fingerprints": [fingerprint],
                },
            }
            for package, _, fingerprint in pairs
        ]
    )
