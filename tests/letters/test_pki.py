"""The development authority: the same for all processes, private, and never in production."""

import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests.letters.world import AGENCY, AGENCY_CODE
from workflow_app.letters.pki import (
    AuthorityRefusedError,
    SealMissingError,
    make_authority,
    make_seal,
    seal_of,
    trusted_certificates,
)
from workflow_app.models import Agency


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.PKI_DIR = tmp_path / "pki"
    return tmp_path / "pki"


def test_draws_a_seal_under_the_authority(folder: Path) -> None:
    seal = seal_of(AGENCY_CODE, AGENCY)
    (authority,) = trusted_certificates()
    seal.certificate.verify_directly_issued_by(authority)
    assert seal.chain == (authority,)
    names = {each.oid._name: each.value for each in seal.certificate.subject}
    assert names == {
        "countryName": "CN",
        "organizationName": AGENCY,
        "commonName": AGENCY,
        "serialNumber": AGENCY_CODE,
    }
    usage = seal.certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.content_commitment
    assert not usage.key_cert_sign
    constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=True, path_length=0)


def test_outlives_every_story(folder: Path) -> None:
    for certificate in (seal_of(AGENCY_CODE, AGENCY).certificate, *trusted_certificates()):
        assert certificate.not_valid_before_utc.year == 2020
        assert certificate.not_valid_after_utc.year == 2060


def test_twice_is_once(folder: Path) -> None:
    first = make_seal(AGENCY_CODE, AGENCY).read_bytes(), make_authority()
    assert (make_seal(AGENCY_CODE, AGENCY).read_bytes(), make_authority()) == first


def test_only_the_owner_can_read(folder: Path) -> None:
    seal_of(AGENCY_CODE, AGENCY)
    for path in [folder, *folder.rglob("*")]:
        expected = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == expected, path
    assert not list(folder.rglob(".*"))


_DRAW = """
import django; django.setup()
from django.conf import settings
from pathlib import Path
import sys
settings.PKI_DIR = Path(sys.argv[1])
from workflow_app.letters.pki import seal_of
print(seal_of("A1", "甲").certificate.serial_number, seal_of("A1", "甲").chain[0].serial_number)
"""


def test_processes_that_start_together_get_the_same(folder: Path, settings: Settings) -> None:
    environment = {
        "DJANGO_SETTINGS_MODULE": "workflow_app.settings.test",
        "TEST_RUN_DIR": str(settings.TEST_RUN_DIR),
        "PYTHONPATH": str(settings.BASE_DIR),
        "PATH": "/usr/bin:/bin",
    }
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _DRAW, folder], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    printed = {process.communicate(timeout=120)[0] for process in started}
    assert [process.returncode for process in started] == [0, 0, 0, 0]
    assert len(printed) == 1


def test_production_draws_nothing(folder: Path, settings: Settings) -> None:
    settings.MOVABLE_CLOCK = False
    with pytest.raises(AuthorityRefusedError):
        make_authority()
    with pytest.raises(AuthorityRefusedError):
        make_seal(AGENCY_CODE, AGENCY)
    with pytest.raises(SealMissingError, match="文件不存在"):
        seal_of(AGENCY_CODE, AGENCY)
    assert trusted_certificates() == ()
    assert not folder.exists()


def test_production_reads_what_the_administrator_put_there(folder: Path, settings: Settings) -> None:
    settings.MOVABLE_CLOCK = False
    settings.PKI_PASSWORD = "口令"
    key, certificate = _self_signed()
    (folder / "seals").mkdir(parents=True)
    (folder / "trusted").mkdir()
    path = folder / "seals" / f"{AGENCY_CODE}.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"x", key, certificate, None, serialization.BestAvailableEncryption("口令".encode())
        )
    )
    (folder / "trusted" / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    assert seal_of(AGENCY_CODE, AGENCY).certificate == certificate
    assert trusted_certificates() == (certificate,)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "口令不正确"), (b"nonsense", "口令不正确")],
)
def test_says_what_is_wrong_with_a_file(content: bytes, reason: str, folder: Path) -> None:
    (folder / "seals").mkdir(parents=True)
    (folder / "seals" / f"{AGENCY_CODE}.p12").write_bytes(content)
    with pytest.raises(SealMissingError, match=reason):
        seal_of(AGENCY_CODE, AGENCY)


def test_says_that_the_password_is_wrong(folder: Path, settings: Settings) -> None:
    settings.PKI_PASSWORD = "one"
    seal_of(AGENCY_CODE, AGENCY)
    settings.PKI_PASSWORD = "two"
    from workflow_app.letters import pki

    pki._read_seal.cache_clear()
    with pytest.raises(SealMissingError, match="口令不正确"):
        seal_of(AGENCY_CODE, AGENCY)


def test_says_that_a_file_holds_no_key(folder: Path) -> None:
    _, certificate = _self_signed()
    (folder / "seals").mkdir(parents=True)
    (folder / "seals" / f"{AGENCY_CODE}.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(b"x", None, certificate, None, serialization.NoEncryption())
    )
    with pytest.raises(SealMissingError, match="没有私钥"):
        seal_of(AGENCY_CODE, AGENCY)


@pytest.mark.parametrize("code", ["../authority", "a/b", "", "甲", "a.b", "a\0b"])
def test_a_code_cannot_leave_the_folder(code: str, folder: Path) -> None:
    with pytest.raises(SealMissingError):
        seal_of(code, AGENCY)


def test_a_renewed_seal_serves_at_once(folder: Path) -> None:
    before = seal_of(AGENCY_CODE, AGENCY).certificate
    (folder / "seals" / f"{AGENCY_CODE}.p12").unlink()
    assert seal_of(AGENCY_CODE, AGENCY).certificate != before


@pytest.mark.usefixtures("db")
def test_the_command_draws_all_seals(folder: Path, capsys: Any) -> None:
    call_command("make_authority")
    codes = set(Agency.objects.values_list("code", flat=True))
    assert {path.stem for path in (folder / "seals").iterdir()} == codes
    printed = capsys.readouterr().out
    assert all(code in printed for code in codes)


@pytest.mark.usefixtures("db")
def test_the_command_draws_one_seal_and_refuses_in_production(folder: Path, settings: Settings) -> None:
    code = Agency.objects.order_by("code").values_list("code", flat=True)[0]
    call_command("make_authority", code)
    assert [path.stem for path in (folder / "seals").iterdir()] == [code]
    settings.MOVABLE_CLOCK = False
    with pytest.raises(CommandError, match="生产环境"):
        call_command("make_authority")


def _self_signed() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    from workflow_app.letters.pki import _builder, _name

    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("别的机关")
    certificate = _builder(name, name, key.public_key(), key.public_key()).sign(key, hashes.SHA256())
    return key, certificate
