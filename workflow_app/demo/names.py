"""The codes behind the short names of the demo world, so that stories can say org2 or person1."""

import re

from workflow_app.domain.codes import make_id_card, make_uscc

# Codes that follow no running number: a rural co-operative, whose code begins with N, and a passport.
_OTHERS = {"coop1": make_uscc("N2330782MF0000001"), "foreigner1": "DEMO00001"}
_KEY = re.compile(r"(org|person)([1-9][0-9]{0,3})")


def subject_code(key: str) -> str:
    """The code of a subject of the demo world: `org1`…, `person1`…, `coop1`, `foreigner1`; else KeyError."""
    if key in _OTHERS:
        return _OTHERS[key]
    match = _KEY.fullmatch(key)
    if match is None:
        raise KeyError(key)
    number = int(match[2])
    if match[1] == "org":
        return make_uscc(f"91330700MA2XH{number:04d}")
    # One birthday a month, counted back from 1990.
    years, month = divmod(number - 1, 12)
    return make_id_card(f"330701{1990 - years:04d}{month + 1:02d}01123")


def agency_code(region: str, number: int) -> str:
    """The code of the agency at the given place (from 1) of the list of agencies."""
    return make_uscc(f"11{region}MB1XY{number:04d}")


def penalty_number(number: int) -> str:
    """The document number of a penalty: DEMO-P-001."""
    return f"DEMO-P-{number:03d}"


def licence_number(number: int) -> str:
    """The document number of a licence: DEMO-L-001."""
    return f"DEMO-L-{number:03d}"
