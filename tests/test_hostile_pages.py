"""No script of a submission runs in a page that shows it: nbgrader's, the class's, similar's, check's.

Each vector calls `top.ran(its number)`; a page is opened in Chromium, everything in it is clicked, focused
and pointed at, and nothing may have run. A page made of what was not cleaned shows that they are good ones.
"""

import contextlib
import html
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter

from autograder.integrations.nbgrader import clean
from autograder.integrations.nbgrader.restore import restored
from tests.browser import chromium
from tests.nbgrader_course import cell_of, command, course, hand_in, released_course, succeeds

__all__ = ["course", "released_course"]  # fixtures
SHARED = Path(sys.executable).resolve().parent
X = "top.ran(N)"
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{X}"><script>{X}</script></svg>'
VECTORS = [
    f"<script>{X}</script>",
    f"<SCRIPT>{X}</SCRIPT>",
    f"<script\n>{X}</script\n>",
    f"<script/x>{X}</script>",
    f'<script src="data:text/javascript,{X}"></script>',
    f"<script type=module>{X}</script>",
    f"<scr<script>ipt>{X}</scr</script>ipt>",
    f"text <script>{X}</script> text",
    f"> <script>{X}</script>",
    f"- <script>{X}</script>",
    f"# <script>{X}</script>",
    f"| a |\n|---|\n| <img src=x onerror={X}> |",
    f"<img src=x onerror={X}>",
    f"<img src=x onerror={X}//",
    f"<IMG SRC=x ONERROR={X}>",
    f"<img/src=x/onerror={X}>",
    f"<img\nsrc=x\nonerror={X}>",
    f"<img src=x\tonerror={X}>",
    f"<img src=x\x0conerror={X}>",
    f"<img src='x' onerror='{X}'>",
    "<img src=x onerror=&#116;op.ran(N)>",
    f'<img src="x`" onerror="{X}">',
    f"<svg onload={X}>",
    f"<svg/onload={X}>",
    f"<svg><script>{X}</script></svg>",
    f"<svg><script xlink:href=data:,{X} /></svg>",
    f"<svg><animate onbegin={X} attributeName=x dur=1s>",
    f"<svg><a xlink:href=javascript:{X}><text x=20 y=20>x</text></a></svg>",
    f'<svg><use href="data:image/svg+xml,{html.escape(SVG)}"></use></svg>',
    f"<math><mtext></form><form><mglyph><style></math><img src onerror={X}>",
    f"<math><a xlink:href=javascript:{X}>x</a></math>",
    f"<body onload={X}>",
    f"<html onclick={X}>",
    f"<iframe src=javascript:{X}></iframe>",
    f'<iframe srcdoc="<script>{X}</script>"></iframe>',
    f"<iframe onload={X}></iframe>",
    f"<object data=javascript:{X}></object>",
    f'<object data="data:text/html,<script>{X}</script>"></object>',
    f"<embed src=javascript:{X}>",
    f"<video><source onerror={X}></video>",
    f"<video src=x onerror={X}></video>",
    f"<audio src=x onerror={X}>",
    f"<details open ontoggle={X}>x</details>",
    f"<input autofocus onfocus={X}>",
    f"<select autofocus onfocus={X}>",
    f"<textarea autofocus onfocus={X}>",
    f"<button onclick={X}>x</button>",
    f"<form action=javascript:{X}><button>x</button></form>",
    f"<button formaction=javascript:{X} form=x>x</button><form id=x></form>",
    f"<a href=javascript:{X}>x</a>",
    f'<a href="java\nscript:{X}">x</a>',
    f'<a href="&#106;avascript:{X}">x</a>',
    f'<a href="\x01javascript:{X}">x</a>',
    f"<marquee onstart={X}>x</marquee>",
    f"<style>@keyframes a{{}}</style><b style=animation-name:a onanimationstart={X}>x</b>",
    f"<b onmouseover={X}>x</b>",
    f"<b onclick={X}>x</b>",
    f"<p onpointerenter={X}>x</p>",
    f'<font color="red" onclick="{X}">x</font>',
    f'<font color="red"onclick="{X}">x</font>',
    f'<span width="1" \n onclick="{X}">x</span>',
    f"<div onclick={X}>x</div>",
    f"<x onclick={X}>x</x>",
    f"<x contenteditable onfocus={X} tabindex=1 id=f>x</x>",
    f'<meta http-equiv=refresh content="0;url=javascript:{X}">',
    f"<base href=javascript:/><a href={X}>x</a>",
    f"<link rel=stylesheet href=x onerror={X}>",
    f"<template><script>{X}</script></template><img src=x onerror={X}>",
    f'<noscript><p title="</noscript><img src=x onerror={X}>">',
    f'<title><img title="</title><img src=x onerror={X}>"></title>',
    f"<textarea></textarea><img src=x onerror={X}>",
    f"<!--><img src=x onerror={X}>-->",
    f"<!-- --!><img src=x onerror={X}> -->",
    f"<![CDATA[><img src=x onerror={X}>]]>",
    f"<?php ><img src=x onerror={X}>?>",
    f"</script><script>{X}</script>",
    f"</textarea></title></style><img src=x onerror={X}>",
    f"[x](javascript:{X})",
    f"[x](JaVaScRiPt:{X})",
    f"[x](javascript&colon;{X})",
    f"[x](&#106;avascript:{X})",
    f"[x](&#x6A;avascript:{X})",
    f"[x](java&Tab;script:{X})",
    f"[x](java&NewLine;script:{X})",
    f"[x](<java\tscript:{X}>)",
    f"[x](javascript\\:{X})",
    f"[x](<javascript:{X}>)",
    f"[x]( javascript:{X})",
    f'[x](javascript:{X} "title")',
    f"[x][y]\n\n[y]: javascript:{X}",
    f"[x](vbscript:{X})",
    f"<javascript:{X}>",
    f"![x](javascript:{X})",
    f'![x" onerror="{X}](y)',
    f'![x](y"onerror="{X})',
    f'![x](y "t\\" onerror=\\"{X}")',
    f'[x](y"onclick="{X})',
    f'[x](https://x.y/"onclick="{X})',
    f'<https://x.y/"onclick="{X}>',
    f'# x" onclick="{X}',
    f'```x"onclick="{X}\ny\n```',
    f"```mermaid\n<img src=x onerror={X}>\n```",
    f"~~~ mermaid\n<img src=x onerror={X}>\n~~~",
    f"> ```mermaid\n> <img src=x onerror={X}>\n> ```",
    f'```mermaid\ngraph TD; A-->B; click A href "javascript:{X}"\n```',
    f"    <script>{X}</script>",
    f"`<script>{X}</script>`",
    f"$<img src=x onerror={X}>$",
    f"$$<img src=x onerror={X}>$$",
    f"\\begin{{a}}<img src=x onerror={X}>\\end{{a}}",
    f"\\begin{{a}}\\end{{a}}<img src=x onerror={X}>",
    f"$\\href{{javascript:{X}}}{{x}}$",
    f'$\\style{{x:\\"}}{{x}}$ <img src=x onerror={X}>',
    f"*<img src=x onerror={X}>*",
    f"<img src=x onerror={X}>".replace("<", "\\<"),
    f"<\x00script>{X}</script>",
    f"<\rscript>{X}</script>",
    f"\ufeff<script>{X}</script>",
    f"&lt;img src=x onerror={X}&gt;",
    f"<b><img src=x onerror={X}></b>",
    f"<br/><script>{X}</script>",
    f"%3Cscript%3E{X}%3C/script%3E",
    f"{{{{ '<script>{X}</script>' }}}}",
    f"{{% raw %}}<script>{X}</script>{{% endraw %}}",
    f"'\"><script>{X}</script>",
    f'x{{onclick="{X}"}}',
]
CALLS = "window.fired = []; window.ran = (number) => { top.fired.push(number); };"
TRIED = """() => {
    document.addEventListener('click', (event) => {
        const link = event.target.closest('a');
        if (link && !String(link.href.baseVal ?? link.href).startsWith('javascript:')) event.preventDefault();
    }, true);
    document.addEventListener('submit', (event) => {
        if (!String(event.submitter?.formAction ?? event.target.action).startsWith('javascript:'))
            event.preventDefault();
    }, true);
    const kinds = ['mouseover', 'pointerenter', 'focus', 'animationstart', 'toggle'];
    for (const element of [document.documentElement, ...document.querySelectorAll('body, body *')]) {
        for (const kind of kinds) element.dispatchEvent(new Event(kind));
        if (element.click) element.click();
        else element.dispatchEvent(new MouseEvent('click', {bubbles: false, cancelable: true}));
    }
}"""


def numbered() -> list[str]:
    return [vector.replace("N)", f"{number})") for number, vector in enumerate(VECTORS)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


Fired = Callable[[Path], set[int]]


@pytest.fixture
def fired(browser: Any) -> Iterator[Fired]:
    """What has run in a page; nothing is loaded from anywhere."""
    context = browser.new_context()
    context.add_init_script(CALLS)
    context.route(lambda url: not url.startswith(("file:", "data:")), lambda route: route.abort())

    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.dismiss())

    def of(file: Path) -> set[int]:
        page.goto(file.as_uri(), wait_until="load")
        page.wait_for_timeout(50)
        for frame in page.frames:
            with contextlib.suppress(Exception):  # a frame that is gone
                frame.evaluate(TRIED)
        page.wait_for_timeout(50)
        return set(page.evaluate("window.fired"))

    yield of
    context.close()


def full_of_vectors(notebook: Any, valid: bool) -> Any:
    """A student's right notebook with every vector in every kind of cell, and in all that surrounds them.

    What is not `valid` by nbformat's schema is refused by nbgrader itself in route A.
    """
    notebook = nbformat.from_dict(json.loads(json.dumps(notebook)))
    for vector in numbered():
        notebook.cells.append(nbformat.v4.new_markdown_cell(vector))
        notebook.cells.append(nbformat.v4.new_raw_cell(vector))
        notebook.cells.append(nbformat.v4.new_code_cell("'''\n" + vector + "\n'''"))
    cell_of(notebook, "why_zero").source = "\n\n".join(numbered())
    first = len(VECTORS)
    odd = [f'"><img src=x onerror=top.ran({number})>' for number in range(first, first + 20)]
    notebook.metadata["title"] = f"</title><script>top.ran({first})</script>"
    notebook.metadata["language_info"] = {"name": odd[1], "pygments_lexer": odd[2], "mimetype": odd[3]}
    notebook.metadata["kernelspec"] = {"name": odd[4], "display_name": odd[4], "language": odd[5]}
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"x": f"</script>{odd[6]}"}}
    notebook.metadata["autograder"] = {"lang": odd[7]}
    notebook.metadata["authors"] = [{"name": odd[8]}]
    about = [cell for cell in notebook.cells if "nbgrader" not in cell.metadata]
    about[1]["metadata"] = {"tags": [odd[10]], "slideshow": {"slide_type": odd[11]}, "name": odd[12]}
    about[2]["metadata"] = {"jupyter": {"source_hidden": odd[13]}, "raw_mimetype": "text/html"}
    code = nbformat.v4.new_code_cell("x = 1", execution_count=1)
    script = f"<script>top.ran({first + 15})</script>"
    for kind in ("text/html", "image/svg+xml", "text/markdown", "text/latex", "application/javascript"):
        data = {kind: script if kind != "application/javascript" else f"top.ran({first + 15})"}
        code.outputs.append(nbformat.v4.new_output("display_data", data))
    code.outputs.append(nbformat.v4.new_output("stream", text=script))
    code.outputs.append(nbformat.v4.new_output("error", ename=script, evalue=script, traceback=[script]))
    notebook.cells.append(code)
    picture = nbformat.v4.new_markdown_cell("![x](attachment:x.png) ![y](attachment:missing.png)")
    picture["attachments"] = {"x.png": {f"image/png{odd[16]}": f"AAAA{odd[17]}"}, odd[18]: {"image/png": "A"}}
    notebook.cells.append(picture)
    if not valid:
        about[0]["id"] = odd[9]
        code["execution_count"] = odd[14]
        notebook[odd[19]] = odd[19]
    return notebook


@pytest.fixture(autouse=True)
def templates(monkeypatch: pytest.MonkeyPatch) -> None:
    """nbconvert's templates, also where the packages come from another environment than Python's."""
    import nbconvert

    share = Path(nbconvert.__file__).parents[4] / "share" / "jupyter"
    monkeypatch.setenv("JUPYTER_PATH", os.pathsep.join([str(share), os.environ.get("JUPYTER_PATH", "")]))


def each_alone(notebooks: list[Any], file: Path) -> Path:
    """A page with a frame for each notebook, for one vector could hide the next."""
    exporter = HTMLExporter(template_name="basic")
    bodies = [exporter.from_notebook_node(nbformat.from_dict(notebook))[0] for notebook in notebooks]
    frames = [f'<iframe srcdoc="{html.escape(body)}"></iframe>' for body in bodies]
    file.write_text("<!DOCTYPE html><meta charset=utf-8>" + "".join(frames), encoding="utf-8")
    return file


def with_cells(vector: str) -> Any:
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell(vector), nbformat.v4.new_raw_cell(vector)]
    )


@pytest.mark.slow
def test_no_vector_runs_in_a_cleaned_notebook_and_they_are_good_ones(fired: Fired, tmp_path: Path) -> None:
    notebooks = [with_cells(vector) for vector in numbered()]
    ran = fired(each_alone(notebooks, tmp_path / "dirty.html"))
    assert len(VECTORS) >= 60 and len(ran) >= 60, [VECTORS[n] for n in range(len(VECTORS)) if n not in ran]
    cleaned = [restored(notebook, {}) for notebook in notebooks]
    assert fired(each_alone(cleaned, tmp_path / "clean.html")) == set()


@pytest.mark.slow
@pytest.mark.parametrize("route", ["A", "B"])
def test_no_vector_runs_in_nbgraders_pages(route: str, course: Path, fired: Fired, tmp_path: Path) -> None:
    import nbgrader

    right = nbformat.read(course / "submitted/right/relu/relu.ipynb", 4)
    shutil.rmtree(course / "submitted")
    hand_in(course, "right", right)
    hand_in(course, "mallory", right)
    data = full_of_vectors(right, valid=route == "A")
    (course / "submitted/mallory/relu/relu.ipynb").write_text(json.dumps(data), encoding="utf-8")
    routes = {"A": ("nbgrader", "autograde", "relu"), "B": ("autograder", "grade", "--nbgrader", ".")}
    succeeds(course, *routes[route])
    succeeds(course, "nbgrader", "generate_feedback", "relu")
    assert fired(course / "feedback/mallory/relu/relu.html") == set()
    graded = nbformat.read(course / "autograded/mallory/relu/relu.ipynb", 4)
    nbformat.validate(graded)
    folder = Path(nbgrader.__file__).parent / "server_extensions/formgrader/templates"
    exporter = HTMLExporter(template_name="formgrade", extra_template_basedirs=[str(folder)])
    names = (
        "assignment_id",
        "notebook_id",
        "submission_id",
        "base_url",
        "student",
        "last_name",
        "first_name",
    )
    resources = {**dict.fromkeys(names, "x"), "index": 0, "total": 1, "notebook_path": "x"}
    page = tmp_path / "formgrade.html"
    page.write_text(exporter.from_notebook_node(graded, resources=resources)[0], encoding="utf-8")
    assert "score" in page.read_text(encoding="utf-8") and fired(page) == set()


HOSTILE_WORK = '''
# {vector}
def relu_backward(delta, z):
    """{vector}"""
    text = {literal}
    print(text)
    {ending}
'''
ENDINGS = ("raise ValueError(text)", "return delta", "return text", "return type(text, (), {})()")


@pytest.mark.slow
def test_no_vector_runs_in_our_own_pages(
    fired: Fired, tmp_path: Path, visible_key: Path, released_course: Path
) -> None:
    submitted, out = tmp_path / "submitted", tmp_path / "out"
    for number, vector in enumerate(numbered()):
        name = vector.replace("/", "⁄").replace("\x00", "")[:100]
        folder = submitted / name / "relu"
        folder.mkdir(parents=True)
        shown = " ".join(vector.replace("\\", "").replace('"""', "").replace("\x00", "").split())
        literal = ascii(vector)
        text = HOSTILE_WORK.format(vector=shown, literal=literal, ending=ENDINGS[number % len(ENDINGS)])
        (folder / "relu.py").write_text(text, encoding="utf-8")
    keys = released_course / "keys"
    done = command(tmp_path, "autograder", "grade", "submitted", "--keys", str(keys), "--out", str(out))
    assert done.returncode == 0, done.stderr
    succeeds(tmp_path, "autograder", "report", str(out), "--out", str(tmp_path / "report"))
    succeeds(
        tmp_path, "autograder", "similar", "submitted", "--out", str(tmp_path / "similar"), "--least", "0"
    )
    for number in range(0, len(VECTORS), len(VECTORS) // 12):
        work = tmp_path / f"check{number}"
        work.mkdir()
        shutil.copy(visible_key, work)
        file = sorted(submitted.glob("*/relu/relu.py"))[number]
        shutil.copy(file, work)
        command(work, "autograder", "check", "relu.py", "--html", "-o", str(work / "check.html"))
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) > len(VECTORS) and len([page for page in pages if page.name == "check.html"]) > 10
    for page in pages:
        assert fired(page) == set(), page


# ---- Without a browser -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "**a** < b and c > d",
        "$a < b$",
        "<b>x</b><br>",
        "<https://x.y/z?a=1&b=2>",
        'a <font color="red">b</font>',
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "![x](attachment:image.png)",
        "`x & y`",
        "a&nbsp;b &alpha;",
        "# 卷积",
    ],
)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert clean.text(text) == text


def test_an_attached_picture_stays() -> None:
    cell = nbformat.v4.new_markdown_cell("![x](attachment:image.png)")
    cell["attachments"] = {"image.png": {"image/png": "iVBORw0KGgo="}}
    (kept,) = restored(nbformat.v4.new_notebook(cells=[cell]), {})["cells"]
    assert (kept["source"], kept["attachments"]) == (cell["source"], cell["attachments"])


def test_a_cleaned_notebook_is_valid_whatever_the_ids_are() -> None:
    ids = ["cell-1", "<b>", "a" * 65, "", None, 3, "cell-1", "cell-3", "x y", "é", "ok"]
    cells = [{"cell_type": "markdown", "metadata": {}, "source": "", "id": id} for id in ids]
    data = restored({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 2}, {})
    nbformat.validate(nbformat.from_dict(data))
    assert len({cell["id"] for cell in data["cells"]}) == len(ids)
