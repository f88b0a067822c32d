"""The citizen's own pages: signing in, and the account with its devices. Forms work without a
script; each change goes through the same verbs as the API."""

from hub.web.pages import Pages

bp = Pages("citizen_pages", __name__)

from . import account_page, consents_page, second_factor_page, sign_in_page  # noqa: E402, F401 (they add views)
