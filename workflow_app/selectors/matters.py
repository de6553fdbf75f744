"""Read the published catalogue of commitment matters (承诺事项目录). It is public: no account is needed."""

from dataclasses import dataclass

from django.db.models import Prefetch, Q

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Matter, MatterText


@dataclass(frozen=True)
class OpenMatter:
    """An open matter with the version of its texts that is in force today."""

    matter: Matter
    text: MatterText


def list_matters(*, region: str = "", commitment_type: str = "") -> list[OpenMatter]:
    """The open matters with a text in force, by code; `region` is the GB/T 2260 code of the agency in charge."""
    rows = Matter.objects.filter(is_open=True)
    if region:
        rows = rows.filter(agency__region=region)
    if commitment_type:
        rows = rows.filter(commitment_type=commitment_type)
    day = clock.now().astimezone(CHINA).date()
    texts = MatterText.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=day), valid_from__lte=day
    ).order_by("-version")
    rows = rows.select_related("agency__region").prefetch_related(
        Prefetch("texts", queryset=texts, to_attr="in_force")
    )
    # to_attr is no field of the model, so types do not know it.
    return [
        OpenMatter(matter, in_force[0])
        for matter in rows.order_by("code")
        if (in_force := getattr(matter, "in_force", []))
    ]


def get_matter(code: str) -> OpenMatter:
    """The open matter of that code; raises NotFoundError, also when it is closed or has no text in force."""
    for found in list_matters():
        if found.matter.code == code:
            return found
    raise NotFoundError
