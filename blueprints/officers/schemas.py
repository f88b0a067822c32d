"""Shapes of the officers' desks."""

from typing import Any

from marshmallow import fields, validate

from hub.web import Enumeration, Instant, Schema, page_schema

_PERSON = "person_01k9z3m8q4v7x2c5n1b6h0j8rt"
_OFFICER = "officer_01k9z3m8q4v7x2c5n1b6h0j8rt"

DECISION = Enumeration("Decision", ("approved", "refused"), "What a second officer decided.")
APPOINTMENT_OUTCOME = Enumeration(
    "AppointmentOutcome",
    ("in_force", "waiting"),
    "The appointment is made, or it waits for a second administrator.",
)


class DutyEntry(Schema):
    """Where the duty is begun."""

    device_name = fields.String(
        load_default=None,
        validate=validate.Length(min=1, max=100),
        metadata={"description": "As you will see it in your list.", "example": "Counter 3"},
    )


class DutyTokens(Schema):
    """Tokens of a duty; refresh them like any others, at `/v1/sign-in/refreshes`."""

    access_token = fields.String(required=True, metadata={"example": "eyJhbGciOiJFUzI1NiIs..."})
    token_type = fields.String(required=True, metadata={"example": "Bearer"})
    expires_in = fields.Integer(required=True, metadata={"description": "Seconds.", "example": 600})
    refresh_token = fields.String(
        required=True, metadata={"example": "u3T0bJmVw1Yx9rKqS6cE2hZ8nP5dL7fG4aQ1iM0oX3k"}
    )
    scope = fields.String(required=True, metadata={"example": "identity.desk:use"})
    session = fields.String(
        required=True, metadata={"example": "session_01k9z3m8q4v7x2c5n1b6h0j8rt"}
    )
    officer = fields.String(required=True, metadata={"example": _OFFICER})


class Appointment(Schema):
    """That an officer holds a role, by whose word and until when."""

    id = fields.String(
        required=True, metadata={"example": "appointment_01k9z3m8q4v7x2c5n1b6h0j8rt"}
    )
    officer = fields.String(required=True, metadata={"example": _OFFICER})
    service_name = fields.String(required=True, metadata={"example": "Wang Min (synthetic)"})
    role = fields.String(required=True, metadata={"example": "partners:registrar"})
    appointed_by = fields.String(
        required=True,
        metadata={"description": "An officer, or `hub`: by command.", "example": _OFFICER},
    )
    appointed_at = Instant(required=True)
    until = Instant(required=True)
    ended_by = fields.String(metadata={"example": _OFFICER})
    ended_at = Instant()


AppointmentPage = page_schema(Appointment, "AppointmentPage")


class OfficerOnDuty(Schema):
    """Who is on duty, and by which appointments."""

    id = fields.String(required=True, metadata={"example": _OFFICER})
    scopes = fields.List(
        fields.String(metadata={"example": "identity.desk:use"}),
        required=True,
        metadata={"description": "What this duty may do."},
    )
    appointments = fields.List(fields.Nested(Appointment), required=True)


class AppointmentEntry(Schema):
    """Who is to hold which role, and until when."""

    person = fields.String(
        required=True,
        validate=validate.Length(max=100),
        metadata={"description": "Their `id` of `/v1/me`.", "example": _PERSON},
    )
    role = fields.String(
        required=True,
        validate=validate.Length(max=100),
        metadata={"description": "`<sector>:<role>`.", "example": "partners:registrar"},
    )
    service_name = fields.String(
        required=True,
        validate=validate.Regexp(r"^(?! )[^\x00-\x1f\x7f]{1,100}$"),
        metadata={
            "description": "As colleagues and citizens read it.",
            "example": "Wang Min (synthetic)",
        },
    )
    until = Instant(required=True, metadata={"description": "At most two years from now."})


class Approval(Schema):
    """What an officer asked for, and what another decided; no `decision`: it waits."""

    id = fields.String(required=True, metadata={"example": "approval_01k9z3m8q4v7x2c5n1b6h0j8rt"})
    kind = fields.String(required=True, metadata={"example": "identity.administrator"})
    subject = fields.String(required=True, metadata={"example": _PERSON})
    payload: Any = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={
            "description": "What will be done, as it was asked.",
            "example": {"person": _PERSON, "service_name": "Wang Min (synthetic)"},
        },
    )
    asked_by = fields.String(required=True, metadata={"example": _OFFICER})
    asked_at = Instant(required=True)
    expires_at = Instant(required=True)
    decision = fields.String(validate=DECISION, metadata={"example": "approved"})
    decided_by = fields.String(metadata={"example": _OFFICER})
    decided_at = Instant()


ApprovalPage = page_schema(Approval, "ApprovalPage")


class AppointmentAnswer(Schema):
    """An appointment, or the approval that it waits for."""

    state = fields.String(
        required=True, validate=APPOINTMENT_OUTCOME, metadata={"example": "in_force"}
    )
    appointment = fields.Nested(Appointment)
    approval = fields.Nested(Approval)


class DecisionEntry(Schema):
    """What you decide."""

    decision = fields.String(required=True, validate=DECISION, metadata={"example": "approved"})
