# make book, make test: each works alone, again, and after a failed try.
.DEFAULT_GOAL := help
.PHONY: help book lab serve slides pdf assignments mark test check-all lint lock clean
PORT ?= 8000
PYTHON_HERE := .venv/bin/python
# Compiled modules are kept: every worker, kernel and command reads the same packages.
export PYTHONDONTWRITEBYTECODE :=
# One thread each: more would wait for each other.
PYTEST := OMP_NUM_THREADS=1 $(PYTHON_HERE) -m pytest -n 3 --dist loadscope --nbval --nbval-sanitize-with nbval.cfg

help: ## what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

book: ## both editions of the book, in _build/html
	@sh tools/prepare.sh
	@$(PYTHON_HERE) -m tools.book make
	@$(PYTHON_HERE) -m tools.book site

lab: ## the notebooks, in JupyterLab, which it installs once (LANGUAGE=en)
	@sh tools/prepare.sh
	@$(PYTHON_HERE) -c "import jupyterlab" 2>/dev/null || $(PYTHON_HERE) -m pip install --quiet --disable-pip-version-check jupyterlab
	@$(PYTHON_HERE) -m jupyterlab book/$(or $(LANGUAGE),ko)

serve: ## the built book in a browser (PORT=8000)
	@test -f _build/html/index.html || { echo "there is no book yet; run make book" >&2; exit 1; }
	@echo "the book: http://localhost:$(PORT)/  and in English: http://localhost:$(PORT)/en/ (Ctrl-C ends)"
	@$(PYTHON_HERE) -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

slides: ## a deck a chapter in both languages, in _build/slides (CHAPTER=name)
	@sh tools/prepare.sh
	@$(PYTHON_HERE) -m tools.book slides $(CHAPTER)

pdf: ## both editions as PDF, _build/tinyaudio-ko.pdf and -en.pdf, printed by Chromium
	@sh tools/prepare.sh pdf
	@$(PYTHON_HERE) -m tools.book make
	@$(PYTHON_HERE) -m tools.book site
	@$(PYTHON_HERE) -m tools.book pdf

assignments: ## notebooks for a course, in _build/assignments (TAG=v0.2.0 KEY=folder OTTER=~/otter/bin/otter)
	@sh tools/prepare.sh
	@$(PYTHON_HERE) -m tools.assignments make $(if $(TAG),--tag "$(TAG)") $(if $(KEY),--key "$(KEY)") $(if $(OTTER),--otter "$(OTTER)")

mark: ## marks.csv of a folder of submissions (FOLDER=folder KEY=folder OUT=marks.csv)
	@sh tools/prepare.sh
	@$(PYTHON_HERE) -m tools.assignments mark "$(FOLDER)" --key "$(KEY)" $(if $(OUT),--out "$(OUT)")

test: ## everything that must pass
	@sh tools/prepare.sh browser
	@$(PYTHON_HERE) -m tools.book check
	@$(PYTHON_HERE) -m tools.book site
	@$(PYTHON_HERE) -m tools.warm_cache
	@$(PYTEST) -m "not slow" tests tinyaudio book/ko

check-all: ## the long checks: forty kills, every output made again, the benchmarks
	@sh tools/prepare.sh browser
	@$(PYTHON_HERE) -m pytest -m slow tests
	@$(PYTHON_HERE) -m tools.book verify
	@$(PYTHON_HERE) -m benchmarks.data --json
	@$(PYTHON_HERE) -m benchmarks.robustness --json
	@$(PYTHON_HERE) -m benchmarks.book --json
	@$(PYTHON_HERE) -m benchmarks.likelihood --json
	@$(PYTHON_HERE) -m benchmarks.asked_pitch --json
	@$(PYTHON_HERE) -m benchmarks.vocoder --json
	@$(PYTHON_HERE) -m benchmarks.vocoders --json
	@$(PYTHON_HERE) -m benchmarks.streaming --json
	@$(PYTHON_HERE) -m benchmarks.wavenet --json
	@$(PYTHON_HERE) -m benchmarks.nuwave --json
	@$(PYTHON_HERE) -m benchmarks.diffusion --json
	@$(PYTHON_HERE) -m benchmarks.upsampling --json
	@$(PYTHON_HERE) -m benchmarks.quantizer --json
	@$(PYTHON_HERE) -m benchmarks.critics --json
	@$(PYTHON_HERE) -m benchmarks.timbre --json
	@$(PYTHON_HERE) -m benchmarks.ifreq --json
	@$(PYTHON_HERE) -m benchmarks.precision --json
	@$(PYTHON_HERE) -m benchmarks.paper_runs --json

lint: ## ruff, mypy, codespell
	@sh tools/prepare.sh
	@$(PYTHON_HERE) -m ruff check
	@$(PYTHON_HERE) -m ruff format --check
	@$(PYTHON_HERE) -m mypy
	@$(PYTHON_HERE) -m codespell_lib

lock: ## constraints.txt and environment.yml anew, from pyproject.toml
	@sh tools/prepare.sh
	@$(PYTHON_HERE) -m tools.lock

clean: ## what was built; .venv stays
	@rm -rf _build build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
