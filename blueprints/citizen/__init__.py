"""The citizen's own sector: signing in, sessions and devices, the profile."""

from pathlib import Path

from hub.consent import ConsentWithdrawn
from hub.identity import (
    CredentialChanged,
    NewDeviceUsed,
    PersonClosed,
    RealNameEnded,
    RealNameSubmitted,
    RealNameVerified,
    RecoveryOpened,
)
from hub.privacy import ExportAsked
from hub.web import Loop, Schedule, Scope, Sector
from hub.web.languages import marked, speak_for

from . import (
    access_log,
    apps,
    children,
    closure,
    consents,
    exports,
    kiosk_mandates,
    mandates,
    me,
    messages,
    pages,
    passkeys,
    passwords,
    public_keys,
    real_name,
    records,
    recoveries,
    second_factor,
    sending,
    sessions,
    sign_in,
    step_up,
)

speak_for(Path(__file__).parent)

SECTOR = Sector(
    slug="citizen",
    title="Citizen",
    scopes=(
        Scope(
            "citizen.profile:read",
            marked("See name, language, and masked telephone and e-mail"),
            care="sensitive",
        ),
        Scope("citizen.profile:change", marked("Change name and language")),
        Scope("citizen.consent:read"),
        Scope("citizen.consent:manage"),
        Scope("citizen.mandate:read"),
        Scope("citizen.mandate:manage"),
        Scope("citizen.session:read"),
        Scope("citizen.session:manage"),
        Scope("citizen.authenticator:manage"),
        Scope("citizen.passkey:manage"),
        Scope("citizen.password:manage"),
        Scope("citizen.real_name:manage"),
        Scope("citizen.real_name:read"),
        Scope("citizen.record:read"),
        Scope("citizen.entitlement:read"),
        Scope("citizen.entitlement:appeal"),
        Scope("citizen.recovery_code:manage"),
        Scope("citizen.access_log:read"),
        Scope("citizen.app:read"),
        Scope("citizen.app:manage"),
        Scope("citizen.export:read"),
        Scope("citizen.export:manage"),
        Scope("citizen.closure:read"),
        Scope("citizen.closure:manage"),
    ),
    blueprints=(
        sign_in.bp,
        passwords.bp,
        passkeys.bp,
        step_up.bp,
        recoveries.bp,
        me.bp,
        sessions.bp,
        apps.bp,
        second_factor.bp,
        real_name.bp,
        records.bp,
        public_keys.bp,
        messages.bp,
        consents.bp,
        access_log.bp,
        exports.bp,
        closure.bp,
        mandates.bp,
        children.bp,
        kiosk_mandates.bp,
    ),
    pages=(messages.pages, pages.bp),
    reactions={
        RealNameEnded: (records.forget_records,),
        ConsentWithdrawn: (real_name.end_with_the_consent,),
    },
    errands={
        RealNameSubmitted: (real_name.ask_the_register,),
        RealNameVerified: (records.bring_records_in,),
        ExportAsked: (exports.make_export,),
        PersonClosed: (closure.end_consents,),
        NewDeviceUsed: (sending.tell_of_device,),
        CredentialChanged: (sending.tell_of_change,),
        RecoveryOpened: (sending.tell_of_recovery,),
    },
    loops=(
        Loop(name="codes", turn=sending.send_codes, pause=0.2),
        Loop(name="access_log", turn=access_log.seal, pause=0.5),
    ),
    schedules=(
        Schedule(name="identity.forget_old", cron="17 * * * *", run=sending.forget_old),
        Schedule(name="databank.forget_old", cron="51 3 * * *", run=records.forget_old),
        Schedule(name="databank.refresh", cron="43 * * * *", run=records.refresh_records),
        Schedule(name="access_log.forget_old", cron="23 2 * * *", run=access_log.forget_old),
        Schedule(name="privacy.close_accounts", cron="*/5 * * * *", run=closure.close_accounts),
        Schedule(name="privacy.forget_old", cron="23 * * * *", run=exports.forget_old),
        Schedule(name="consent.forget_old", cron="37 3 * * *", run=closure.forget_consents),
    ),
)
