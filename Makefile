# `make help` lists the targets. Everything runs in .venv, which deploy/setup.sh makes.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON := .venv/bin/python
# Tests and checks never touch the development tree's data.
CHECK := DJANGO_SETTINGS_MODULE=workflow_app.settings.test $(PYTHON) -W "ignore:Got an error checking" manage.py
COMPILE := .venv/bootstrap/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header

# $(call headline,text)
headline = @printf '\n== %s\n' "$(1)"

.PHONY: help
help: ## 列出全部命令 / list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## 准备环境 / make the environment
	@deploy/setup.sh

.PHONY: run
run: setup ## 启动整个服务，Ctrl-C 停止（HOST、PORT 可设） / the whole service until Ctrl-C
	@$(PYTHON) manage.py serve

.PHONY: test
test: export WITH_BROWSER = 1
test: setup ## 全部检查和测试 / every check and test
	$(call headline,format)
	@.venv/bin/ruff format --check .
	$(call headline,lint)
	@.venv/bin/ruff check .
	$(call headline,layers)
	@.venv/bin/lint-imports --no-logo
	$(call headline,types)
	@.venv/bin/mypy
	$(call headline,system checks)
	@$(CHECK) check --fail-level WARNING
	$(call headline,missing migrations)
	@$(CHECK) makemigrations --check --dry-run
	$(call headline,speed of pages)
	@.venv/bin/pytest -q -n0 -m alone tests/web
	$(call headline,tests)
	@.venv/bin/pytest -q -n auto --maxprocesses 8 --dist worksteal -m "not alone" --cov --cov-report=
	$(call headline,coverage: domain and manifests 100 %)
	@.venv/bin/coverage report --include='workflow_app/domain/*,bpmn/*/process.py' --fail-under=100
	$(call headline,coverage: all)
	@.venv/bin/coverage report --format=total

.PHONY: screenshots
screenshots: export WITH_BROWSER = 1
screenshots: setup ## 页面截图，放在 var/screenshots / pictures of the pages for the guides
	@.venv/bin/pytest -q -n0 -p no:randomly tests/browser/screenshots.py

.PHONY: demo
demo: setup ## 演完全部故事，结果在 var/demo / play every story, results in var/demo
	@$(PYTHON) manage.py demo

.PHONY: history
history: setup ## 演示环境加入半年往来案件（先 make run） / half a year of cases for the running demo
	@$(PYTHON) manage.py load_history

.PHONY: bench
bench: ## 性能测量 / measure speed
	@SETUP=bench deploy/setup.sh
	@$(PYTHON) -m benchmarks

.PHONY: new-process
new-process: setup ## 新建流程骨架 / the skeleton of a process: make new-process slug=x
	@test -n "$(slug)" || { echo "make new-process slug=<name>" >&2; exit 2; }
	@$(PYTHON) manage.py new_process "$(slug)"

.PHONY: format
format: setup ## 整理代码格式 / format the code
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

.PHONY: openapi
openapi: setup ## 更新 API 说明 docs/openapi.json / renew the description of the API
	@$(PYTHON) manage.py export_openapi_schema --api workflow_app.api.api.api --sorted --indent 2 --output docs/openapi.json

.PHONY: messages
messages: setup ## 更新并编译英文译文 / collect and compile the English texts
	@$(PYTHON) manage.py collect_messages
	@deploy/setup.sh
	@$(PYTHON) manage.py document_processes

.PHONY: requirements
requirements: setup ## 重新锁定依赖 / pin the dependencies anew
	@$(COMPILE) -o requirements/base.txt
	@$(COMPILE) --group dev -o requirements/dev.txt
	@$(COMPILE) --group dev --group bench -o requirements/bench.txt

.PHONY: clean
clean: ## 删除数据库、环境和一切生成物 / delete database, environment and everything made
	@if [ -x $(PYTHON) ] && [ -z "$$DATABASE_URL" ]; then \
		$(PYTHON) manage.py postgres stop && $(PYTHON) manage.py postgres remove; fi
	@rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
	@find . -name __pycache__ -prune -exec rm -rf {} + -o -name '*.mo' -exec rm -f {} +
