"""Publication tables as text, the way departments export them."""

import csv
import io
from typing import Any

from workflow_app.demo.names import agency_code, subject_code

MARKET = agency_code("330700", 2)
TRANSPORT = agency_code("330700", 3)
YIWU_MARKET = agency_code("330782", 16)
LABOUR = agency_code("330700", 6)

PENALTY = {
    "行政相对人名称": "金华市示例六号运输有限公司（演示）",
    "行政相对人类别": "法人及非法人组织",
    "统一社会信用代码": subject_code("org6"),
    "证件类型": "",
    "证件号码": "",
    "行政处罚决定书文号": "金市监罚〔2026〕1号",
    "违法行为类型": "未按规定明码标价",
    "违法事实": "销售的商品未注明价格",
    "处罚依据": "《中华人民共和国价格法》第十三条第一款",
    "处罚类别": "罚款",
    "处罚内容": "罚款人民币伍仟元整",
    "罚款金额（万元）": "0.5",
    "处罚决定日期": "2026-02-10",
    "处罚有效期": "2099-12-31",
    "公示截止期": "2027-02-10",
    "处罚机关": "金华市市场监督管理局（演示）",
    "处罚机关统一社会信用代码": MARKET,
    "数据来源单位": "金华市市场监督管理局（演示）",
}
LICENCE = {
    "行政相对人名称": "金华市示例六号运输有限公司（演示）",
    "行政相对人类别": "法人及非法人组织",
    "统一社会信用代码": subject_code("org6"),
    "行政许可决定文书名称": "准予行政许可决定书",
    "行政许可决定文书号": "金交许〔2026〕7号",
    "许可类别": "普通",
    "许可证书名称": "道路运输经营许可证",
    "许可编号": "330700000001",
    "许可内容": "道路普通货物运输",
    "许可决定日期": "2026/02/11",
    "有效期自": "2026-02-11",
    "有效期至": "2030-02-10",
    "许可机关": "金华市交通运输局（演示）",
    "许可机关统一社会信用代码": TRANSPORT,
    "数据来源单位": "金华市交通运输局（演示）",
}
PERSON = {
    "行政相对人名称": "张示例（演示）",
    "行政相对人类别": "自然人",
    "统一社会信用代码": "",
    "证件类型": "身份证",
    "证件号码": subject_code("person1"),
}


def penalty(number: int = 1, **cells: Any) -> dict[str, str]:
    """A row that is right, but for what `cells` say; in keywords 万元 stands for 罚款金额（万元）."""
    if "万元" in cells:
        cells["罚款金额（万元）"] = cells.pop("万元")
    return {**PENALTY, "行政处罚决定书文号": f"金市监罚〔2026〕{number}号", **cells}


def csv_text(rows: list[dict[str, str]], columns: list[str] | None = None) -> str:
    """The rows under their columns, lines ended as spreadsheets do."""
    out = io.StringIO()
    writer = csv.DictWriter(
        out,
        columns or list(dict.fromkeys(name for row in rows for name in row)),
        extrasaction="ignore",
        lineterminator="\r\n",
    )
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def table(*rows: dict[str, str], encoding: str = "utf-8-sig") -> bytes:
    """The file of the rows."""
    return csv_text(list(rows) or [PENALTY]).encode(encoding)
