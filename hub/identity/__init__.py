"""Identity: people and devices, how they show who they are, and where they are signed in.

Verbs on documents and verified names read with their module: `real_names.submit`; so do those on
passkeys, officers, approvals and changes of clients: `passkeys.add`, `approvals.ask`.
"""

from . import (
    approvals,
    at_kiosk,
    children,
    client_changes,
    limits,
    mandates,
    notices,
    officers,
    passkeys,
    real_name_checks,
    real_names,
    recovering,
)
from .addresses import Address, Channel, masked, parse
from .ages import day_in
from .approvals import Approval
from .authenticator import NewAuthenticator, confirm, prepare, remove
from .ceremonies import Begun, begin_to_add, begin_to_join, begin_to_show
from .claims import AccessClaims
from .clients import (
    AuthMethod,
    Client,
    ClientKind,
    ClientNotUsable,
    Clients,
    Registered,
    active_client,
    all_clients,
    change_client,
    register_client,
)
from .closing import close
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
    signed_by_one_of,
)
from .documents import Document, masked_number
from .documents import Kind as DocumentKind
from .documents import parse as read_document
from .ending import end_grants, end_grants_of
from .errors import (
    PersonGone,
    RefreshTokenRefused,
    RefreshTokenReplayed,
    ScopeBeyondGrant,
    StrongerSignInNeeded,
)
from .es256 import base64url, from_base64url
from .events import (
    CredentialChanged,
    GrantEnded,
    GrantGiven,
    NewDeviceUsed,
    PersonClosed,
    PersonJoined,
    RecoveryOpened,
    SessionEnded,
    SessionStarted,
)
from .grants import App, end_app, my_apps, open_grant
from .housekeeping import forget_old
from .liveness import Liveness
from .mandate_errors import LastGuardian, NoMandate
from .mandate_rules import DELEGATING, EVERYTHING
from .officer_errors import AppointmentNotUsable, ApprovalOver, NotInOffice, OwnDeed
from .officers import Appointment, Roles
from .pairwise import person_behind, subject_of
from .passwords import (
    hashed,
    judge,
    looks_right,
    remove_password,
    seek,
    seek_own,
    set_password,
)
from .people import Profile, correct, is_active, is_synthetic, join, profile
from .population_gateway import Population, PopulationGateway, RegisterAway
from .protections import Protections, demand, demand_to_read
from .protections import mine as my_protections
from .protections import mine_at as my_protections_at
from .provisioning import equip, invented_at
from .real_name_checks import REAL_NAME_CHECK
from .real_name_events import (
    RealNameEnded,
    RealNameRefused,
    RealNameSubmitted,
    RealNameVerified,
)
from .recovery_codes import renew as renew_recovery_codes
from .refreshing import Tokens, grant_of, holder_of, refresh
from .rules import (
    ACCESS_LIVES,
    GRANT_LIVES,
    LEVELS,
    LOA_CODE,
    LOA_STRONG,
    LOA_VERIFIED,
    RECENT,
    SESSION_LIVES,
    Limit,
    hash_of,
    new_secret,
    reaches,
)
from .sessions import csrf_value, end, end_all, end_others, mine, start
from .signing_in import CodeAsked, ask_for_code, enter_code, enter_second_factor
from .sms_gateway import SmsGateway, VoiceGateway
from .smtp_gateway import SmtpGateway
from .stepping_up import ask_own_code, enter_password, level_within_reach, step_up
from .tokens import (
    AT_HOME,
    CITY_APP,
    CITY_DESK,
    AccessTokenRefused,
    Issuer,
    Principal,
    Verified,
    Verifier,
)
from .viewer_gateway import Shown, ViewerGateway, shown_messages
from .webauthn_gateway import RelyingParty

__all__ = [
    "ACCESS_LIVES",
    "AT_HOME",
    "CITY_APP",
    "CITY_DESK",
    "DELEGATING",
    "EVERYTHING",
    "GRANT_LIVES",
    "LEVELS",
    "LOA_CODE",
    "LOA_STRONG",
    "LOA_VERIFIED",
    "REAL_NAME_CHECK",
    "RECENT",
    "SESSION_LIVES",
    "SIGNATURE_HEADER",
    "AccessClaims",
    "AccessTokenRefused",
    "Address",
    "App",
    "Appointment",
    "AppointmentNotUsable",
    "Approval",
    "ApprovalOver",
    "AuthMethod",
    "Begun",
    "Channel",
    "Client",
    "ClientKind",
    "ClientNotUsable",
    "Clients",
    "CodeAsked",
    "CredentialChanged",
    "DeviceLine",
    "Dispatch",
    "Document",
    "DocumentKind",
    "Gateway",
    "GrantEnded",
    "GrantGiven",
    "Issuer",
    "KeyEnrolled",
    "KeyNotUsable",
    "LastGuardian",
    "Limit",
    "Liveness",
    "Message",
    "NewAuthenticator",
    "NewDeviceUsed",
    "NoMandate",
    "NotInOffice",
    "OwnDeed",
    "Parcel",
    "PersonClosed",
    "PersonGone",
    "PersonJoined",
    "Population",
    "PopulationGateway",
    "Principal",
    "Profile",
    "Protections",
    "RealNameEnded",
    "RealNameRefused",
    "RealNameSubmitted",
    "RealNameVerified",
    "RecoveryOpened",
    "RefreshTokenRefused",
    "RefreshTokenReplayed",
    "RegisterAway",
    "Registered",
    "RelyingParty",
    "Roles",
    "ScopeBeyondGrant",
    "SendingFailed",
    "SessionEnded",
    "SessionStarted",
    "Shown",
    "SignatureRefused",
    "Signer",
    "Signers",
    "SmsGateway",
    "SmtpGateway",
    "StrongerSignInNeeded",
    "Tokens",
    "Verified",
    "Verifier",
    "ViewerGateway",
    "VoiceGateway",
    "active_client",
    "all_clients",
    "all_devices",
    "approvals",
    "ask_for_code",
    "ask_own_code",
    "at_kiosk",
    "base64url",
    "begin_to_add",
    "begin_to_join",
    "begin_to_show",
    "change_client",
    "children",
    "client_changes",
    "close",
    "confirm",
    "correct",
    "csrf_value",
    "day_in",
    "demand",
    "demand_to_read",
    "end",
    "end_all",
    "end_app",
    "end_grants",
    "end_grants_of",
    "end_others",
    "enrol_device",
    "enter_code",
    "enter_password",
    "enter_second_factor",
    "equip",
    "forget_old",
    "from_base64url",
    "grant_of",
    "hash_of",
    "hashed",
    "holder_of",
    "invented_at",
    "is_active",
    "is_synthetic",
    "join",
    "judge",
    "level_within_reach",
    "limits",
    "looks_right",
    "mandates",
    "masked",
    "masked_number",
    "mine",
    "my_apps",
    "my_protections",
    "my_protections_at",
    "new_secret",
    "notices",
    "officers",
    "open_grant",
    "parse",
    "parse_signature",
    "passkeys",
    "person_behind",
    "prepare",
    "profile",
    "public_key",
    "reaches",
    "read_document",
    "real_name_checks",
    "real_names",
    "recovering",
    "refresh",
    "register_client",
    "remove",
    "remove_password",
    "renew_recovery_codes",
    "revoke_device",
    "seek",
    "seek_own",
    "set_password",
    "shown_messages",
    "sign_request",
    "signed_by_one_of",
    "start",
    "step_up",
    "subject_of",
]
