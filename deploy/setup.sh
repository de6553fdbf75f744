#!/usr/bin/env bash
# Makes the environment: Python packages in .venv, system libraries, compiled messages.
# Run as often as you like; what is there already is left alone.
#
#   deploy/setup.sh               for development
#   SETUP=base deploy/setup.sh    for production: no test tools
#   SETUP=bench deploy/setup.sh   with the peers that the benchmarks compare with
#   PYTHON=/path/to/python3.12    chooses the interpreter
#   WITH_BROWSER=1                with the browser and the Java that the tests use
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

UV_VERSION='0.13.*'
PACKAGES='libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk poppler-utils gettext'
# What the tests look at pages with, and what runs their checker of HTML; nothing else needs it.
BROWSER='chromium-headless-shell'
JAVA='default-jre-headless'

say() { printf '· %s / %s\n' "$1" "$2"; }
warn() { printf '! %s\n  %s\n' "$1" "$2" >&2; }
stop() { warn "$@"; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

is_debian() { command -v apt-get >/dev/null && command -v dpkg >/dev/null; }
can_be_root() { [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; }

# Installs the named Debian packages; says so and returns 1 where that cannot be done.
install_packages() {
    if ! is_debian || ! can_be_root; then
        return 1
    fi
    say "安装系统软件包 $*" "installing system packages"
    as_root apt-get update -qq || return 1
    local known=() name
    for name in "$@"; do
        if apt-cache show "$name" >/dev/null 2>&1; then
            known+=("$name")
        else
            warn "本系统没有软件包 $name，请按所用发行版安装相应软件。" \
                "This system has no package $name; install its equivalent."
        fi
    done
    [ ${#known[@]} = 0 ] ||
        as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "${known[@]}" >/dev/null
}

is_right_python() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if command -v "$candidate" >/dev/null && is_right_python "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    stop "需要 Python 3.11、3.12 或 3.13；可用 PYTHON=/路径/python3.12 指定。" \
        "Python 3.11, 3.12 or 3.13 is needed; PYTHON=/path/to/python3.12 chooses one."
}

rank() { case "$1" in base) echo 1 ;; dev) echo 2 ;; bench) echo 3 ;; *) echo 0 ;; esac; }

# What is installed stays: asking for less than there is brings the larger set up to date.
choose_set() {
    local asked="${SETUP:-dev}" present
    [ "$(rank "$asked")" != 0 ] || stop "SETUP 只能是 base、dev 或 bench。" "SETUP must be base, dev or bench."
    present="$(head -n 1 .venv/stamp 2>/dev/null || true)"
    if [ "$(rank "$present")" -gt "$(rank "$asked")" ]; then
        asked="$present"
    fi
    echo "$asked"
}

# The scripts in .venv carry its path, so a moved project needs a new one.
stamp_of() {
    printf '%s\n%s\n%s\n%s\n' "$1" "$PWD" "$("$2" -c 'import sys; print(sys.version)')" \
        "$("$2" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' \
            "requirements/$1.txt")"
}

make_environment() {
    local python="$1" set="$2" stamp
    stamp="$(stamp_of "$set" "$python")"
    if [ "$(cat .venv/stamp 2>/dev/null || true)" = "$stamp" ]; then
        return
    fi
    say "准备 Python 环境 .venv（$set）" "preparing the Python environment"
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        install_packages python3-venv || true
        "$python" -c 'import ensurepip, venv' 2>/dev/null ||
            stop "Python 缺少 venv 模块：请安装 python3-venv。" "Python lacks its venv module: install python3-venv."
    fi
    if [ -e .venv/stamp ] && [ "$(sed -n 2,3p .venv/stamp)" != "$(printf '%s\n' "$stamp" | sed -n 2,3p)" ]; then
        rm -rf .venv
    fi
    [ -x .venv/bin/python ] || "$python" -m venv --without-pip .venv
    # uv has an environment of its own: it would remove itself from the one it brings into line.
    if ! .venv/bootstrap/bin/uv --version >/dev/null 2>&1; then
        "$python" -m venv --clear .venv/bootstrap
        .venv/bootstrap/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"
    fi
    rm -f .venv/stamp
    .venv/bootstrap/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes "requirements/$set.txt"
    printf '%s\n' "$stamp" >.venv/stamp
}

missing_libraries() {
    .venv/bin/python - <<'PYTHON'
import ctypes.util
import sys

for name in ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset"):
    try:
        ctypes.CDLL(ctypes.util.find_library(name) or f"lib{name}.so.0")
    except OSError:
        sys.stdout.write(f"lib{name} ")
PYTHON
}

ensure_libraries() {
    local name absent=() missing wanted="$PACKAGES"
    if [ -n "${WITH_BROWSER:-}" ]; then
        wanted="$wanted $BROWSER"
        # Any Java will do.
        command -v java >/dev/null || wanted="$wanted $JAVA"
    fi
    if is_debian; then
        for name in $wanted; do
            dpkg -s "$name" 2>/dev/null | grep -q '^Status: .* installed$' || absent+=("$name")
        done
        if [ ${#absent[@]} != 0 ]; then
            install_packages "${absent[@]}" ||
                warn "未能安装：${absent[*]}。请运行 apt-get install ${absent[*]}" \
                    "Not installed: ${absent[*]}. Run apt-get install ${absent[*]}"
        fi
    fi
    missing="$(missing_libraries)"
    [ -z "$missing" ] ||
        stop "缺少系统库 ${missing}。Debian/Ubuntu：apt-get install $PACKAGES；其他系统：Pango、HarfBuzz、Noto CJK 字体等。" \
            "These libraries are missing. Elsewhere: Pango, HarfBuzz with its subset library, Noto CJK fonts."
}

compile_messages() {
    local source compiled
    for source in workflow_app/locale/*/LC_MESSAGES/*.po; do
        compiled="${source%.po}.mo"
        if [ ! -e "$source" ] || [ "$compiled" -nt "$source" ]; then
            continue
        fi
        if ! command -v msgfmt >/dev/null; then
            warn "缺少 gettext（msgfmt），界面只有中文。" "gettext (msgfmt) is missing: pages stay in Chinese only."
            return
        fi
        msgfmt --check-format -o "$compiled" "$source"
    done
}

python="$(find_python)"
set_name="$(choose_set)"
make_environment "$python" "$set_name"
ensure_libraries
compile_messages
