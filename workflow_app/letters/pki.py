"""Keys and certificates of the agencies' seals.

`PKI_DIR/seals/<agency code>.p12` holds one agency's key, certificate and chain; `PKI_DIR/trusted/*.pem` the
authorities that letters are verified against. In production an administrator puts both there; in development and
in tests an authority of our own draws them on demand.
"""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings

from workflow_app.domain.errors import CreditError

# Stories move the clock by months and years; a seal of the development authority never is the reason one fails.
VALID_FROM = datetime(2020, 1, 1, tzinfo=UTC)
VALID_UNTIL = datetime(2060, 1, 1, tzinfo=UTC)
# RFC 9336: signing of documents, for software that asks for more than non-repudiation.
DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
AUTHORITY_NAME = "信用文书开发测试根证书（仅供演示）"


class SealMissingError(CreditError):
    """There is no usable key for this agency's seal, and none may be drawn."""

    code = "seal_missing"
    message = (
        "没有找到可用的电子印章“{agency}”：{reason}。请联系系统管理员在 PKI_DIR 中放置该单位的证书文件。"
    )
    status = 500


class AuthorityRefusedError(CreditError):
    """The development authority must not exist in production: anybody with the folder could seal letters."""

    code = "authority_refused"
    message = "生产环境不得生成演示用电子印章。请使用依法设立的电子认证服务机构签发的证书。"
    status = 403


@dataclass(frozen=True)
class Seal:
    """One agency's key with its certificate and the certificates above it, leaf's issuer first."""

    key: Any
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]


def is_development() -> bool:
    """Whether seals may be drawn here: only where the clock can be moved, which production refuses."""
    return bool(settings.MOVABLE_CLOCK)


def seal_of(agency_code: str, agency_name: str) -> Seal:
    """The seal of an agency; in development it is drawn the first time. Raises SealMissingError."""
    path = _seal_path(agency_code)
    if not path.exists():
        if not is_development():
            raise SealMissingError(agency=agency_name, reason="文件不存在")
        make_seal(agency_code, agency_name)
    return _read_seal(path, path.stat().st_mtime_ns, agency_name)


def trusted_certificates() -> tuple[x509.Certificate, ...]:
    """The authorities that letters are verified against; in development ours, made the first time."""
    folder = settings.PKI_DIR / "trusted"
    if is_development():
        make_authority()
    found: list[x509.Certificate] = []
    for path in sorted(folder.glob("*.pem")):
        found += _read_certificates(path, path.stat().st_mtime_ns)
    return tuple(found)


def make_authority() -> x509.Certificate:
    """The development authority's certificate; key and certificate are made the first time.

    Several processes may ask at once: all get the same. Raises AuthorityRefusedError outside development.
    """
    if not is_development():
        raise AuthorityRefusedError
    path = settings.PKI_DIR / "authority.pem"
    _keep(path, _draw_authority)
    certificate = _read_certificates(path, path.stat().st_mtime_ns)[0]
    trusted = settings.PKI_DIR / "trusted" / "development.pem"
    _keep(trusted, lambda: certificate.public_bytes(serialization.Encoding.PEM))
    return certificate


def make_seal(agency_code: str, agency_name: str) -> Path:
    """Draw the seal of an agency under the development authority, unless there is one; the path of its file."""
    make_authority()
    path = _seal_path(agency_code)
    _keep(path, lambda: _draw_seal(agency_code, agency_name))
    return path


def _seal_path(agency_code: str) -> Path:
    if not agency_code.isascii() or not agency_code.isalnum():
        raise SealMissingError(agency=agency_code, reason="机构代码只能由字母和数字组成")
    return Path(settings.PKI_DIR / "seals" / f"{agency_code}.p12")


def _password() -> bytes | None:
    return settings.PKI_PASSWORD.encode() if settings.PKI_PASSWORD else None


# The time of the file's last change is part of the key: a renewed certificate serves without a restart.
@lru_cache(maxsize=256)
def _read_seal(path: Path, changed_ns: int, agency_name: str) -> Seal:
    try:
        store = pkcs12.load_pkcs12(path.read_bytes(), _password())
    except ValueError as error:
        raise SealMissingError(agency=agency_name, reason="文件已损坏或口令不正确") from error
    if store.key is None or store.cert is None:
        raise SealMissingError(agency=agency_name, reason="文件中没有私钥或证书")
    return Seal(store.key, store.cert.certificate, tuple(each.certificate for each in store.additional_certs))


@lru_cache(maxsize=64)
def _read_certificates(path: Path, changed_ns: int) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(path.read_bytes()))


def _draw_authority() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(AUTHORITY_NAME)
    certificate = (
        _builder(name, name, key.public_key(), key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _draw_seal(agency_code: str, agency_name: str) -> bytes:
    content = (settings.PKI_DIR / "authority.pem").read_bytes()
    authority = x509.load_pem_x509_certificates(content)[0]
    authority_key = serialization.load_pem_private_key(content, None)
    assert isinstance(authority_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(agency_name, agency_code)
    certificate = (
        _builder(subject, authority.subject, key.public_key(), authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True, content_commitment=True), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password := _password():
        protection = serialization.BestAvailableEncryption(password)
    return pkcs12.serialize_key_and_certificates(
        agency_name.encode(), key, certificate, [authority], protection
    )


def _builder(subject: x509.Name, issuer: x509.Name, key: Any, issuer_key: Any) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID_FROM)
        .not_valid_after(VALID_UNTIL)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def _name(common_name: str, code: str = "") -> x509.Name:
    # RFC 5280, appendix A: names of at most 64 characters.
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, common_name[:64]),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64]),
    ]
    if code:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, code))
    return x509.Name(parts)


_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def _usage(**allowed: bool) -> x509.KeyUsage:
    return x509.KeyUsage(**{use: allowed.get(use, False) for use in _USES})


def _keep(path: Path, draw: Callable[[], bytes]) -> None:
    """Write what `draw` makes, whole and readable by the owner only, unless somebody has; never replaces a file."""
    if path.exists():
        return
    for folder in (settings.PKI_DIR, path.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(draw())
            file.flush()
            os.fsync(file.fileno())
        # Whoever links the file first has drawn it; the others read that one.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
