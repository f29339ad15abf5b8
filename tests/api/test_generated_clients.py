"""The guide's loop by the clients that three generators make of docs/openapi.yaml."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from insights.models import ApiToken
from tests.finetuning.conftest import decisions  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = ROOT / "var" / "outside"
SCHEMA = ROOT / "docs" / "openapi.yaml"
SCRIPTS = ROOT / "tests" / "clients"

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def run(*command, cwd, **environment):
    done = subprocess.run(
        [str(one) for one in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def tool(name, program):
    found = OUTSIDE / name / program
    if not found.exists():
        pytest.skip(f"{name} is not installed: make outside")
    return found


@pytest.fixture
def token(superuser, decisions):  # noqa: F811
    return ApiToken.make(user=superuser, scopes=["admin"])[1]


def test_openapi_python_client(server, token, tmp_path):
    generator = tool("openapi-python-client", "bin/openapi-python-client")
    said = run(generator, "generate", "--path", SCHEMA, "--meta", "none",
               "--output-path", "insight_dedup_client",
               cwd=tmp_path, PATH=f"{generator.parent}:{os.environ['PATH']}")  # fmt: skip
    assert "Warning" not in said, said
    shutil.copy(SCRIPTS / "openapi_python_client.py", tmp_path / "loop.py")
    run(generator.parent / "python", "loop.py", server, token, cwd=tmp_path)


def test_openapi_generator(server, token, tmp_path):
    generator = tool("openapi-generator", "bin/openapi-generator-cli")
    if shutil.which("java") is None:
        pytest.skip("Java is not installed: openapi-generator needs it")
    said = run(generator, "generate", "-i", SCHEMA, "-g", "python", "-o", tmp_path, cwd=tmp_path)
    assert " ERROR " not in said, said
    shutil.copy(SCRIPTS / "openapi_generator.py", tmp_path / "loop.py")
    run(generator.parent / "python", "loop.py", server, token, cwd=tmp_path)


def test_openapi_typescript(server, token, tmp_path):
    modules = tool("typescript", "node_modules")
    (tmp_path / "node_modules").symlink_to(modules)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    run(modules / ".bin" / "openapi-typescript", SCHEMA, "-o", "api.d.ts", cwd=tmp_path)
    shutil.copy(SCRIPTS / "openapi_typescript.ts", tmp_path / "loop.ts")
    run(modules / ".bin" / "tsc", "--strict", "--target", "es2022", "--module", "nodenext",
        "--types", "node", "loop.ts", cwd=tmp_path)  # fmt: skip
    run("node", "loop.js", server, token, cwd=tmp_path)
