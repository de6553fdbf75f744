"""Enter a subject that nobody has dealt with yet: at the counter, from the document that the clerk looks at."""

import re
import unicodedata

from django.db import transaction

from workflow_app.domain import clock
from workflow_app.domain.codes import check_id_card, check_uscc, half_width
from workflow_app.domain.errors import ConflictError, CreditError, ForbiddenError
from workflow_app.models import Subject, User, rows
from workflow_app.models.people import Role
from workflow_app.models.subjects import CodeKind, SubjectKind
from workflow_app.selectors.access import Access

MOST_NAME = 200
# Held for one code by whoever enters it.
_LOCK = 7_310_443
# Passports, residence permits and the like: letters and digits, at most with a hyphen between them.
_OTHER_CODE = re.compile(r"[0-9A-Z](?:[0-9A-Z-]{3,36})[0-9A-Z]")


class SubjectExistsError(ConflictError):
    """There is a subject with that code already."""

    code = "subject_exists"
    message = "代码“{code}”已经登记，请直接查询办理。"


class SubjectNameError(CreditError):
    """No name, or one with characters that no name has."""

    code = "subject_name_invalid"
    message = "请填写证照上的完整名称或者姓名，不超过 {most} 个字。"
    status = 422


class DocumentNumberError(CreditError):
    """Not the number of a document."""

    code = "document_number_invalid"
    message = "证件号码“{code}”不正确：应为 5 至 38 位字母和数字。"
    status = 422


class CodeKindError(CreditError):
    """No such kind of code, or not one for this kind of subject."""

    code = "code_kind_invalid"
    message = "请选择证照种类：单位用统一社会信用代码，个人用居民身份证或者其他证件。"
    status = 422


def register_subject(*, user: User, code_kind: str, code: str, name: str) -> Subject:
    """Enter an organisation (`uscc`) or a natural person (`id_card`, `other`) → the new subject.

    Only for clerks. Raises ForbiddenError, `CodeKindError`, `UsccInvalidError`, `IdCardInvalidError`,
    `DocumentNumberError`, `SubjectNameError`, `SubjectExistsError`.
    """
    if Role.CLERK not in Access(user, clock.now()).roles:
        raise ForbiddenError
    normal, called = check_code(code_kind, code), clean_person_or_firm(name)
    kind = SubjectKind.ORGANISATION if code_kind == CodeKind.USCC else SubjectKind.PERSON
    with transaction.atomic():
        # The code alone names a subject wherever one is filed for, so no two kinds may share it, at two counters
        # at once no more than one after the other.
        rows.query("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", _LOCK, normal)
        if Subject.objects.filter(code=normal).exists():
            raise SubjectExistsError(code=normal)
        made, is_new = Subject.objects.get_or_create(
            code_kind=code_kind, code=normal, defaults={"kind": kind, "name": called}
        )
    if not is_new:
        raise SubjectExistsError(code=normal)
    return made


def check_code(code_kind: str, code: str) -> str:
    """The normalised code of that kind; raises `CodeKindError`, `UsccInvalidError`, `IdCardInvalidError`,
    `DocumentNumberError`."""
    if code_kind == CodeKind.USCC:
        return check_uscc(code)
    if code_kind == CodeKind.ID_CARD:
        return check_id_card(code)
    if code_kind != CodeKind.OTHER:
        raise CodeKindError
    normal = half_width(code).strip().upper()
    if not _OTHER_CODE.fullmatch(normal):
        raise DocumentNumberError(code=normal[:40])
    return normal


def clean_person_or_firm(name: str, most: int = MOST_NAME) -> str:
    """The name in one line, as a document gives it; raises `SubjectNameError`."""
    called = " ".join(unicodedata.normalize("NFC", name).split())
    if not called or len(called) > most or any(unicodedata.category(char)[0] == "C" for char in called):
        raise SubjectNameError(most=most)
    return called
