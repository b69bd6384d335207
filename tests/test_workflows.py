"""The workflows, which run only once they are pushed: by GitHub's schema, and by what a schema does not know.

The schema is SchemaStore's (Apache-2.0), in tests/vendor; nothing is fetched.
"""

import ast
import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SCHEMA = json.loads(
    (ROOT / "tests" / "vendor" / "schemastore" / "github-workflow.json").read_text()
)
EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")


def read(path):
    """A workflow; YAML 1.1 reads its key `on` as true."""
    text = path.read_text(encoding="utf-8")
    return {"on" if key is True else key: value for key, value in yaml.safe_load(text).items()}


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_it_is_a_workflow(path):
    workflow = read(path)
    jsonschema.validate(workflow, SCHEMA)
    assert workflow["name"] == path.stem and "permissions" in workflow
    for step in steps(workflow):
        assert "uses" not in step or re.fullmatch(r"actions/[\w-]+@v\d+", step["uses"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_value_that_is_asked_for_is_there(path):
    for job in read(path)["jobs"].values():
        matrix = job.get("strategy", {}).get("matrix", {})
        ids = {step["id"] for step in job["steps"] if "id" in step}
        for name in EXPRESSION.findall(json.dumps(job)):
            first, *rest = name.split(".")
            if first == "matrix":
                rows = matrix[rest[0]]
                assert len(rest) == 1 or all(rest[1] in row for row in rows)
            elif first == "steps":
                assert rest[0] in ids
            else:
                assert first == "github"
        assert job.get("runs-on") and ("timeout-minutes" in job or "needs" in job)


def test_the_schema_finds_what_is_wrong():
    workflow = read(WORKFLOWS[0])
    (job,) = [job for job in workflow["jobs"].values() if "timeout-minutes" in job]
    del job["runs-on"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(workflow, SCHEMA)


def test_the_matrix_has_three_systems_and_the_oldest_and_the_newest_torch():
    (job,) = read(ROOT / ".github" / "workflows" / "matrix.yml")["jobs"].values()
    matrix = job["strategy"]["matrix"]
    assert [one.split("-")[0] for one in matrix["system"]] == ["ubuntu", "macos", "windows"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (torch,) = [r for r in map(Requirement, project["dependencies"]) if r.name == "torch"]
    bounds = {one.operator: one.version for one in torch.specifier}
    old, new = (row["torch"].removesuffix(".*") for row in matrix["versions"])
    minor = int(bounds["<"].split(".")[1])
    assert (old, new) == (bounds[">="], f"2.{minor - 1}")
    assert f">={matrix['versions'][0]['python']}" == project["requires-python"]


def test_the_tests_that_run_there_exist():
    for path in WORKFLOWS:
        for step in steps(read(path)):
            for name in re.findall(r"\btests/[\w/.]+", step.get("run", "")):
                assert (ROOT / name).exists(), name


# Modules and names that Windows has not, as they are written in tests.
POSIX_MODULES = {"resource", "fcntl", "pwd", "grp", "termios", "pty"}
POSIX = re.compile(
    r"\b(os\.(fork|mkfifo|geteuid)|signal\.SIG(HUP|KILL|XFSZ)|in_child)\b|import resource|\"fork\"|/bin/sh"
)


def files_of_the_matrix():
    (job,) = read(ROOT / ".github" / "workflows" / "matrix.yml")["jobs"].values()
    for name in re.findall(r"\btests/[\w/.]+", job["steps"][-1]["run"]):
        place = ROOT / name
        yield from sorted(place.rglob("test_*.py")) if place.is_dir() else [place]


def fails_on_windows(source):
    """The imports, decorators and tests of a module that need what Windows has not, and do not say so."""
    for node in ast.parse(source).body:
        function = isinstance(node, ast.FunctionDef)
        marks = list(map(ast.unparse, node.decorator_list)) if function else []
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {one.name for one in node.names} | {getattr(node, "module", None)}
            if names & POSIX_MODULES:
                yield ast.unparse(node)
        elif any(map(POSIX.search, marks)):  # run as the module is collected
            yield f"the decorators of {node.name}"
        elif not function or (node.name.startswith("test_") and "pytest.mark.posix" not in marks):
            if POSIX.search(ast.unparse(node).replace("'", '"')):
                yield node.name if function else ast.unparse(node)


def test_windows_collects_the_matrix_and_skips_what_it_cannot_run():
    paths = list(files_of_the_matrix())
    assert len(paths) > 100
    found = {path: [*fails_on_windows(path.read_text(encoding="utf-8"))] for path in paths}
    assert {path: faults for path, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import resource",
        "from resource import getrlimit",
        "@pytest.mark.parametrize('n', [signal.SIGHUP])\ndef test_it(n):\n    pass",
        "def test_it():\n    os.fork()",
        "PIDS = [os.fork()]",
    ],
)
def test_what_stops_windows_is_found(source):
    assert len([*fails_on_windows(source)]) == 1
    assert [
        *fails_on_windows("@pytest.mark.posix\ndef test_it():\n    import resource\n    os.fork()")
    ] == []
