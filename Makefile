# `make` lists what there is to do. Everything that is needed is installed by `make setup`.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TARGET ?= alice@example.org
FILE   ?= tests/pcaps/demo.pcap

# The tests run twice: over the sources in VENV, and over the wheel, whose hot modules are compiled, in another.
COMPILED := .venv-compiled
BENCHED  := .venv-bench
SOURCES  := $(shell find capture reassembly msnp rcds_sniffer -name '*.py' -o -name '*.py[xi]' -o -name '*.px[di]')
BINDINGS := $(filter %.pyx %.pxd %.pxi,$(SOURCES))
PYTEST   := pytest --numprocesses auto --dist loadgroup --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup demo live-demo orders-demo test check replay bench bench-any-port bench-micro bench-live deb try-deb clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup: $(VENV)/.done ## install the Debian packages that are needed, and .venv with the project in it

demo: setup ## replay a capture that the project ships and show the conversations of its target
	@echo "rcds-sniffer replay --target alice@example.org --no-db tests/pcaps/demo.pcap"
	@$(BIN)/rcds-sniffer replay --target alice@example.org --no-db tests/pcaps/demo.pcap

live-demo: setup ## talk over real interfaces in namespaces of its own, as root, and show what a sensor hears
	@$(BIN)/python -m tests.live

orders-demo: setup ## as root: enter, approve, run, read, audit and destroy an interception order, each as another person
	@tools/orders-demo $(BIN)/rcds-sniffer

test: setup $(COMPILED)/.done ## run the tests, over the sources and then over the compiled wheel
	$(BIN)/$(PYTEST)
	$(COMPILED)/bin/$(PYTEST) --compiled

bench-live: $(COMPILED)/.done ## as root: rates, bursts, latency and the end on a line of its own, beside tcpdump
	$(BIN)/python -m bench.live --python $(COMPILED)/bin/python

check: setup ## style, strict types, and the floors of docs/architecture.md
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

replay: setup ## replay a capture of yours: make replay FILE=capture.pcap TARGET=alice@example.org
	$(BIN)/rcds-sniffer replay --target "$(TARGET)" "$(FILE)"

bench: $(BENCHED)/.done ## time the program and its peers on captures of a million packets; BENCH=quick takes two minutes
	tools/install-bench-packages
	$(BENCHED)/bin/python -m bench $(if $(filter quick,$(BENCH)),--quick)

bench-any-port: $(BENCHED)/.done ## what it costs to look at gateways' ports and at all ports, and what it finds
	$(BENCHED)/bin/python -m bench.any_port

bench-micro: $(BENCHED)/.done ## time parts of the program alone, compiled
	PYTHONSAFEPATH=1 $(BENCHED)/bin/python -m pytest -o pythonpath= --import-mode importlib -p no:cacheprovider bench/micro

deb: ## build a Debian package, for the Debian that this is, into dist/
	tools/install-debian-packages
	tools/make-deb dist

try-deb: deb ## as root: install, run, upgrade, remove and purge the package in a clean Debian of its own
	tools/try-deb dist/*.deb

clean: ## remove what make made: .venv, compiled parts, caches
	rm -rf $(VENV) $(COMPILED) $(BENCHED) bench-results .benchmarks build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find capture reassembly msnp rcds_sniffer -name '*.so' -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.done: pyproject.toml setup.py $(BINDINGS) tools/install-debian-packages
	tools/install-debian-packages
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed; name it: make setup PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

$(COMPILED)/.done: pyproject.toml setup.py $(SOURCES) tools/install-wheel | setup
	tools/install-wheel $(COMPILED) $(BIN)/python
	touch $@

$(BENCHED)/.done: pyproject.toml setup.py $(SOURCES) tools/install-wheel | setup
	tools/install-wheel $(BENCHED) $(BIN)/python
	$(BENCHED)/bin/python -m pip install --quiet --quiet --disable-pip-version-check "$$(echo $(BENCHED)/wheel/*.whl)[bench]"
	touch $@
