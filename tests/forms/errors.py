"""What the validator says about data, and two fields that many tests ask about."""

from typing import Any

import pytest

from forms.loader import Form
from forms.validator import FormInvalidError, validate
from tests.forms.samples import options


def errors_of(form: Form, data: object) -> list[dict[str, Any]]:
    with pytest.raises(FormInvalidError) as raised:
        validate(form, data)
    assert raised.value.status == 422
    assert raised.value.code == "form_invalid"
    return [dict(error) for error in raised.value.errors]


INTEGER = {"title": "数量", "type": "integer", "minimum": 2, "maximum": 9}


CHOICE = {"title": "理由", "type": "string", "oneOf": options("a", "b")}
