"""Identity: people and devices, how they show who they are, and where they are signed in."""

from .addresses import Address, Channel, masked, parse
from .authenticator import NewAuthenticator, confirm, prepare, remove
from .delivery import Dispatch, Gateway, Message, Parcel, SendingFailed
from .detached import HEADER as SIGNATURE_HEADER
from .detached import SignatureRefused
from .detached import parse as parse_signature
from .detached import sign as sign_request
from .devices import (
    DeviceLine,
    KeyEnrolled,
    KeyNotUsable,
    Signer,
    Signers,
    all_devices,
    enrol_device,
    public_key,
    revoke_device,
)
from .events import PersonJoined, SessionEnded, SessionStarted
from .housekeeping import forget_old
from .liveness import Liveness
from .people import Profile, correct, join, profile
from .rules import LOA_CODE, LOA_STRONG, LOA_VERIFIED, SESSION_LIVES
from .sessions import Tokens, csrf_value, end, end_all, end_grants_of, mine, refresh, start
from .signing_in import CodeAsked, ask_for_code, enter_code, enter_second_factor
from .sms_gateway import SmsGateway
from .smtp_gateway import SmtpGateway
from .tokens import (
    AccessClaims,
    AccessTokenRefused,
    Issuer,
    Principal,
    Verified,
    Verifier,
)
from .viewer_gateway import Shown, ViewerGateway, shown_messages

__all__ = [
    "LOA_CODE",
    "LOA_STRONG",
    "LOA_VERIFIED",
    "SESSION_LIVES",
    "SIGNATURE_HEADER",
    "AccessClaims",
    "AccessTokenRefused",
    "Address",
    "Channel",
    "CodeAsked",
    "DeviceLine",
    "Dispatch",
    "Gateway",
    "Issuer",
    "KeyEnrolled",
    "KeyNotUsable",
    "Liveness",
    "Message",
    "NewAuthenticator",
    "Parcel",
    "PersonJoined",
    "Principal",
    "Profile",
    "SendingFailed",
    "SessionEnded",
    "SessionStarted",
    "Shown",
    "SignatureRefused",
    "Signer",
    "Signers",
    "SmsGateway",
    "SmtpGateway",
    "Tokens",
    "Verified",
    "Verifier",
    "ViewerGateway",
    "all_devices",
    "ask_for_code",
    "confirm",
    "correct",
    "csrf_value",
    "end",
    "end_all",
    "end_grants_of",
    "enrol_device",
    "enter_code",
    "enter_second_factor",
    "forget_old",
    "join",
    "masked",
    "mine",
    "parse",
    "parse_signature",
    "prepare",
    "profile",
    "public_key",
    "refresh",
    "remove",
    "revoke_device",
    "shown_messages",
    "sign_request",
    "start",
]
