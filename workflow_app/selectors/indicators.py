"""表1: the main indicators of the region's five-year plan, and the monthly figures of those that this service can know.

金华市社会信用体系建设“十四五”规划, 表1 “十四五”规划主要指标表: names, goals and those responsible as they
stand there. What passes through this service is counted; of the rest it is said that it is not known here, and why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from bpmn.manifest import Text
from workflow_app.domain.workdays import WorkCalendar
from workflow_app.models import rows
from workflow_app.selectors.calendar import get_calendar
from workflow_app.selectors.figures import Share
from workflow_app.selectors.scope import Place

# 双公示: within seven working days of the decision.
PUBLICATION_DAYS = 7
# No holiday makes seven working days as long as this, in calendar days.
_ALWAYS_LATE = 40

Nature = Literal["binding", "expected"]


@dataclass(frozen=True)
class Indicator:
    """One line of table 1. `baseline` is the figure of 2020, empty where the table has a dash; all are shares in per
    cent. `missing` says what this service would have to know, empty where it can count the indicator."""

    number: int
    name: Text
    baseline: str
    goal: str
    nature: Nature
    responsible: Text
    missing: Text


_ALL = Text("各有关部门", "departments concerned")
_BANKS = Text(
    "市金融办、人行金华中心支行、金华银保监分局",
    "finance office, central bank, financial regulator",
)
_LOANS = Text("信贷数据由金融管理部门掌握", "loan data are kept by the financial authorities")
_COUNTED = Text("", "")

TABLE_1 = (
    Indicator(
        1,
        Text("“双公示”信息上报率", "Licences and penalties reported"),
        "",
        "100%",
        "binding",
        _ALL,
        Text("各部门作出的决定总数未接入", "the number of all decisions made is not supplied"),
    ),
    Indicator(
        2,
        Text("“双公示”信息合规率", "Licences and penalties reported as prescribed"),
        "88.78%",
        "100%",
        "binding",
        _ALL,
        _COUNTED,
    ),
    Indicator(
        3,
        Text("“双公示”信息及时率", "Licences and penalties published in time"),
        "93.09%",
        "100%",
        "binding",
        _ALL,
        _COUNTED,
    ),
    Indicator(
        4,
        Text(
            "证明事项、涉企经营许可事项告知承诺制改革覆盖率",
            "Proofs and business licences open to notice and commitment",
        ),
        "",
        "100%",
        "expected",
        Text("市司法局、市市场监管局", "justice bureau, market supervision"),
        Text("应纳入改革的事项总数未接入", "the number of all matters to be covered is not supplied"),
    ),
    Indicator(
        5,
        Text("严重失信名单主体占比", "Share of subjects on severe lists"),
        "1.69%",
        "<1.5%",
        "expected",
        Text("市法院、市税务局等部门", "court, tax bureau and others"),
        Text("全市主体总数未接入", "the number of all subjects of the city is not supplied"),
    ),
    Indicator(
        6,
        Text("统一社会信用代码重错码率", "Doubled or wrong unified social credit codes"),
        "0.022%",
        "<0.01%",
        "binding",
        Text(
            "市市场监管局、市委编办、市民政局、市农业农村局等",
            "market supervision, civil affairs, agriculture and others",
        ),
        Text("赋码由登记管理部门掌握", "codes are assigned by the registration authorities"),
    ),
    Indicator(
        7,
        Text("公共信用信息数据归集合规率", "Public credit records collected as prescribed"),
        "93%",
        "98%",
        "binding",
        _ALL,
        Text(
            "许可、处罚以外的信息不经本系统归集",
            "other records than licences and penalties are collected elsewhere",
        ),
    ),
    Indicator(
        8,
        Text("“白名单”获贷企业比例", "White-listed enterprises that obtained loans"),
        "",
        ">20%",
        "expected",
        _BANKS,
        _LOANS,
    ),
    Indicator(
        9,
        Text("信易贷贷款规模占企业信用贷款规模比例", "Credit-platform loans of all unsecured business loans"),
        "",
        "≥6%",
        "expected",
        _BANKS,
        _LOANS,
    ),
    Indicator(
        10,
        Text("企业信用贷款规模占企业贷款规模比重", "Unsecured business loans of all business loans"),
        "12.18%",
        "≥30%",
        "expected",
        Text(
            "人行金华中心支行、金华银保监分局、市金融办",
            "central bank, financial regulator, finance office",
        ),
        _LOANS,
    ),
    Indicator(
        11,
        Text("“贷款码”扫码企业支持率", "Enterprises supported through the loan code"),
        "",
        "≥50%",
        "expected",
        Text("人行金华中心支行、市金融办", "central bank, finance office"),
        _LOANS,
    ),
    Indicator(
        12,
        Text("“贷款码”扫码企业融资满足率", "Enterprises financed through the loan code"),
        "",
        "≥50%",
        "expected",
        Text("人行金华中心支行、市金融办", "central bank, finance office"),
        _LOANS,
    ),
    Indicator(
        13,
        Text("信用惠民措施惠及守信个人比例", "Trustworthy persons who enjoy benefits"),
        "19.1%",
        "≥50%",
        "expected",
        _ALL,
        Text("惠民场景数据未接入", "data of the benefits are not supplied"),
    ),
)

# Lines of files by month: taken in (new, changed or known already), and refused. A file belongs to the regions in which
# whoever brought it holds a role.
_LINES = (
    "SELECT date_trunc('month', at AT TIME ZONE 'Asia/Shanghai')::date, "
    "sum(new_count + unchanged_count + changed_count)::bigint, sum(refused_count)::bigint "
    "FROM workflow_app_recordimport WHERE kind IN ('licence', 'penalty') "
    "AND at >= %s::timestamp AT TIME ZONE 'Asia/Shanghai' AND at < %s::timestamp AT TIME ZONE 'Asia/Shanghai' "
    "AND by_id IN (SELECT user_id FROM workflow_app_rolegrant WHERE agency_id = ANY(%s)) GROUP BY 1"
)
_PUBLISHED = (
    "SELECT decision_on, published_on, count(*) FROM workflow_app_creditrecord "
    "WHERE published_on >= %s AND published_on < %s AND category IN ('licence', 'penalty') AND NOT is_deleted "
    "AND source_agency_id = ANY(%s) GROUP BY 1, 2"
)


def monthly_shares(
    places: Mapping[int, Place], months: Sequence[date], end: date
) -> dict[int, dict[date, Share]]:
    """The indicators that this service counts, by number and month; `months` are first days in order, `end` the day
    after the last month.

    2: lines of licences and penalties that passed the checks, of all lines supplied. 3: licences and penalties
    published within seven working days of the decision, of all that were published in the month.
    """
    scope = list(places)
    prescribed = {
        month: Share(good, good + bad) for month, good, bad in rows.query(_LINES, months[0], end, scope)
    }
    timely: dict[date, Share] = {}
    calendar = get_calendar("")
    for decided_on, published_on, count in rows.query(_PUBLISHED, months[0], end, scope):
        month = published_on.replace(day=1)
        known = timely.get(month, Share(0, 0))
        is_timely = _is_timely(decided_on, published_on, calendar)
        timely[month] = Share(known.part + is_timely * count, known.whole + count)
    return {
        2: {month: prescribed.get(month, Share(0, 0)) for month in months},
        3: {month: timely.get(month, Share(0, 0)) for month in months},
    }


def _is_timely(decided_on: date, published_on: date, calendar: WorkCalendar) -> bool:
    """Whether fewer than seven working days lie between the two days: then the last of seven is not over.

    The day of the decision does not count (民法典第二百零一条).
    """
    days = (published_on - decided_on).days
    if days > _ALWAYS_LATE:
        return False
    between = (decided_on + timedelta(days=number) for number in range(1, days))
    return sum(calendar.is_working(day) for day in between) < PUBLICATION_DAYS
