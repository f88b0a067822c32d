"""The citizen's own pages: signing in, and the account with its devices. Forms work without a
script; each change goes through the same verbs as the API."""

from hub.web.pages import Pages

bp = Pages("citizen_pages", __name__)

from . import (  # noqa: E402 (they add views)
    access_log_page,  # noqa: F401
    account_page,  # noqa: F401
    consents_page,  # noqa: F401
    data_page,  # noqa: F401
    mandates_page,  # noqa: F401
    passkey_page,  # noqa: F401
    password_page,  # noqa: F401
    real_name_page,  # noqa: F401
    records_page,  # noqa: F401
    recovery_page,  # noqa: F401
    second_factor_page,  # noqa: F401
    security_page,  # noqa: F401
    sign_in_page,  # noqa: F401
)
