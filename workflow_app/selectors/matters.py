"""Read the published catalogue of commitment matters (承诺事项目录). It is public: no account is needed."""

from dataclasses import dataclass

from django.db.models import Prefetch, Q

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Agency, Matter, MatterText
from workflow_app.selectors.search import clean_search


@dataclass(frozen=True)
class OpenMatter:
    """An open matter with the version of its texts that is in force today."""

    matter: Matter
    text: MatterText


def list_matters(
    *, region: str = "", commitment_type: str = "", agency: str = "", industry: str = "", q: str = ""
) -> list[OpenMatter]:
    """The open matters with a text in force, by code.

    `region` is the GB/T 2260 code of the agency in charge, `agency` its own code; `q` is part of the code or the title.
    """
    rows = Matter.objects.filter(is_open=True)
    if agency:
        rows = rows.filter(agency__code=clean_search(agency))
    if industry:
        rows = rows.filter(industry=clean_search(industry))
    if q := clean_search(q):
        rows = rows.filter(Q(code__icontains=q) | Q(title__icontains=q) | Q(title_en__icontains=q))
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


def list_versions(matter: Matter) -> list[MatterText]:
    """All texts the matter has had and will have, newest first: what was signed years ago can be read again."""
    return list(matter.texts.order_by("-version"))


def get_version(code: str, version: int) -> MatterText:
    """One version of the texts of an open matter, with the matter; raises NotFoundError."""
    found = (
        MatterText.objects.filter(matter__code=code, matter__is_open=True, version=version)
        .select_related("matter__agency__region")
        .first()
    )
    if found is None:
        raise NotFoundError
    return found


@dataclass(frozen=True)
class Groups:
    """By what the catalogue can be narrowed: the agencies in charge and the industries, each in order."""

    agencies: list[Agency]
    industries: list[str]


def list_groups() -> Groups:
    """The agencies and industries that have open matters."""
    agencies = Agency.objects.filter(matters__is_open=True).distinct().order_by("region_id", "id")
    industries = Matter.objects.filter(is_open=True).order_by("industry").values_list("industry", flat=True)
    return Groups(list(agencies), list(dict.fromkeys(industries)))
