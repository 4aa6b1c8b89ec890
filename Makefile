# What one does with a checkout. Nothing has to be prepared: tools/setup.sh makes .venv, and installs
# what the system lacks where it may.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run check check-tests test format lint types pytest coverage audit fuzz bench soak desktop-entry pictures docs \
	dist bundle lock clean ready-to-run ready-to-test

unexport PYTHONHOME PYTHONPATH

bin := .venv/bin
apart := --numprocesses 4 --dist worksteal
lock := .venv-lock/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate

help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

run: ready-to-run ## open a rehearsal: make run ARGS="--view text" adds arguments
	@$(bin)/python app.py --source rehearsal --title "Which distribution do you run?" \
		--hashtags debian ubuntu arch $(ARGS)

check: ready-to-test ## a quick check, in two minutes: format, lint, types, unit tests, tests near what has changed
	@$(MAKE) --no-print-directory --keep-going lint types check-tests

check-tests: ready-to-test
	@$(bin)/python tools/changed.py | xargs $(bin)/pytest $(apart) -m "not long" --quiet $(ARGS)

board: ready-to-run ## open a rehearsal with its board, on http://127.0.0.1:8080/
	@$(bin)/python app.py board --rehearsal --open $(ARGS)

test: ready-to-test ## every check: format, lint, types, tests
	@$(MAKE) --no-print-directory --keep-going lint types audit pytest

format: ready-to-test ## rewrite the code in the one format
	@$(bin)/ruff format .
	@$(bin)/ruff check --fix .

lint: ready-to-test ## format, lint and the arrows between packages, changing nothing
	@$(bin)/ruff format --check .
	@$(bin)/ruff check .
	@$(bin)/lint-imports --no-cache

types: ready-to-test ## mypy --strict
	@$(bin)/mypy

pytest: ready-to-test ## the tests, in four processes: make pytest ARGS="-k rooms" picks some
	@$(bin)/pytest $(apart) $(ARGS)

coverage: ready-to-test ## the tests, in nearly twice the time, and which lines they never reach
	@$(bin)/pytest --cov $(apart) $(ARGS)

desktop-entry: ready-to-run ## put the program into your Linux desktop's menu; votes open by double click
	@$(bin)/python tools/desktop_entry.py $(ARGS)

audit: ready-to-test ## ask whether the locked versions have known vulnerabilities
	@$(bin)/python tools/audit.py

fuzz: ready-to-test ## try inputs on every parser for 5 minutes: make fuzz ARGS="--seconds 3600"
	@$(bin)/python -c "import atheris" 2>/dev/null || $(bin)/python -m pip install --quiet --no-input \
		--disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
		-r requirements/fuzz.lock || \
		{ echo "atheris has no wheel for this Python; try on Linux: PYTHON=python3.11 make fuzz" >&2; exit 2; }
	@$(bin)/python tests/fuzz $(ARGS)

bench: ready-to-test ## measure, in about 27 minutes: make bench ARGS="--quick" takes two, ARGS=live one item
	@$(bin)/python -m pip install --quiet --no-deps --require-hashes -r requirements/bench.lock \
		|| echo "bench: going on without DuckDB, which could not be installed" >&2
	@xvfb-run --auto-servernum --server-args "-screen 0 1400x900x24" $(bin)/python -m benchmarks $(ARGS)

soak: ready-to-test ## break everything during votes for 20 minutes: make soak ARGS="--minutes 5"
	@cd tests && ../$(bin)/python -m soak $(ARGS)

pictures: ready-to-test ## draw the README's pictures anew
	@xvfb-run --auto-servernum --server-args "-screen 0 2560x1600x24" $(bin)/python tools/pictures.py $(ARGS)

docs: ready-to-test ## build the pages into build/docs and check their links
	@$(bin)/sphinx-build --fail-on-warning --keep-going --quiet docs build/docs
	@echo "build/docs/index.html"

dist: ready-to-test ## build wheel and source archive into dist, check both, and hold a vote from the wheel
	@$(bin)/python tools/dist.py $(ARGS)

bundle: ready-to-test ## build the desktop program with its own Python into dist/bundle
	@$(bin)/python tools/bundle.py $(ARGS)

lock: ## lock the versions anew: make lock ARGS=--upgrade takes the newest
	@python3 -m venv .venv-lock
	@.venv-lock/bin/python -m pip install --quiet --upgrade uv
	@$(lock) --group dev --output-file requirements/dev.lock $(ARGS)
	@$(lock) --extra board --extra desk --group build --output-file requirements/run.lock --constraint requirements/dev.lock $(ARGS)
	@$(subst pyproject.toml,,$(lock)) --group bench --output-file requirements/bench.lock $(ARGS)
	@$(subst pyproject.toml,,$(lock)) --group fuzz --output-file requirements/fuzz.lock $(ARGS)

clean: ## remove what was made here: .venv, caches, builds
	@rm -rf .venv .venv-lock .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

ready-to-run:
	@tools/setup.sh run

ready-to-test:
	@tools/setup.sh test
