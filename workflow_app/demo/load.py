"""Loads the demo world: whole or not at all, once. Days in the data count from an anchor."""

import csv
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from workflow_app.demo.names import agency_code, subject_code
from workflow_app.domain.clock import CHINA
from workflow_app.domain.money import parse_cents
from workflow_app.domain.periods import Severity, publication_ends_on
from workflow_app.models import (
    Agency,
    Course,
    CreditRecord,
    Mandate,
    Matter,
    MatterText,
    Region,
    RoleGrant,
    Subject,
    SubjectAccount,
    TrainingSession,
    User,
)
from workflow_app.models.records import RecordCategory
from workflow_app.models.subjects import CodeKind, SubjectKind

DATA = Path(__file__).parent / "data"
CITY_DEPARTMENTS = "city-departments"
_YEAR = timedelta(days=365)
_TEXTS = ("legal_basis", "conditions", "content", "consequences", "checking", "deferrable_papers")
# One loader at a time; any number that nothing else locks will do.
_LOCK = 20_260_302
# Bad records end by the class of their severity; licences, list entries and the rest say their own end.
_BY_SEVERITY = (RecordCategory.PENALTY, RecordCategory.BREACH)


def load_world(anchor: date) -> bool:
    """Load the world as it looks on the day `anchor`; False, and no change, when it is there already.

    The passwords are `demo-USERNAME`. Never call it where real people work.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if is_loaded():
            return False
        _load_regions()
        agencies = _load_agencies()
        subjects = _load_subjects()
        users = _load_accounts(agencies, subjects, anchor)
        _load_matters(agencies, anchor)
        _load_records(agencies, subjects, anchor)
        _load_training(agencies, users, anchor)
    return True


def is_loaded() -> bool:
    """Whether the demo world is in the database."""
    first = _yaml("agencies")[0]
    return Agency.objects.filter(code=agency_code(first["region"], 1)).exists()


@cache
def _text(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


@cache
def _yaml(name: str) -> Any:
    safe = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(_text(f"{name}.yaml"), Loader=safe)  # noqa: S506 - a safe loader, the quick one where it is there


def _csv(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(_text(f"{name}.csv").splitlines()))


def _load_regions() -> None:
    rows = _yaml("regions")
    codes = {row["code"] for row in rows}
    for row in rows:
        code = row["code"]
        above = (code[:4] + "00", code[:2] + "0000")
        parent = next((each for each in above if each in codes and each != code), None)
        # The catalogue of regions may be filled already; its rows stay as they are.
        Region.objects.get_or_create(
            code=code, defaults={"name": row["name"], "name_en": row["name_en"], "parent_id": parent}
        )


def _load_agencies() -> dict[str, Agency]:
    rows = _yaml("agencies")
    made = [
        Agency(
            code=agency_code(row["region"], place),
            name=row["name"],
            name_en=row["name_en"],
            short_name=row["short_name"],
            kind=row["kind"],
            region_id=row["region"],
        )
        for place, row in enumerate(rows, 1)
    ]
    Agency.objects.bulk_create(made)
    return {row["key"]: agency for row, agency in zip(rows, made, strict=True)}


def _load_subjects() -> dict[str, Subject]:
    rows = _csv("subjects")
    made = [_subject(row) for row in rows]
    Subject.objects.bulk_create(made)
    return {row["key"]: subject for row, subject in zip(rows, made, strict=True)}


def _subject(row: dict[str, str]) -> Subject:
    key = row["key"]
    is_person = key.startswith(("person", "foreigner"))
    code_kind = CodeKind.ID_CARD if key.startswith("person") else CodeKind.USCC
    return Subject(
        kind=SubjectKind.PERSON if is_person else SubjectKind.ORGANISATION,
        code_kind=CodeKind.OTHER if key.startswith("foreigner") else code_kind,
        code=subject_code(key),
        name=row["name"],
        is_listed=row["is_listed"] == "1",
    )


def _load_accounts(
    agencies: dict[str, Agency], subjects: dict[str, Subject], anchor: date
) -> dict[str, User]:
    rows = _yaml("accounts")
    joined = _moment(anchor - _YEAR, "09:00")
    made = [
        User(
            username=row["username"],
            password=make_password(f"demo-{row['username']}"),
            email=f"{row['username']}@demo.invalid",
            display_name=row["display_name"],
            display_name_en=row["display_name_en"],
            date_joined=joined,
        )
        for row in rows
    ]
    User.objects.bulk_create(made)
    users = {user.username: user for user in made}
    departments = [key for key in agencies if key.startswith("jinhua-") and key != "jinhua-credit"]
    grants, accounts, mandates = [], [], []
    for row in rows:
        user = users[row["username"]]
        for role, keys in row.get("grants", {}).items():
            named = [each for key in keys for each in (departments if key == CITY_DEPARTMENTS else [key])]
            grants += [
                RoleGrant(user=user, role=role, agency=agencies[key], valid_from=anchor - _YEAR)
                for key in named
            ]
        accounts += [SubjectAccount(user=user, subject=subjects[key]) for key in row.get("represents", ())]
        mandates += [
            Mandate(
                agent=user,
                subject=subjects[key],
                valid_from=anchor - _YEAR,
                valid_until=anchor + 2 * _YEAR,
            )
            for key in row.get("mandates", ())
        ]
    RoleGrant.objects.bulk_create(grants)
    SubjectAccount.objects.bulk_create(accounts)
    Mandate.objects.bulk_create(mandates)
    return users


def _load_matters(agencies: dict[str, Agency], anchor: date) -> None:
    rows = _yaml("matters")
    made = [
        Matter(
            agency=agencies[row["agency"]],
            **{key: value for key, value in row.items() if key != "agency" and key not in _TEXTS},
        )
        for row in rows
    ]
    Matter.objects.bulk_create(made)
    MatterText.objects.bulk_create(
        MatterText(
            matter=matter,
            version=1,
            valid_from=anchor - _YEAR,
            **{key: row[key] for key in _TEXTS if key in row},
        )
        for row, matter in zip(rows, made, strict=True)
    )


def _load_records(agencies: dict[str, Agency], subjects: dict[str, Subject], anchor: date) -> None:
    CreditRecord.objects.bulk_create([_record(row, agencies, subjects, anchor) for row in _csv("records")])


def _record(
    row: dict[str, str], agencies: dict[str, Agency], subjects: dict[str, Subject], anchor: date
) -> CreditRecord:
    def day(column: str) -> date | None:
        return anchor + timedelta(days=int(row[column])) if row[column] else None

    decision_on, published_on, repaired_on = day("decision"), day("published"), day("repaired")
    if decision_on is None or published_on is None:
        raise ValueError(f"{row['number']} lacks a date")
    record = CreditRecord(
        subject=subjects[row["subject"]],
        source_agency=agencies[row["agency"]],
        amount_cents=parse_cents(row["amount"]) if row["amount"] else None,
        finding_on=day("finding"),
        decision_on=decision_on,
        published_on=published_on,
        valid_until=day("valid_days"),
        repaired_at=_moment(repaired_on, "10:00") if repaired_on else None,
        is_shared=repaired_on is None,
        created_at=_moment(published_on, "09:00"),
        **{name: row[name] for name in _COPIED},
    )
    if record.category in _BY_SEVERITY:
        record.valid_until = publication_ends_on(Severity(record.severity), record.period_starts_on)
    is_over = record.valid_until is not None and record.valid_until < anchor
    record.is_published = repaired_on is None and not is_over
    return record


_COPIED = (
    "number",
    "category",
    "severity",
    "title",
    "facts",
    "basis",
    "content",
    "penalty_kinds",
    "start_rule",
)


def _load_training(agencies: dict[str, Agency], users: dict[str, User], anchor: date) -> None:
    data = _yaml("training")
    course = Course.objects.create(**data["course"])
    TrainingSession.objects.bulk_create(
        TrainingSession(
            course=course,
            agency=agencies[data["agency"]],
            trainer=users[data["trainer"]],
            place=row["place"],
            is_online=row.get("is_online", False),
            seats=row["seats"],
            starts_at=_moment(anchor + timedelta(days=row["days"]), data["begins"]),
            ends_at=_moment(anchor + timedelta(days=row["days"]), data["ends"]),
        )
        for row in data["sessions"]
    )


def _moment(day: date, hour: str) -> datetime:
    """The local time of the day in China, aware."""
    return datetime.combine(day, time.fromisoformat(hour), CHINA)
