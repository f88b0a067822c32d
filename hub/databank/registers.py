"""The registers of this city, as far as the hub reads them."""

from collections.abc import Sequence

from hub.identity import REAL_NAME_CHECK, masked_number

from .definitions import Field, Purpose, Register

OWN_RECORD = "own_record"
DECIDES = "appeal"

POPULATION = Register(
    slug="population",
    title="Population register",
    keeper="Public security bureau",
    fields=(
        Field(slug="name", title="Full name"),
        Field(
            slug="document",
            title="Document number",
            sensitivity="sensitive",
            shown=masked_number,
        ),
        Field(slug="born_on", title="Date of birth"),
        Field(slug="sex", title="Sex"),
        Field(slug="district", title="District of the household"),
    ),
    purposes=(
        Purpose(
            slug=OWN_RECORD,
            sentence="To show you what the register holds about you.",
            basis="legal_duty",
            source="PIPL article 45",
            fields=("name", "document", "born_on", "sex", "district"),
            askers=("citizen",),
        ),
        Purpose(
            slug=REAL_NAME_CHECK,
            sentence="To verify your real name.",
            basis="consent",
            source="PIPL article 29",
            fields=("name", "document"),
            askers=("system",),
        ),
        Purpose(
            slug="age_check",
            sentence="To see whether you are old enough for a service that you asked for.",
            basis="consent",
            source="PIPL article 13 (1)",
            fields=("born_on",),
            askers=("partner", "officer", "system"),
        ),
        Purpose(
            slug="responsible_office",
            sentence="To bring what you file to the office of your district.",
            basis="contract",
            source="PIPL article 13 (2)",
            fields=("district",),
            askers=("officer", "system"),
        ),
    ),
)

ENTITLEMENTS = Register(
    slug="entitlements",
    title="Register of entitlements",
    keeper="Civil affairs bureau",
    fields=(
        Field(slug="kind", title="Kind of entitlement"),
        Field(slug="state", title="State"),
        Field(slug="issuer", title="Granted or refused by"),
        Field(slug="valid_from", title="Valid from"),
        Field(slug="valid_until", title="Valid until"),
        Field(slug="evidence", title="Evidence", sensitivity="sensitive"),
        Field(slug="reason", title="Reason", sensitivity="sensitive"),
    ),
    purposes=(
        Purpose(
            slug=OWN_RECORD,
            sentence="To show you what the register holds about you.",
            basis="legal_duty",
            source="PIPL article 45",
            fields=("kind", "state", "issuer", "valid_from", "valid_until", "evidence", "reason"),
            askers=("citizen",),
        ),
        Purpose(
            slug="reduced_fare",
            sentence="To give you the reduced fare that you are entitled to.",
            basis="contract",
            source="PIPL article 13 (2)",
            fields=("kind", "state", "valid_from", "valid_until"),
            askers=("device", "officer", "system"),
        ),
        Purpose(
            slug="partner_check",
            sentence="To tell a partner yes or no about one entitlement, and nothing else.",
            basis="consent",
            source="PIPL article 13 (1)",
            fields=("kind", "state", "valid_from", "valid_until"),
            askers=("partner",),
        ),
        Purpose(
            slug=DECIDES,
            sentence="To decide your appeal against a refusal.",
            basis="legal_duty",
            source="Administrative Reconsideration Law",
            fields=("kind", "state", "issuer", "valid_from", "valid_until", "evidence", "reason"),
            askers=("officer", "system"),
        ),
    ),
)

STATEMENT = Field(slug="statement", title="Your appeal")
"""What an office reads beside the register's own fields."""

REGISTERS = (POPULATION, ENTITLEMENTS)


def in_words(register: str, purpose: str, fields: Sequence[str]) -> tuple[str, str, list[str]]:
    """Titles and sentence behind the slugs of a row of the access log, in English, to be said in
    the reader's language; what no register declares stays as it is."""
    found = next((one for one in REGISTERS if one.slug == register), None)
    if found is None:
        return register, purpose, list(fields)
    sentences = {one.slug: one.sentence for one in found.purposes}
    titles = {one.slug: one.title for one in (*found.fields, STATEMENT)}
    return found.title, sentences.get(purpose, purpose), [titles.get(f, f) for f in fields]
