"""E-mail by SMTP (RFC 5321), with STARTTLS whenever the server offers it."""

import smtplib
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from urllib.parse import unquote, urlsplit

from .delivery import Message, SendingFailed

TIMEOUT_SECONDS = 10.0


class SmtpGateway:
    """Sends through ``smtp(s)://user:password@host:port``; one connection a message.

    ``smtps`` begins with TLS; credentials are never sent without it.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("HUB_SMTP_URL must look like smtp://host:port or smtps://host:port")
        self._tls = parts.scheme == "smtps"
        self._host = parts.hostname
        self._port = parts.port or (465 if self._tls else 587)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._sender = sender
        self._context = ssl.create_default_context()

    def send(self, address: str, message: Message, *, key: str) -> None:
        """Return when the server has taken the message."""
        try:
            with self._greeted() as server:
                self._introduce(server)
                server.send_message(self._mail(address, message, key))
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise SendingFailed(final=all(code >= 500 for code in codes)) from None
        except smtplib.SMTPAuthenticationError:
            raise SendingFailed(final=False) from None  # ours to mend, not the receiver's fault
        except smtplib.SMTPResponseException as error:
            raise SendingFailed(final=error.smtp_code >= 500) from None
        except (smtplib.SMTPException, OSError):
            raise SendingFailed(final=False) from None

    def _greeted(self) -> smtplib.SMTP:
        if self._tls:
            return smtplib.SMTP_SSL(
                self._host, self._port, timeout=TIMEOUT_SECONDS, context=self._context
            )
        return smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_SECONDS)

    def _introduce(self, server: smtplib.SMTP) -> None:
        """STARTTLS where there is any, and our name only under TLS."""
        server.ehlo()
        if not self._tls and server.has_extn("starttls"):
            server.starttls(context=self._context)
            server.ehlo()
        elif not self._tls and self._user:
            raise smtplib.SMTPNotSupportedError("no TLS, so no password")
        if self._user:
            server.login(self._user, self._password)

    def _mail(self, address: str, message: Message, key: str) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = address
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = make_msgid(key, self._sender.rpartition("@")[2].strip("> ") or "hub")
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies to this
        mail.set_content(message.text)
        return mail
