"""The options of form fields that only the server knows: records, matters, training sessions."""

from django.utils.translation import get_language, gettext

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.engine.bundles import Bundle
from workflow_app.models import CreditRecord, User
from workflow_app.selectors.access import Access
from workflow_app.selectors.matters import list_matters
from workflow_app.selectors.records import eligible_from
from workflow_app.selectors.search import clean_search
from workflow_app.selectors.training import list_sessions

Options = list[tuple[str, str]]
# As many as a list in a form may have.
MOST = 200


def choices_for(user: User, bundle: Bundle, on_behalf_of: str = "") -> dict[str, Options]:
    """What the account may choose from in the forms of a process, by widget: (value, label) in the reader's language.

    `on_behalf_of` is the code of the subject that is filed for; without it the records of all subjects the account
    acts for are offered, each named. A widget that no form of the process has stays empty.
    """
    wanted = _widgets(bundle)
    return {
        "record": _records(user, on_behalf_of) if "record" in wanted else [],
        "matter": _matters() if "matter" in wanted else [],
        "session": _sessions() if "session" in wanted else [],
    }


def _widgets(bundle: Bundle) -> set[str]:
    texts = bundle.below(f"forms/{bundle.slug}", ".ui.json").values()
    return {name for name in ("record", "matter", "session") if any(f'"{name}"' in text for text in texts)}


def _records(user: User, code: str) -> Options:
    access = Access(user, clock.now())
    rows = access.records().select_related("subject")
    if code:
        rows = rows.filter(subject__code=clean_search(code).upper())
    else:
        rows = rows.filter(subject__in=access.subject_ids)
    found = list(rows.order_by("-decision_on", "-pk")[:MOST])
    names_subject = len({record.subject_id for record in found}) > 1
    return [(str(record.pk), _record_label(record, names_subject)) for record in found]


def _record_label(record: CreditRecord, names_subject: bool) -> str:
    parts = [record.number, record.title, gettext(record.get_category_display())]
    if names_subject:
        parts.insert(0, record.subject.name)
    first = eligible_from(record)
    if record.repaired_at is not None:
        parts.append(gettext("已修复"))
    elif first is not None and first > clock.now().astimezone(CHINA).date():
        parts.append(gettext("{day}起可申请修复").format_map({"day": first.isoformat()}))
    if record.is_disputed:
        parts.append(gettext("异议中"))
    return " · ".join(str(part) for part in parts)


def _matters() -> Options:
    is_english = (get_language() or "").startswith("en")
    return [
        (
            found.matter.code,
            f"{found.matter.code} {found.matter.title_en if is_english else found.matter.title}",
        )
        for found in list_matters()
    ]


def _sessions() -> Options:
    return [
        (
            str(info.session.pk),
            " · ".join(
                [
                    f"{info.session.starts_at.astimezone(CHINA):%Y-%m-%d %H:%M}"
                    f"–{info.session.ends_at.astimezone(CHINA):%H:%M}",
                    info.session.place,
                    gettext("余 {seats} 席").format_map({"seats": info.seats_left}),
                ]
            ),
        )
        for info in list_sessions()
        if info.session.starts_at > clock.now()
    ]
