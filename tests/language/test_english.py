"""The look for Chinese finds what it must and nothing else."""

import pytest
from lxml import html

from tests.language.english import chinese_in, chinese_on

NAMES = ("某某公司", "王*")


@pytest.mark.parametrize(
    "body",
    [
        "<p>Hello 你好</p>",
        "<p>Hello（world）</p>",
        "<p><span lang='zh-Hans'>你好</span>再见</p>",
        "<p aria-label='你好'>Hello</p>",
        "<div lang='zh-Hans'><p lang='en'>你好</p></div>",
        "<p>某某公司的承诺</p>",
        "<svg><title>你好</title></svg>",
        "<select><option>你好</option></select>",
    ],
)
def test_found(body: str) -> None:
    assert chinese_on(html.fromstring(f"<html lang='en'><body>{body}</body></html>"), NAMES)


@pytest.mark.parametrize(
    "body",
    [
        "<p>“Hello” – world</p>",
        "<p lang='zh-Hans'>你好<b>你好</b></p>",
        "<p>某某公司, 王*</p>",
        "<p>Letter 金信用〔2026〕异1号</p>",
        "<p>(国办发明电〔2025〕7号)</p>",
        "<script>'你好'</script>",
    ],
)
def test_not_found(body: str) -> None:
    assert not chinese_on(html.fromstring(f"<html lang='en'><body>{body}</body></html>"), NAMES)


def test_answers_are_looked_at_everywhere_but_where_people_typed() -> None:
    answer = {
        "items": [{"title": "待办", "facts": "事实"}, {"name": "某某公司"}],
        "facts": "事实",
        "more": {"facts": "x"},
    }
    assert chinese_in(answer, (r"items\[\]\.facts",), NAMES) == ["items[].title: 待办", "facts: 事实"]
