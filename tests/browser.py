"""A Chromium for tests of pages, and a way to run plain JavaScript; both skip where there is none."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@contextmanager
def chromium() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright."""
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium is installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield browser
        browser.close()


def call_javascript(script: str, function: str, arguments: list[Any]) -> list[Any]:
    """What a function of a script returns for each argument: in Node, else in Chromium."""
    if node := shutil.which("node"):
        reading = "JSON.parse(require('fs').readFileSync(0, 'utf-8'))"
        code = (
            f"'use strict';\n{script}\nconsole.log(JSON.stringify({reading}.map((one) => {function}(one))));"
        )
        result = subprocess.run(
            [node, "-e", code], input=json.dumps(arguments), capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stderr
        found: list[Any] = json.loads(result.stdout)
        return found
    with chromium() as browser:
        page = browser.new_page()
        body = f"'use strict';\n{script}\nreturn given.map((one) => {function}(one));"
        found = page.evaluate("([body, given]) => new Function('given', body)(given)", [body, arguments])
        return found


def opened(browser: Any, file: Path, *, fragment: str = "", **context: Any) -> Any:
    """A page of its own that shows a file; an error in the page or a request to anywhere fails the test."""
    page = browser.new_context(**context).new_page()
    page.troubles = []
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    page.on("console", lambda message: message.type == "error" and page.troubles.append(message.text))
    page.on(
        "request",
        lambda request: (
            request.url.startswith(("file:", "data:"))
            or page.troubles.append(request.url)  # nothing is loaded
        ),
    )
    page.goto(file.as_uri() + fragment)
    return page
