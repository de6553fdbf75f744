"""Says whether a PDF is, byte for byte, what one of our agencies sealed.

`pdfsig` alone calls forgeries valid: it accepts any signature and looks past what was appended. So a letter passes
only with exactly one signature, by a certificate under our authorities, over every byte of the file, certified
against every change.

The outermost fields of a CMS envelope (version, list of digest algorithms) are under no signature by design and mean
nothing; whether a file is the issued one to the last byte is for the register of digests to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .sealing import FIELD_NAME


@dataclass(frozen=True)
class SealCheck:
    """Whether the seal holds, why not (for the log and for tests; empty if it does), and who sealed."""

    is_valid: bool
    problem: str = ""
    signer: str = ""
    signer_code: str = ""


def check_seal(pdf: bytes, authorities: Sequence[x509.Certificate], *, moment: datetime) -> SealCheck:
    """Check the seal of a letter against `authorities` at `moment`. Never raises, whatever the bytes are."""
    try:
        return _check(pdf, authorities, moment)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        # The parser meets files made to break it; recursion, memory and type errors are as much a "no" as its own.
        return SealCheck(False, f"{type(error).__name__}: {error}"[:300])


def _check(pdf: bytes, authorities: Sequence[x509.Certificate], moment: datetime) -> SealCheck:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.fields import MDPPerm
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    reader = PdfFileReader(BytesIO(pdf))
    signatures = reader.embedded_signatures
    if len(signatures) != 1:
        return SealCheck(False, f"{len(signatures)} signatures instead of one")
    signature = signatures[0]
    if signature.field_name != FIELD_NAME:
        return SealCheck(False, f"signed in another field: {signature.field_name}")
    if problem := _gap_problem(pdf, signature):
        return SealCheck(False, problem)
    status = validate_pdf_signature(signature, _context(authorities, moment))
    checks = {
        "certified": _is_certification(reader, signature),
        "no changes allowed": signature.docmdp_level == MDPPerm.NO_CHANGES,
        "covers the whole file": status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
        "nothing after it": bool(status.docmdp_ok),
        "intact": status.intact and status.valid,
        "trusted": status.trusted,
        "sound": status.bottom_line,
    }
    failed = [name for name, passed in checks.items() if not passed]
    subject = signature.signer_cert.subject.native
    return SealCheck(
        not failed,
        f"not {', '.join(failed)}" if failed else "",
        str(subject.get("common_name", "")),
        str(subject.get("serial_number", "")),
    )


def _gap_problem(pdf: bytes, signature: Any) -> str:
    """Why the only bytes outside the signature are not exactly its own hexadecimal text; empty if they are."""
    try:
        start, first, second, rest = (int(number) for number in signature.byte_range)
    except (TypeError, ValueError):
        return "byte range is not four numbers"
    contents = bytes(signature.pkcs7_content)
    if start != 0 or second + rest != len(pdf) or second - first != 2 * len(contents) + 2:
        return "byte range does not cover the whole file"
    if pdf[first:second] != b"<" + contents.hex().upper().encode() + b">":
        return "something beside the signature stands in its gap"
    if contents[_der_length(contents) :].strip(b"\0"):
        return "something hides behind the signature"
    return ""


def _der_length(contents: bytes) -> int:
    """The length of the DER element at the beginning, header included."""
    size = contents[1]
    if size < 0x80:
        return 2 + size
    octets = size & 0x7F
    return 2 + octets + int.from_bytes(contents[2 : 2 + octets])


def _is_certification(reader: Any, signature: Any) -> bool:
    """Whether the document's permissions name this very signature."""
    permissions = reader.root.get("/Perms", {})
    try:
        named = permissions.raw_get("/DocMDP")
    except (KeyError, AttributeError):
        return False
    return bool(named.reference == signature.sig_field.raw_get("/V").reference)


def _context(authorities: Sequence[x509.Certificate], moment: datetime) -> Any:
    from asn1crypto import x509 as asn1
    from pyhanko_certvalidator import ValidationContext

    roots = [asn1.Certificate.load(each.public_bytes(Encoding.DER)) for each in authorities]
    # No network: a foreign file must not make the server fetch what it names.
    return ValidationContext(
        trust_roots=roots, moment=moment, allow_fetching=False, revocation_mode="soft-fail"
    )
