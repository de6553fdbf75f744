"""Says whether an uploaded file is a letter of ours, unchanged and in force."""

import hashlib
import logging
import re
from dataclasses import replace

from workflow_app.domain import clock
from workflow_app.domain.errors import CreditError
from workflow_app.letters.pki import trusted_certificates
from workflow_app.letters.verification import check_seal
from workflow_app.selectors.letters import (
    NOTHING,
    TAMPERED,
    UNKNOWN,
    Verdict,
    verdict_by_digest,
    verify_by_code,
)

logger = logging.getLogger(__name__)

LARGEST_BYTES = 10 * 1024 * 1024
# The address for verification, as it stands uncompressed in the seal of every letter; strings may escape the slash.
_ADDRESS = re.compile(rb"verify(?:/|\\057)([0-9A-Z]{26})(?![0-9A-Z])")
_MOST_ADDRESSES = 5


class LetterFileTooLargeError(CreditError):
    """No letter is that large."""

    code = "letter_file_too_large"
    message = "文件超过 {limit} MB，不是本系统签发的文书。请上传下载时的原始 PDF 文件。"
    status = 413


class LetterFileNotPdfError(CreditError):
    """The file is no PDF."""

    code = "letter_file_not_pdf"
    message = "上传的文件不是 PDF。请上传下载时的原始 PDF 文件，不要上传扫描件或照片。"
    status = 422


def verify_file(content: bytes) -> Verdict:
    """The verdict on a file anybody uploads.

    Valid means all of: its digest is in the register, the seal covers every byte and is by one of our authorities,
    and the letter is in force. A file that is not in the register is never parsed here; it is `tampered` if it bears
    the address of one of our letters, else `unknown`. Raises LetterFileTooLargeError, LetterFileNotPdfError.
    """
    if len(content) > LARGEST_BYTES:
        raise LetterFileTooLargeError(limit=LARGEST_BYTES // 1024 // 1024)
    if not content.startswith(b"%PDF-"):
        raise LetterFileNotPdfError
    verdict = verdict_by_digest(hashlib.sha256(content).hexdigest())
    if verdict.status == UNKNOWN:
        return _claimed(content)
    check = check_seal(content, trusted_certificates(), moment=clock.now())
    if check.is_valid:
        return verdict
    logger.error(
        "letter %s is in the register, but its seal does not hold: %s", verdict.number, check.problem
    )
    return replace(verdict, status=TAMPERED)


def _claimed(content: bytes) -> Verdict:
    """Whose place the file takes: the letter of ours whose address it bears, if there is one."""
    codes = dict.fromkeys(match[1].decode() for match in _ADDRESS.finditer(content))
    for code in list(codes)[:_MOST_ADDRESSES]:
        verdict = verify_by_code(code)
        if verdict.status != UNKNOWN:
            # Without the digest: that is the true letter's.
            return replace(verdict, status=TAMPERED, sha256="")
    return NOTHING
