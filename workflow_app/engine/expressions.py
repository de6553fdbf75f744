"""The only expressions a diagram or decision table may hold, checked on their syntax tree before they are compiled.

Allowed: names, constants (text, whole numbers, true, false, none), comparisons, `in`, `and`, `or`, `not`, and lists of
constants. No calls, no attributes, no subscripts: nothing that could reach beyond the process data.
"""

import ast
import re
from collections.abc import Mapping
from functools import lru_cache
from types import CodeType
from typing import Any

from workflow_app.engine.errors import ExpressionFailedError, ExpressionRefusedError

MAX_LENGTH = 512

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
# Any mapping with this key would be taken for an object of the engine by its own serializer.
_FORBIDDEN = "typename"
_NODES: tuple[type[ast.AST], ...] = (
    ast.Expression, ast.Load, ast.Name, ast.Constant, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Tuple, ast.List,
    ast.And, ast.Or, ast.Not, ast.USub, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn,
)  # fmt: skip
# The value under test in a decision table's cell. No process data can have a name with a capital.
_CELL_INPUT = "INPUT"
_STRING = re.compile(r"""("[^"]*"|'[^']*')""")
_OPERATOR = re.compile(r"(==|!=|<=|>=|<|>|in\b|not\s+in\b)")


def is_fact_name(name: str) -> bool:
    """Whether process data may have this name."""
    return bool(_NAME.fullmatch(name)) and name != _FORBIDDEN


def check_expression(text: str) -> None:
    """Raises ExpressionRefusedError unless `text` keeps to the allow-list."""
    _tree(text, text, frozenset())


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> CodeType:
    """Code for `evaluate`. Raises ExpressionRefusedError."""
    return compile(_tree(text, text, frozenset()), "<expression>", "eval")


@lru_cache(maxsize=4096)
def compile_cell(text: str | None) -> CodeType | None:
    """Code for a decision table's input cell, or None where any value will do (empty or `-`).

    A cell is a value (`"general"`), values (`"general", "serious"`), an operator and a value (`>= 3`), or an
    expression about the input `?` (`3 <= ? < 6`). Raises ExpressionRefusedError.
    """
    cell = (text or "").strip()
    if cell in ("", "-"):
        return None
    parts = _STRING.split(cell)
    asks = any("?" in part for part in parts[::2])
    if asks:
        parts[::2] = [part.replace("?", f" {_CELL_INPUT} ") for part in parts[::2]]
        expression = "".join(parts).strip()
    elif _OPERATOR.match(cell):
        expression = f"{_CELL_INPUT} {cell}"
    else:
        value = _tree(cell, cell, frozenset()).body
        operator = "in" if isinstance(value, ast.Tuple | ast.List) else "=="
        expression = f"{_CELL_INPUT} {operator} ({cell})"
    return compile(_tree(expression, cell, frozenset({_CELL_INPUT})), "<cell>", "eval")


def names_in(text: str) -> frozenset[str]:
    """The names an expression reads. Raises ExpressionRefusedError."""
    tree = _tree(text, text, frozenset())
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def names_in_cell(cell: str | None) -> frozenset[str]:
    """The names that a decision table's input cell reads besides its input. Raises ExpressionRefusedError."""
    code = compile_cell(cell)
    return frozenset(code.co_names if code else ()) - {_CELL_INPUT}


def evaluate(text: str, data: Mapping[str, Any]) -> Any:
    """The value of an expression over process data. Raises ExpressionRefusedError, ExpressionFailedError."""
    return _run(compile_expression(text), data, text)


def cell_matches(code: CodeType | None, value: Any, data: Mapping[str, Any]) -> bool:
    """Whether a compiled cell accepts `value`. Raises ExpressionFailedError."""
    return code is None or bool(_run(code, {**data, _CELL_INPUT: value}, "?"))


def _run(code: CodeType, data: Mapping[str, Any], text: str) -> Any:
    try:
        return eval(code, {"__builtins__": {}}, data)  # noqa: S307 - the tree passed the allow-list above
    except (NameError, TypeError) as error:
        raise ExpressionFailedError(expression=text, reason=str(error)) from error


def _tree(text: str, shown: str, extra_names: frozenset[str]) -> ast.Expression:
    if len(shown) > MAX_LENGTH:
        raise ExpressionRefusedError(expression=shown[:40], reason=f"超过 {MAX_LENGTH} 个字符")
    # Escapes can spell anything; no value of a process needs one.
    if "\\" in text or "\0" in text:
        raise ExpressionRefusedError(expression=shown, reason="不能含有反斜杠")
    # Python reads 𝓮𝓿𝓪𝓵 as eval; a reviewer shall see what runs.
    if not "".join(_STRING.split(text)[::2]).isascii():
        raise ExpressionRefusedError(expression=shown, reason="引号之外只能用英文字符")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise ExpressionRefusedError(expression=shown, reason="语法不正确") from error
    for node in ast.walk(tree):
        reason = _objection(node, extra_names)
        if reason:
            raise ExpressionRefusedError(expression=shown, reason=reason)
    return tree


def _objection(node: ast.AST, extra_names: frozenset[str]) -> str:
    if not isinstance(node, _NODES):
        return f"{type(node).__name__} 不在允许之列"
    if isinstance(node, ast.Name):
        fine = _NAME.fullmatch(node.id) or node.id in extra_names
        return "" if fine else f"名称 {node.id} 应以小写字母开头，只含小写字母、数字和下划线"
    if isinstance(node, ast.Constant):
        fine = node.value is None or type(node.value) in (str, int, bool)
        return "" if fine else "只允许文字、整数、True、False 和 None"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        fine = isinstance(node.operand, ast.Constant) and type(node.operand.value) is int
        return "" if fine else "负号只能用于整数"
    if isinstance(node, ast.Tuple | ast.List):
        return "" if all(_is_constant(each) for each in node.elts) else "列表中只能是常量"
    return ""


def _is_constant(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub))
