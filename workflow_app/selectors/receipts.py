"""What a receipt says of a case: what came in, who signed it, and where it stands now."""

import hashlib
import json
from dataclasses import dataclass

from workflow_app.models import Case, Clock, CounterVisit, Document, Signature, Task
from workflow_app.selectors.cases import list_case_tasks
from workflow_app.selectors.clocks import list_clocks
from workflow_app.selectors.counter import visit_of_case
from workflow_app.selectors.documents import list_documents

# As much of a digest as people compare by eye.
_SHOWN = 16


@dataclass(frozen=True)
class Receipt:
    """A case with who signed what was filed, the papers that came with it, and how it stands.

    `code` begins the digest of what was signed, as the trail keeps it whole; of what came without a signature, that
    of what was filed. `visit` is who stood at the counter, None for what was filed online.
    """

    case: Case
    signatures: list[Signature]
    papers: list[Document]
    tasks: list[Task]
    clocks: list[Clock]
    code: str
    visit: CounterVisit | None


def get_receipt(case: Case) -> Receipt:
    """The receipt of a case that the caller has got by `get_case`."""
    signed = Signature.objects.filter(draft__cases=case).select_related("signer").order_by("at", "pk")
    signatures = list(signed)
    return Receipt(
        case=case,
        signatures=signatures,
        papers=[each for each in list_documents(case) if each.uploaded_at <= case.filed_at],
        tasks=list_case_tasks(case),
        clocks=list_clocks(case),
        code=(signatures[0].digest if signatures else _digest(case))[:_SHOWN].upper(),
        visit=visit_of_case(case),
    )


def _digest(case: Case) -> str:
    first = case.submissions.order_by("pk").values_list("data", flat=True).first()
    text = json.dumps([case.number, first], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
