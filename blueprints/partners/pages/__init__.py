"""The pages of the authorization server: what a partner's app asks of a person."""

from hub.web.pages import Pages

bp = Pages("partners_pages", __name__)

from . import authorize_page, device_page, logout_page  # noqa: E402, F401 (they add views)
