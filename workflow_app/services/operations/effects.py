"""Effects of a decision for others: each recipient is told, and its acknowledgement is waited for by name."""

from workflow_app.domain.codes import region_prefixes
from workflow_app.models import EffectReceipt, Region
from workflow_app.services.operations.registry import operation
from workflow_app.services.transition import Transition

# Where everything goes first; it passes on to the portals of the provinces and cities.
NATIONAL = "“信用中国”网站"
ORGANISATIONS = "国家企业信用信息公示系统"


@operation("effect.announce")
def announce(moving: Transition, *, effect: str) -> None:
    """Open one receipt for every recipient of the effect; a recipient is told once of the same effect."""
    told = recipients(moving)
    EffectReceipt.objects.bulk_create(
        [
            EffectReceipt(case=moving.case, effect=effect, recipient=name[:120], sent_at=moving.now)
            for name in told
        ],
        ignore_conflicts=True,
    )
    moving.record_event("effect.announced", effect=effect, recipients=told)


def recipients(moving: Transition) -> list[str]:
    """Who has to know: the national portal, the platforms of province and city, the unit the record came from."""
    case = moving.case
    places = [code for code in region_prefixes(case.agency.region_id) if code.endswith("00")]
    names = dict(Region.objects.filter(code__in=places).values_list("code", "name"))
    platforms = [f"{names[code]}公共信用信息平台" for code in reversed(places) if code in names]
    source = [case.record.source_agency.name] if case.record else []
    register = [] if case.subject.is_person else [ORGANISATIONS]
    return list(dict.fromkeys([NATIONAL, *platforms, *register, *source]))
