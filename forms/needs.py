"""Which fields only some answers need, read from the conditions of the schema."""

from collections.abc import Iterator, Mapping
from typing import Any

from forms.loader import Form


def needed_when(form: Form) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Field → the field it depends on and the answers that ask for it.

    Only what is plain: `if` looks at one field by `const` or `enum`, and `then` requires the other. A field that
    several rules ask for by different fields, or that is required anyway, is left out: it is always shown.
    """
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    unclear = set(form.schema.get("required", ()))
    for asked, answers, names in _rules(form.schema):
        for name in names:
            before = found.get(name)
            if before and before[0] != asked:
                unclear.add(name)
            found[name] = (asked, tuple(dict.fromkeys([*(before[1] if before else ()), *answers])))
    return {name: rule for name, rule in found.items() if name not in unclear}


def _rules(schema: Mapping[str, Any]) -> Iterator[tuple[str, list[str], list[str]]]:
    for rule in (schema, *schema.get("allOf", ())):
        asked = rule.get("if", {}).get("properties", {})
        names = rule.get("then", {}).get("required", [])
        if len(asked) == 1 and names:
            (name, condition), *_ = asked.items()
            answers = [condition["const"]] if "const" in condition else condition.get("enum", [])
            if answers:
                yield name, [_text(each) for each in answers], names


def _text(answer: Any) -> str:
    """An answer as the page sends it."""
    return str(answer).lower() if isinstance(answer, bool) else str(answer)
