#!/usr/bin/env bash
# Make the checkout ready: what the system lacks, .venv, the locked versions, the project itself.
#
#   tools/setup.sh run     what the program needs
#   tools/setup.sh test    that, and what the checks need
#
# A ready checkout is known by .venv/ready, which is written last: what was interrupted, moved or
# outdated is made anew. It keeps to bash 3.2, which is what macOS has.
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

# What .venv was made from: first what for, last the project, between them the environment.
state() {
  printf '%s\n' "$kind" "$PWD" "${PYTHON:-}" "$(.venv/bin/python -V 2>&1)"
  cksum tools/setup.sh requirements/run.lock requirements/dev.lock
  cksum pyproject.toml
}

is_usable() {
  "$1" -c 'import sys, ensurepip, sqlite3, ssl, tkinter, venv
sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 </dev/null
}

# The first Python on the PATH that has all we need; $PYTHON is asked before all others.
find_python() {
  local name candidate
  for name in "${PYTHON:-python3}" python3 python3.13 python3.12 python3.11; do
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
    emoji) ! is_mac && ! has_font ':lang=und-zsye' ;;
    japanese) ! is_mac && ! has_font ':lang=ja' ;;
    screen) [ "$kind" = test ] && ! is_mac && ! has Xvfb ;;
    browser) [ "$kind" = test ] && ! has chromedriver ;;
  esac
}

lacking() {
  local part
  for part in python emoji japanese screen browser; do
    if lacks $part; then echo $part; fi
  done
}

# Debian names the parts of a Python that is not its default one by version.
apt_python() {
  local version
  for version in 3.13 3.12 3.11; do
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
    'apt-get emoji') echo fontconfig fonts-noto-color-emoji ;;
    'apt-get japanese') echo fonts-noto-cjk ;;
    'apt-get screen') echo xvfb xauth ;;
    'apt-get browser')
      if grep -qs '^ID=ubuntu' /etc/os-release; then
        echo chromium-browser chromium-chromedriver
      else
        echo chromium chromium-driver
      fi
      ;;
    'dnf python') echo python3 python3-tkinter ;;
    'dnf emoji') echo fontconfig google-noto-color-emoji-fonts ;;
    'dnf japanese') echo google-noto-sans-cjk-fonts ;;
    'dnf screen') echo xorg-x11-server-Xvfb ;;
    'dnf browser') echo chromium chromedriver ;;
    'pacman python') echo python tk ;;
    'pacman emoji') echo fontconfig noto-fonts-emoji ;;
    'pacman japanese') echo noto-fonts-cjk ;;
    'pacman screen') echo xorg-server-xvfb xorg-xauth ;;
    'pacman browser') echo chromium ;;
    'brew python') echo python@3.13 python-tk@3.13 ;;
    'brew browser') echo google-chrome chromedriver ;;
    *' python') echo 'Python 3.11 or newer with tkinter and venv,' ;;
    *' emoji') echo 'a font with emoji,' ;;
    *' japanese') echo 'a font with Japanese,' ;;
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

# The lists of packages are fetched only when they are missing or too old to install from.
apt_install() {
  apt_get install -y --no-install-recommends "$@" >/dev/null 2>&1 && return
  apt_get update && apt_get install -y --no-install-recommends "$@" >/dev/null
}

ready_the_system() {
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
    *) say "going on, but some of it may not show or be checked before you do: $(advice $parts)" ;;
  esac
}

# Twice quiet, pip still tells errors, but not of each address in its configuration that is empty.
pip_install() {
  .venv/bin/python -m pip install --quiet --quiet --no-input --disable-pip-version-check "$@" </dev/null ||
    stop "pip could not install the locked versions, its lines above say why; then start again"
}

make_the_environment() {
  local python
  python=$(find_python)
  say "making .venv with $("$python" -V)"
  rm -f $ready # first, so that not even half of a .venv looks whole
  rm -rf .venv
  "$python" -m venv .venv
}

# An environment made to run is completed for the checks in place: the program may be running in it.
install_the_versions() {
  local lock=requirements/run.lock
  if [ "$kind" = test ]; then lock=requirements/dev.lock; fi
  ready_the_system
  if [ "$(state | sed '1d;$d')" != "$(sed '1d;$d' $ready 2>/dev/null)" ]; then make_the_environment; fi
  say "installing the versions of $lock, which takes a minute"
  rm -f $ready
  # The lock names all there is to install; pip would look for more, and take newer extras than it names.
  pip_install --no-deps --require-hashes -r $lock
}

install_the_project() {
  rm -f $ready # an install cut short must not look whole
  pip_install --no-deps --no-build-isolation --editable .
  state >$ready
}

main() {
  case $kind in run | test) ;; *) stop "say '$0 run' or '$0 test'" ;; esac
  # Two at once in one checkout would tear each other's .venv down.
  if has flock; then
    exec 9<pyproject.toml
    flock 9
  fi
  # What was made for the checks serves the program too.
  if [ "$(head -n 1 $ready 2>/dev/null)" = test ]; then kind=test; fi
  local now
  now=$(state)
  if [ "$now" = "$(cat $ready 2>/dev/null)" ]; then return; fi
  if [ "$(sed '$d' <<<"$now")" != "$(sed '$d' $ready 2>/dev/null)" ]; then install_the_versions; fi
  install_the_project
}

main
