"""Text messages, and telephone calls that read one out, through a provider's HTTP interface.

``POST <HUB_SMS_URL>`` with ``{"to": "+86...", "text": "..."}``, a bearer key and an
``Idempotency-Key``: the shape most providers share or a ten-line relay gives them.
"""

from typing import TYPE_CHECKING

from .delivery import Message, SendingFailed

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS, READ_SECONDS = 3.0, 10.0
_TRY_AGAIN = {408, 409, 425, 429}


class SmsGateway:
    """Sends by HTTP; redirects are not followed, answers are not kept."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        # A relay on the same machine may want no key, and an empty one is no header value.
        self._authorization = {"Authorization": f"Bearer {key}"} if key else {}
        self._http: httpx.Client | None = None

    def send(self, address: str, message: Message, *, key: str) -> None:
        """Return when the provider has taken the message."""
        import httpx

        try:
            answer = self._client().post(
                self._url,
                json=self._body(address, message),
                headers={**self._authorization, "Idempotency-Key": key},
            )
        except httpx.HTTPError:
            raise SendingFailed(final=False) from None
        if answer.is_success:
            return
        final = 400 <= answer.status_code < 500 and answer.status_code not in _TRY_AGAIN
        raise SendingFailed(final=final)

    def _body(self, address: str, message: Message) -> dict[str, str]:
        return {"to": address, "text": message.text}

    def close(self) -> None:
        """Close the connection that is kept open between messages."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def _client(self) -> "httpx.Client":
        import httpx

        if self._http is None:
            timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
            self._http = httpx.Client(timeout=timeout, follow_redirects=False)
        return self._http


class VoiceGateway(SmsGateway):
    """Calls a telephone and has the text read out: ``POST <HUB_VOICE_URL>`` with ``{"to": "+86...",
    "say": "...", "language": "zh-CN"}``, for a provider or relay that speaks."""

    def _body(self, address: str, message: Message) -> dict[str, str]:
        return {"to": address, "say": message.text, "language": message.language}
