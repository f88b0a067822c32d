"""The application: a readable list of what it is made of. It never imports a sector."""

import sys
from collections.abc import Sequence

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from hub.logs import set_up_logs
from hub.parts import Parts, build_parts
from hub.settings import Settings
from hub.web import (
    Sector,
    about,
    bodies,
    edge,
    health,
    manual,
    offices,
    pages,
    problems,
    request,
    scopes,
    tokens,
)
from hub.web.openapi import Api


def create_app(
    settings: Settings,
    sectors: Sequence[Sector],
    *,
    parts: Parts | None = None,
    writes_document: bool = False,
) -> Flask:
    """The web role for a city with these sectors."""
    # A batch of a thousand positions keeps the interpreter busy for some ten milliseconds; with the
    # usual turns of five, every stop board asked for meanwhile would wait that long for its turn.
    sys.setswitchinterval(0.0002)
    set_up_logs(settings.log_level)
    parts = parts or build_parts(settings, application="hub-web", pool_size=settings.threads)
    app = Flask("hub.web")
    app.url_map.strict_slashes = True
    app.json = bodies.Json(app)
    # No view is a coroutine; Flask looks at each function four times a request to find out.
    app.ensure_sync = lambda func: func  # type: ignore[method-assign]
    request.install(app, parts)
    edge.install(app, parts, [ready for sector in sectors for ready in sector.ready])
    tokens.install(app, parts)
    pages.set_up_pages(app)
    problems.register(app)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=1)  # type: ignore[method-assign]
    api = Api(app, writes_document=writes_document)
    for blueprint in (health.bp, about.bp):
        api.register_blueprint(blueprint)
    app.register_blueprint(manual.bp)
    for sector in sectors:
        scopes.scopes_of(parts).declare(sector.scopes)
        scopes.scopes_of(parts).appoint(sector.slug, sector.roles)
        for blueprint in sector.blueprints:
            api.register_blueprint(blueprint)
        for page in sector.pages:
            app.register_blueprint(page)
    parts.of(health.Probes).all = tuple(p for sector in sectors for p in sector.probes)
    parts.of(about.Systems).numbers = tuple(s.number for sector in sectors for s in sector.systems)
    parts.of(offices.Desk).kinds = {f.kind: f for sector in sectors for f in sector.four_eyes}
    app.extensions["hub-api"] = api
    return app
