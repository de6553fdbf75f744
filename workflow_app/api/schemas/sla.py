"""Deadlines of the supervised regions: how they were kept, which were missed, where cases wait."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from workflow_app.api.schemas.common import (
    AgencyOut,
    Code,
    DayIn,
    Input,
    Moment,
    Output,
    PageIn,
    PersonOut,
    Slug,
    in_language,
)
from workflow_app.selectors.board import BoardRow
from workflow_app.selectors.breaches import Breach
from workflow_app.selectors.figures import Headline, Mean, Share, Step
from workflow_app.selectors.processes import manifest_of


def _is_computable(day: date) -> date:
    if not 1900 <= day.year <= 9000:
        raise ValueError("year")
    return day


# Years at the ends of what Python knows have no month before or after.
Month = Annotated[DayIn, AfterValidator(_is_computable)]


class MonthsIn(Input):
    """Whole months, named by any of their days; both ends are included. By default the present month."""

    since: Month | None = None
    until: Month | None = None


class SummaryIn(MonthsIn):
    """Narrowed to a process, an agency by its code, or a region with all that lies below it by its code."""

    process: Slug = ""
    agency: Code = ""
    region: Code = ""


class BreachesIn(SummaryIn, PageIn):
    """Also to one clock by its name, and to those that have not stopped yet, or have."""

    clock: Slug = ""
    running: bool | None = None


class HeatmapIn(MonthsIn):
    """One process, as its slug says."""

    process: Annotated[str, Field(min_length=1, max_length=40)]
    agency: Code = ""
    region: Code = ""


class MeanOut(Output):
    """Objections answered, and how long that took on average: in calendar days from arrival to answer; in working days
    without what the applicant owed, and with it (gross). `bar_days`: what the region promises."""

    count: int
    mean_calendar_days: float | None
    mean_working_days: float | None
    gross_working_days: float | None
    bar_days: int

    @classmethod
    def of(cls, mean: Mean) -> "MeanOut":
        return cls(
            count=mean.count,
            mean_calendar_days=_rounded(mean.calendar_days),
            mean_working_days=_rounded(mean.working_days),
            gross_working_days=_rounded(mean.gross_working_days),
            bar_days=mean.bar,
        )


class RepairsOut(Output):
    """Repairs handled, those of them that took longer than permitted, and those that are overdue at this moment."""

    count: int
    late: int
    overdue_now: int


class ShareOut(Output):
    """A part of a whole; no `percent` of nothing."""

    part: int
    whole: int
    percent: float | None

    @classmethod
    def of(cls, share: Share) -> "ShareOut":
        return cls(part=share.part, whole=share.whole, percent=_rounded(share.percent))


class NowOut(Output):
    """Clocks that run at this moment; those due within two working days and those overdue are among them."""

    running: int
    soon: int
    overdue: int


class SummaryOut(Output):
    """What the region is measured by. `on_time`: the authorities' clocks that stopped in time, of all that stopped."""

    since: date
    until: date
    objections: MeanOut
    repairs: RepairsOut
    on_time: ShareOut
    now: NowOut

    @classmethod
    def of(cls, since: date, until: date, headline: Headline, running: list[BoardRow]) -> "SummaryOut":
        return cls(
            since=since,
            until=until,
            objections=MeanOut.of(headline.objections),
            repairs=RepairsOut(
                count=headline.repairs, late=headline.repairs_late, overdue_now=headline.repairs_overdue
            ),
            on_time=ShareOut.of(headline.on_time),
            now=NowOut(
                running=sum(row.running for row in running),
                soon=sum(row.soon for row in running),
                overdue=sum(row.overdue for row in running),
            ),
        )


class BreachOut(Output):
    """A deadline that was missed. `days_late` counts working days until it stopped, or until now.

    `holder` has the step in hand; where nobody has, `role` says whose step it is. Both are empty once it has stopped.
    """

    case: str
    process: str
    agency: AgencyOut
    clock: str
    title: str
    status: str
    due_at: Moment
    breached_at: Moment
    stopped_at: Moment | None
    days_late: float
    role: str | None
    holder: PersonOut | None

    @classmethod
    def of(cls, breach: Breach) -> "BreachOut":
        clock, task = breach.clock, breach.task
        manifest = manifest_of(clock.case.definition.content_hash)
        titles = {each.name: in_language(each.title) for each in manifest.clocks}
        return cls(
            case=clock.case.number,
            process=clock.process,
            agency=AgencyOut.of(clock.agency),
            clock=clock.name,
            title=titles.get(clock.name, clock.name),
            status=clock.status,
            due_at=clock.due_at,
            breached_at=clock.breached_at,
            stopped_at=clock.stopped_at,
            days_late=round(breach.days_late, 2),
            role=task.role if task else None,
            holder=PersonOut.of(task.assignee) if task and task.assignee else None,
        )


class StepOut(Output):
    """One user task of the diagram: how often it was done in these months and how often after its due date, how many
    office hours half and nine tenths of them took at most; how many wait there now, and how many of them overdue."""

    element: str
    count: int
    late: int
    p50_hours: float | None
    p90_hours: float | None
    running: int
    overdue: int

    @classmethod
    def of(cls, step: Step) -> "StepOut":
        return cls(
            element=step.element,
            count=step.count,
            late=step.late,
            p50_hours=_rounded(step.p50_hours),
            p90_hours=_rounded(step.p90_hours),
            running=step.running,
            overdue=step.overdue,
        )


class HeatmapOut(Output):
    """The user tasks of one process that were done in these months or wait now."""

    process: str
    since: date
    until: date
    steps: list[StepOut]


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 2)
