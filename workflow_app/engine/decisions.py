"""Decision tables: read from DMN, evaluated by our own expressions, and loud when the facts fit no row or two.

The engine's own evaluation runs any Python, takes the first of two matches and answers nothing at all with {}.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workflow_app.engine.errors import DecisionUnmatchedError, DefinitionInvalidError, ExpressionRefusedError
from workflow_app.engine.expressions import (
    cell_matches,
    check_expression,
    compile_cell,
    evaluate,
    is_fact_name,
)
from workflow_app.engine.xmlguard import DMN, parse_dmn

UNIQUE, COLLECT = "UNIQUE", "COLLECT"
_AGGREGATES: dict[str, Callable[[list[Any]], Any]] = {"SUM": sum, "MIN": min, "MAX": max, "COUNT": len}


@dataclass(frozen=True)
class Rule:
    """One row: a cell for each input, an expression for each output."""

    id: str
    cells: tuple[str, ...]
    outputs: tuple[str, ...]
    description: str


@dataclass(frozen=True)
class Decision:
    """One table. `inputs` are expressions over process data, `outputs` the names the answer gets there.

    Hit policy UNIQUE: exactly one row fits. COLLECT adds up or counts what all fitting rows give (`aggregation`), since
    only single values enter process data.
    """

    id: str
    name: str
    hit_policy: str
    aggregation: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    rules: tuple[Rule, ...]

    def decide(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs for the facts in `data`.

        Raises DecisionUnmatchedError, and ExpressionFailedError where a fact has no value yet.
        """
        values = [evaluate(expression, data) for expression in self.inputs]
        fitting = [rule for rule in self.rules if _fits(rule, values, data)]
        if self.hit_policy == COLLECT:
            return self._collected(fitting, data)
        if len(fitting) != 1:
            raise DecisionUnmatchedError(decision=self.id, matches=len(fitting))
        return {
            name: evaluate(text, data) for name, text in zip(self.outputs, fitting[0].outputs, strict=True)
        }

    def _collected(self, fitting: list[Rule], data: Mapping[str, Any]) -> dict[str, Any]:
        values = [evaluate(rule.outputs[0], data) for rule in fitting]
        if not values and self.aggregation in ("MIN", "MAX"):
            raise DecisionUnmatchedError(decision=self.id, matches=0)
        return {self.outputs[0]: _AGGREGATES[self.aggregation](values)}


def _fits(rule: Rule, values: list[Any], data: Mapping[str, Any]) -> bool:
    return all(
        cell_matches(compile_cell(cell), value, data) for cell, value in zip(rule.cells, values, strict=True)
    )


def read_decision(text: str, path: str) -> Decision:
    """The one decision of a DMN file; `path` names it in problems. Raises DefinitionInvalidError.

    Every cell and expression is compiled here, so that a table that loads can be evaluated.
    """
    root = parse_dmn(text, path)
    tables = root.findall(f"{{{DMN}}}decision/{{{DMN}}}decisionTable")
    decisions = root.findall(f"{{{DMN}}}decision")
    if len(tables) != 1 or len(decisions) != 1:
        raise DefinitionInvalidError(problems=[f"{path}：应当恰好有一个带决策表的 decision"])
    table = tables[0]
    decision = Decision(
        id=decisions[0].get("id", ""),
        name=decisions[0].get("name", ""),
        hit_policy=table.get("hitPolicy", UNIQUE),
        aggregation=table.get("aggregation", ""),
        inputs=tuple(
            _text(each, f"{{{DMN}}}inputExpression/{{{DMN}}}text")
            for each in table.findall(f"{{{DMN}}}input")
        ),
        outputs=tuple(each.get("name", "") for each in table.findall(f"{{{DMN}}}output")),
        rules=tuple(_rule(each) for each in table.findall(f"{{{DMN}}}rule")),
    )
    problems = [f"{path}：决策 {decision.id}：{problem}" for problem in _problems(decision)]
    if problems:
        raise DefinitionInvalidError(problems=problems)
    return decision


def _rule(element: Any) -> Rule:
    return Rule(
        id=element.get("id", ""),
        cells=tuple(_text(each, f"{{{DMN}}}text") for each in element.findall(f"{{{DMN}}}inputEntry")),
        outputs=tuple(_text(each, f"{{{DMN}}}text") for each in element.findall(f"{{{DMN}}}outputEntry")),
        description=_text(element, f"{{{DMN}}}description"),
    )


def _text(element: Any, where: str) -> str:
    return (element.findtext(where) or "").strip()


def _problems(decision: Decision) -> Iterator[str]:
    if decision.hit_policy not in (UNIQUE, COLLECT):
        yield f"命中策略只能是 UNIQUE 或 COLLECT，不能是 {decision.hit_policy}"
    if decision.hit_policy == COLLECT and (
        decision.aggregation not in _AGGREGATES or len(decision.outputs) != 1
    ):
        yield "COLLECT 须指定汇总方式（SUM、MIN、MAX、COUNT），并只有一个输出"
    if not decision.rules:
        yield "没有规则"
    for name in decision.outputs:
        if not is_fact_name(name):
            yield f"输出名称“{name}”只能用小写字母、数字和下划线"
    yield from _refused(decision.inputs, "输入", check_expression)
    for number, rule in enumerate(decision.rules, 1):
        if len(rule.cells) != len(decision.inputs) or len(rule.outputs) != len(decision.outputs):
            yield f"第 {number} 行的格数与表头不符"
        yield from _refused(rule.cells, f"第 {number} 行", compile_cell)
        yield from _refused(rule.outputs, f"第 {number} 行", check_expression)


def _refused(texts: tuple[str, ...], where: str, check: Any) -> Iterator[str]:
    for text in texts:
        try:
            check(text)
        except ExpressionRefusedError as error:
            yield f"{where}：{error}"
