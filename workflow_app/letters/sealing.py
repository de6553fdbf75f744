"""Seals a rendered letter: PAdES B-B, certified so that nothing may be changed afterwards (DocMDP, P=1)."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from workflow_app.domain.errors import CreditError

from .pki import Seal

FIELD_NAME = "AgencySeal"
REASON = "本文书由签发机关加盖电子印章，内容不得更改"
# Room for the signature with its certificates; a time stamp will take some 6 kB of it.
RESERVED_BYTES = 16384


class SealExpiredError(CreditError):
    """The agency's certificate is not valid at this moment: nobody could verify what it seals."""

    code = "seal_expired"
    message = (
        "“{agency}”的电子印章证书有效期为{first}至{last}，现在不能使用。请联系系统管理员更换证书后重试。"
    )
    status = 500


@dataclass(frozen=True)
class Place:
    """Where the seal stands: page from 0, and left, bottom, right, top in points from the page's lower left."""

    page: int
    box: tuple[float, float, float, float]


def seal_pdf(
    pdf: bytes, seal: Seal, *, agency_name: str, verify_url: str, place: Place, moment: datetime
) -> bytes:
    """The letter with the agency's signature, valid over every byte of it.

    The signature's field lies over the picture of the seal and adds no ink, so that readers who click on the seal
    see the signature. `moment` is the claimed time of signing; `verify_url` stands in the signature as plain bytes,
    so that a changed copy can be told from a foreign file without parsing it. Raises SealExpiredError.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
    from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata
    from pyhanko.stamp import StaticStampStyle

    _ensure_in_force(seal, agency_name, moment)
    metadata = PdfSignatureMetadata(
        field_name=FIELD_NAME,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        reason=REASON,
        name=agency_name,
        contact_info=verify_url,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    # The library says whole points and takes any number.
    box: Any = tuple(round(edge, 2) for edge in place.box)
    sealer = _sealer_class()(
        metadata,
        _signer(seal),
        stamp_style=StaticStampStyle(border_width=0, background=_nothing()),
        new_field_spec=SigFieldSpec(FIELD_NAME, on_page=place.page, box=box, readable_field_name="电子印章"),
    )
    sealer.moment = moment
    target: BytesIO = sealer.sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), bytes_reserved=RESERVED_BYTES)
    return target.getvalue()


def _ensure_in_force(seal: Seal, agency_name: str, moment: datetime) -> None:
    first, last = seal.certificate.not_valid_before_utc, seal.certificate.not_valid_after_utc
    if not first <= moment <= last:
        raise SealExpiredError(agency=agency_name, first=f"{first:%Y-%m-%d}", last=f"{last:%Y-%m-%d}")


@lru_cache(maxsize=1)
def _sealer_class() -> Any:
    from pyhanko.sign.signers.pdf_signer import PdfSigner

    class ClockedSigner(PdfSigner):
        """A signer that takes its time from us: the library reads the machine's clock."""

        moment: datetime

        def init_signing_session(self, *args: Any, **kwargs: Any) -> Any:
            session = super().init_signing_session(*args, **kwargs)
            session.system_time = self.moment
            return session

    return ClockedSigner


def _nothing() -> Any:
    """Content that paints nothing."""
    from pyhanko.pdf_utils.content import RawContent
    from pyhanko.pdf_utils.layout import BoxConstraints

    return RawContent(b"", box=BoxConstraints(width=1, height=1))


@lru_cache(maxsize=256)
def _signer(seal: Seal) -> Any:
    from asn1crypto import keys
    from asn1crypto import x509 as asn1
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    certificates = [
        asn1.Certificate.load(each.public_bytes(Encoding.DER)) for each in (seal.certificate, *seal.chain)
    ]
    key = keys.PrivateKeyInfo.load(seal.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    return SimpleSigner(
        signing_cert=certificates[0],
        signing_key=key,
        cert_registry=SimpleCertificateStore.from_certs(certificates[1:]),
        # Who verifies has the root from elsewhere; one that came with the file would prove nothing.
        embed_roots=False,
    )
