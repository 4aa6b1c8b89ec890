#!/usr/bin/env bash
# Prepare the checkout: system packages, .venv, the locked versions and the project itself.
#
#   tools/setup.sh run     for the program
#   tools/setup.sh test    for the program and its checks
#
# uv installs the locked versions where it is present, pip elsewhere. .venv/ready is written last, so an
# environment that was interrupted, moved or outdated is made again. Works with bash 3.2, as on macOS.
set -euo pipefail
CDPATH='' cd -P "$(dirname "$0")/.."
unset PYTHONHOME PYTHONPATH # they would let modules from elsewhere into the environment

kind=${1:-run}
ready=.venv/ready

say() { printf 'setup: %s\n' "$*" >&2; }
stop() {
  say "$@"
  exit 1
}

# What .venv was made from: its purpose first, the project last, the environment in between.
state() {
  printf '%s\n' "$kind" "$PWD" "${PYTHON:-}" "$(.venv/bin/python -V 2>&1)"
  cksum tools/setup.sh requirements/run.lock requirements/dev.lock
  cksum pyproject.toml
}

is_usable() {
  "$1" -c 'import sys, ensurepip, sqlite3, ssl, tkinter, venv
sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 </dev/null
}

# Print the first Python on the PATH that has all we need, $PYTHON before any other.
find_python() {
  local name candidate
  for name in "${PYTHON:-python3}" python3 python3.14 python3.13 python3.12 python3.11; do
    while IFS= read -r candidate; do
      if is_usable "$candidate"; then
        printf '%s\n' "$candidate"
        return
      fi
    done < <(type -aP "$name")
  done
  return 1
}

is_older_than_3_11() { "$1" -c 'import sys; sys.exit(sys.version_info >= (3, 11))' 2>/dev/null; }

has() { command -v "$1" >/dev/null 2>&1; }
has_font() { has fc-list && fc-list "$1" 2>/dev/null | grep -q .; }
is_mac() { [ "$(uname)" = Darwin ]; }

lacks() {
  case $1 in
    python) ! find_python >/dev/null ;;
    fonts) ! is_mac && ! { has_font ':lang=und-zsye' && has_font ':lang=ja'; } ;;
    screen) [ "$kind" = test ] && ! is_mac && ! has Xvfb ;;
    browser) [ "$kind" = test ] && ! has chromedriver ;;
  esac
}

lacking() {
  local part
  for part in python fonts screen browser; do
    if lacks $part; then echo $part; fi
  done
}

# Debian puts the version into the names of packages for a Python that is not its default.
apt_python() {
  local version
  for version in 3.14 3.13 3.12 3.11; do
    if is_older_than_3_11 /usr/bin/python3 && [ -x /usr/bin/python$version ]; then
      echo python$version-tk python$version-venv
      return
    fi
  done
  echo python3 python3-tk python3-venv
}

packages() {
  case "$1 $2" in
    'apt-get python') apt_python ;;
    'apt-get fonts') echo fontconfig fonts-noto-color-emoji fonts-noto-cjk ;;
    'apt-get screen') echo xvfb xauth ;;
    'apt-get browser')
      if grep -qs '^ID=ubuntu' /etc/os-release; then
        echo chromium-browser chromium-chromedriver
      else
        echo chromium chromium-driver
      fi
      ;;
    'dnf python') echo python3 python3-tkinter ;;
    'dnf fonts') echo fontconfig google-noto-color-emoji-fonts google-noto-sans-cjk-fonts ;;
    'dnf screen') echo xorg-x11-server-Xvfb ;;
    'dnf browser') echo chromium chromedriver ;;
    'pacman python') echo python tk ;;
    'pacman fonts') echo fontconfig noto-fonts-emoji noto-fonts-cjk ;;
    'pacman screen') echo xorg-server-xvfb xorg-xauth ;;
    'pacman browser') echo chromium ;;
    'brew python') echo python@3.13 python-tk@3.13 ;;
    'brew browser') echo google-chrome chromedriver ;;
    *' python') echo 'Python 3.11 or newer with tkinter and venv,' ;;
    *' fonts') echo 'fonts with emoji and Japanese,' ;;
    *' screen') echo 'Xvfb,' ;;
    *' browser') echo 'Chromium and chromedriver,' ;;
  esac
}

advice() {
  local part names=''
  for part in "$@"; do names="$names $(packages "$manager" "$part")"; done
  case $manager in
    apt-get) echo "sudo apt-get install$names" ;;
    dnf) echo "sudo dnf install$names" ;;
    pacman) echo "sudo pacman -S$names" ;;
    brew) echo "brew install$names" ;;
    *) echo "install${names%,}" ;;
  esac
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# Fetch the lists of packages only when they are missing or too old to install from.
apt_install() {
  apt_get install -y --no-install-recommends "$@" >/dev/null 2>&1 && return
  apt_get update && apt_get install -y --no-install-recommends "$@" >/dev/null
}

prepare_the_system() {
  local part parts manager=''
  for manager in apt-get dnf pacman brew ''; do
    if [ -z "$manager" ] || has "$manager"; then break; fi
  done
  if [ "$manager" = apt-get ] && as_root true 2>/dev/null; then
    for part in $(lacking); do
      say "installing $(packages apt-get "$part" | tr '\n' ' ')with apt-get"
      # shellcheck disable=SC2046 # package names have no blanks
      apt_install $(packages apt-get "$part") || say "apt-get could not install it, see above"
    done
  fi
  parts=$(lacking | tr '\n' ' ')
  case " $parts" in
    *' python '* | *' screen '*) stop "please install what the system lacks, then start again: $(advice $parts)" ;;
    ' ') ;;
    *) say "continuing, but some things may not show or be checked until you run: $(advice $parts)" ;;
  esac
}

# Given --quiet twice, pip reports errors but not each empty index of its configuration.
install() {
  if has uv; then
    uv pip install --quiet --python .venv/bin/python "$@" </dev/null && return
    say "uv could not install the locked versions; trying pip"
  fi
  .venv/bin/python -m pip install --quiet --quiet --no-input --disable-pip-version-check "$@" </dev/null ||
    stop "pip could not install the locked versions, as reported above; fix that and start again"
}

make_the_environment() {
  local python
  python=$(find_python)
  say "making .venv with $("$python" -V)"
  rm -f $ready # first, so that half a .venv never looks whole
  rm -rf .venv
  "$python" -m venv .venv # with pip, even where uv installs: users add extras by it
}

# A new purpose completes an environment in place, because the program may be running in it.
install_the_versions() {
  local lock=requirements/run.lock
  if [ "$kind" = test ]; then lock=requirements/dev.lock; fi
  prepare_the_system
  if [ "$(state | sed '1d;$d')" != "$(sed '1d;$d' $ready 2>/dev/null)" ]; then make_the_environment; fi
  say "installing the versions of $lock"
  rm -f $ready
  # The lock is complete. Looking for more would take newer extras than it names.
  install --no-deps --require-hashes -r $lock
}

install_the_project() {
  rm -f $ready
  install --no-deps --no-build-isolation --editable .
  state >$ready
}

case $kind in run | test) ;; *) stop "usage: $0 run|test" ;; esac
if has flock; then # two at once in one checkout would tear down each other's .venv
  exec 9<pyproject.toml
  flock 9
fi
# An environment made for the checks serves the program too.
if [ "$(head -n 1 $ready 2>/dev/null)" = test ]; then kind=test; fi
now=$(state)
if [ "$now" = "$(cat $ready 2>/dev/null)" ]; then exit; fi
if [ "$(sed '$d' <<<"$now")" != "$(sed '$d' $ready 2>/dev/null)" ]; then install_the_versions; fi
install_the_project
