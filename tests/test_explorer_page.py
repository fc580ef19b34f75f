"""The explorer in a browser: sizes, pointing, the keyboard, the steps, languages, themes, paper.

What the page computes is held against the symbolic engine in `test_explorer`; here it is what a reader sees.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.cnn.derivations import expand
from autograder.cnn.derivations.layer import Layer
from autograder.cnn.derivations.symbols import terms
from autograder.cnn.explorer import page as explorer
from tests.browser import chromium, opened

LAYERS = [Layer((3, 3), (2, 2)), Layer((4, 3), (2, 2), 2, 1, channels=2), Layer((5, 5), (2, 2), 2)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("explorer") / "explorer.html"
    written.write_text(explorer.page("en"), encoding="utf-8")
    return written


@pytest.fixture(scope="module")
def tab(browser: Any, file: Path) -> Any:
    return opened(browser, file)


@pytest.fixture
def page(tab: Any, file: Path) -> Iterator[Any]:
    """The lecture's layer, in English, in a wide window, with nothing of an earlier test."""
    tab.emulate_media(color_scheme="light", media="screen")
    tab.set_viewport_size({"width": 1400, "height": 900})
    tab.mouse.move(2, 2)
    tab.goto("about:blank")
    tab.goto(file.as_uri())
    yield tab
    assert tab.troubles == []


def go(page: Any, address: str) -> None:
    """Another layer by the page's address."""
    page.evaluate("(address) => { location.hash = address }", address)
    page.wait_for_function("(address) => location.hash === address", arg=address)
    page.evaluate("() => new Promise(requestAnimationFrame)")


def fragment(layer: Layer) -> str:
    (height, width), (kernel_height, kernel_width) = layer.input, layer.kernel
    return (
        f"#input={height}x{width}&kernel={kernel_height}x{kernel_width}&stride={layer.stride}"
        f"&padding={layer.padding}&channels={layer.channels}&kernels={layer.kernels}"
    )


def lit(page: Any, where: str) -> set[str]:
    """The keys of lit cells, or the text of lit terms, below an element."""
    found = page.eval_on_selector_all(
        f"{where} .lit:is(.cell, .term)", "all => all.map((one) => one.dataset.key ?? one.dataset.term)"
    )
    return set(found)


def terms_of(page: Any, family: str) -> list[str]:
    """What is lit in a family of equations, as written."""
    texts: list[str] = page.eval_on_selector_all(
        f"#family-{family} .term.lit", "all => all.map((one) => one.innerText)"
    )
    return [re.sub(r"\s", "", text) for text in texts]


def keys(letter: str, *numbers: int) -> set[str]:
    """Keys of elements of the lecture's layer, from the lecture's indices."""
    maps = {"w": "0,0,"}.get(letter, "0,")
    return {f"{letter}:{maps}{number // 10 - 1},{number % 10 - 1}" for number in numbers}


# ---- Equations ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: fragment(layer)[1:])
def test_the_equations_on_the_page_have_the_engines_terms(page: Any, layer: Layer) -> None:
    go(page, fragment(layer))
    z = expand.forward(layer)
    families = {
        "forward": z,
        "residual": expand.delta_before(layer, written=z),
        "weights": expand.weight_gradient(layer, z),
        "bias": expand.bias_gradient(layer, z),
    }
    for family, formulas in families.items():
        rows = page.eval_on_selector_all(
            f"#family-{family} .equation",
            "rows => rows.map((row) => [...row.querySelectorAll('.term')].map((one) => one.textContent))",
        )
        assert [len(row) for row in rows] == [len(terms(formula)) for formula in formulas.values()]
        for row, formula in zip(rows, formulas.values(), strict=True):
            written = {
                "".join(
                    f"{'δ' if one.letter == 'delta' else one.letter}"
                    f"{('' if len(one.index) < 3 else ',').join(map(str, one.index))}"
                    for one in product
                    if one.letter != "dsigma"
                )
                for product in terms(formula)
            }
            assert set(row) == written


# ---- Pointing ----------------------------------------------------------------------------------------------


def test_pointing_at_a_residual_lights_what_the_lecture_boxes(page: Any) -> None:
    page.hover('#backward [data-name="before"][data-key="a:0,0,1"]')
    assert terms_of(page, "forward") == ["a12w12", "a12w11"]
    assert terms_of(page, "residual") == ["δ11w12", "δ12w11"]
    assert lit(page, "#forward") == keys("a", 12) | keys("z", 11, 12) | keys("w", 11, 12)
    assert lit(page, "#backward") == keys("a", 12) | keys("z", 11, 12) | keys("w", 11, 12)
    assert page.inner_text("#readout").startswith("a")
    page.mouse.move(2, 2)
    assert lit(page, "main") == set()


def test_pointing_at_z_w_and_b(page: Any) -> None:
    page.hover('#forward [data-key="z:0,1,0"]')
    assert lit(page, "#forward") == keys("a", 21, 22, 31, 32) | keys("z", 21) | keys("w", 11, 12, 21, 22) | {
        "b:0"
    }
    assert terms_of(page, "bias") == ["δ21"]
    page.hover('#forward [data-key="w:0,0,1,0"]')
    assert terms_of(page, "weights") == ["δ11a21", "δ12a22", "δ21a31", "δ22a32"]
    page.hover('#backward [data-key="b:0"]')
    assert terms_of(page, "bias") == ["δ11", "δ12", "δ21", "δ22"]
    assert terms_of(page, "residual") == []


def test_pointing_at_a_term_lights_the_same_product_everywhere(page: Any) -> None:
    page.hover("#family-weights .equation:nth-child(2) .term:nth-of-type(1)")
    assert [terms_of(page, family) for family in ("forward", "residual", "weights")] == [
        ["a12w12"],
        ["δ11w12"],
        ["δ11a12"],
    ]
    assert lit(page, "#forward") == keys("a", 12) | keys("z", 11) | keys("w", 12)


def test_a_window_over_the_padding_lights_the_paddings_zeros(page: Any) -> None:
    layer = Layer((3, 3), (2, 2), padding=1)
    go(page, fragment(layer))
    page.hover('#forward [data-key="z:0,0,0"]')
    assert page.locator("#forward .zero.lit").count() == 3
    assert lit(page, "#forward") >= {"a:0,0,0"}


def test_a_click_keeps_the_selection_and_escape_lets_go(page: Any) -> None:
    page.click('#forward [data-key="a:0,0,0"]')
    page.mouse.move(2, 2)
    assert terms_of(page, "residual") == ["δ11w11"]
    page.keyboard.press("Escape")
    assert lit(page, "main") == set()


def test_numbers_of_the_readout_are_those_of_the_cells(page: Any) -> None:
    for key in ("z:0,1,1", "a:0,1,1", "w:0,0,0,1", "b:0"):
        cell = page.locator(
            f'#maps [data-key="{key}"]:is([data-name=before], [data-name=z], [data-name^=g])'
        ).first
        cell.hover()
        worked = page.inner_text("#readout .in-numbers").replace("−", "-").replace("·", "*")
        left, right = worked.split("In numbers")[1].split("=")
        assert eval(left) == int(right) == int(cell.locator(".num").inner_text().replace("−", "-"))


def test_a_number_is_typed_and_everything_follows(page: Any) -> None:
    cell = page.locator('#forward [data-key="w:0,0,0,1"]').first
    cell.click()
    page.fill("#readout input", "2.5")
    page.keyboard.press("Enter")
    assert cell.locator(".num").inner_text() == "2.5"
    page.hover('#backward [data-name="before"][data-key="a:0,0,1"]')
    assert "2.5" in page.inner_text("#readout .in-numbers") and "equal ✓" in page.inner_text(
        "#readout .check"
    )
    page.locator('#forward [data-key="w:0,0,1,1"]').first.focus()
    page.keyboard.press("7")
    page.keyboard.press("Enter")
    assert page.locator('#forward [data-key="w:0,0,1,1"] .num').first.inner_text() == "7"


def test_what_if_it_is_not_rotated(page: Any) -> None:
    page.click("#slip [value=unrotated]")
    assert page.locator("#backward .differs").count() >= 4
    page.click('#backward [data-name="before"][data-key="a:0,1,1"]')
    assert "not equal ✗" in page.inner_text("#readout .check")
    page.hover("#family-residual .term >> nth=0")
    page.click("#slip [value='']")
    assert page.locator("#backward .differs").count() == 0


@pytest.mark.parametrize(("kind", "families"), [("max", 2), ("avg", 2), ("dense", 4)])
def test_pooling_and_dense_layers(page: Any, kind: str, families: int) -> None:
    page.select_option('select[name="kind"]', kind)
    assert page.locator("#families .family").count() == families and f"kind={kind}" in page.url
    for cell in page.locator("#forward .cell, #backward .cell").all()[::3]:
        cell.hover()
        said = page.inner_text("#readout")
        assert "undefined" not in said and "unequal" not in page.inner_html("#readout")
    assert page.locator("#steps").is_hidden()


def test_the_readout_is_in_view_and_near_what_was_tapped(page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    go(page, fragment(Layer((5, 5), (3, 3), 2, kernels=2)))
    for cell in page.locator("#forward .cell:visible, #backward .cell:visible").all()[::7]:
        cell.scroll_into_view_if_needed()
        cell.evaluate("(one) => one.click()")
        box, tapped = page.locator("#readout").bounding_box(), cell.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 845
        between = max(box["y"] - tapped["y"] - tapped["height"], tapped["y"] - box["y"] - box["height"])
        assert 0 <= between < 300, "not covered, and not far away"


# ---- Keyboard ----------------------------------------------------------------------------------------------


def test_arrow_keys_walk_through_a_map_and_light_it_up(page: Any) -> None:
    page.locator('#forward [data-name="a"][tabindex="0"]').first.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("a 2,1 = ")
    assert terms_of(page, "residual") == ["δ11w21", "δ21w11"]
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert page.locator('#forward figure:first-child [tabindex="0"]').count() == 1
    page.keyboard.press("Enter")
    page.evaluate("document.activeElement.blur()")
    assert terms_of(page, "residual") == ["δ11w21", "δ21w11"]


def test_arrow_keys_walk_through_the_terms_of_the_equations(page: Any) -> None:
    page.locator('#family-forward [tabindex="0"]').focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert terms_of(page, "forward") == ["a13w12"]


def test_every_control_and_cell_has_a_name(page: Any) -> None:
    nameless = page.eval_on_selector_all(
        "button, select, [role=grid], [role=gridcell], [role=group], section",
        "all => all.filter((one) => !(one.ariaLabel || one.textContent.trim() "
        "|| document.getElementById(one.getAttribute('aria-labelledby')))).map((one) => one.outerHTML)",
    )
    assert nameless == []


# ---- Sizes -------------------------------------------------------------------------------------------------


def test_sizes_are_chosen_each_on_its_own(page: Any) -> None:
    for name, value in {
        "height": "4",
        "width": "5",
        "kernelHeight": "1",
        "kernelWidth": "3",
        "stride": "2",
    }.items():
        page.select_option(f'select[name="{name}"]', value)
    layer = Layer((4, 5), (1, 3), 2)
    assert page.locator("#forward [data-name=z]").count() == layer.output[0] * layer.output[1]
    assert "4×5 ∗ 1×3 → 2×2" in page.inner_text("#output")
    assert "input=4x5&kernel=1x3&stride=2" in page.url


def test_a_kernel_that_does_not_fit_is_told_and_nothing_is_lost(page: Any) -> None:
    page.select_option('select[name="kernelHeight"]', "4")
    assert page.locator("#misfit").is_visible() and "4×2" in page.inner_text("#misfit")
    assert page.locator("#forward [data-name=z]").count() == 4
    page.select_option('select[name="padding"]', "1")
    assert page.locator("#misfit").is_hidden()
    assert page.locator("#forward [data-name=z]").count() == 2 * 4


def test_an_address_with_nonsense_opens_the_lectures_layer(page: Any) -> None:
    for nonsense in (
        "#input=99x1&kernel=0x0&stride=-1",
        "#kernel=4x4",
        "#input=<b>&lang=xx&theme=pink",
        "#%%%",
    ):
        page.evaluate("(address) => { location.hash = address }", nonsense)
        assert "3×3 ∗ 2×2 → 2×2" in page.inner_text("#output")


def test_of_a_large_layer_the_selected_cells_equations_are_listed(page: Any) -> None:
    go(page, fragment(Layer((6, 6), (4, 4), 1, 2, 3, 3)))
    assert page.locator("#families .equation").count() == 0
    page.hover('#forward [data-key="a:0,0,0"]')
    assert page.locator("#family-residual .equation.lit").count() >= 1
    assert lit(page, "#family-residual") and lit(page, "#family-forward")


# ---- Steps -------------------------------------------------------------------------------------------------


def test_the_steps_lead_to_the_residual(page: Any) -> None:
    layer = Layer((5, 5), (3, 2), 2, 1)
    height, width = layer.output
    go(page, fragment(layer))
    names = page.locator("#step-names button")
    assert names.all_inner_texts() == ["Start", "Rotate 180°", "Insert zeros", "Pad", "Crop", "Slide"]
    kernel = "#stage figure:first-child .cell .sym"
    assert page.locator(kernel).first.text_content() == "w11"
    page.keyboard.press("ArrowRight")
    assert page.locator(kernel).first.text_content() == "w32"
    page.keyboard.press("ArrowRight")
    assert page.locator("#stage .inserted").count() == (2 * height - 1) * (2 * width - 1) - height * width
    page.click("#next")
    assert page.locator("#stage .remainder").count() == 2 * height - 1 + 2 * (
        3 - 1
    )  # one column, as high as all
    page.click("#next")
    assert page.locator("#stage .cropped").count() > 0
    page.keyboard.press("ArrowRight")
    assert page.locator("#stage .window").count() == 3 * 2
    assert "Position 1 of 25" in page.inner_text("#saying")
    page.keyboard.press("ArrowRight")
    assert "Position 2 of 25" in page.inner_text("#saying")
    page.click("#stage .result >> nth=-1")
    assert "Position 25 of 25" in page.inner_text("#saying") and "Done" in page.inner_text("#saying")
    assert page.locator("#next").is_disabled()
    same = "[...document.querySelectorAll('{} [data-name=before] .num')].map((one) => one.textContent).join()"
    assert page.evaluate(same.format("#stage")) == page.evaluate(same.format("#backward"))
    page.keyboard.press("ArrowLeft")
    assert "Position 24 of 25" in page.inner_text("#saying")
    page.click('#stage [data-key="a:0,0,1"]')
    assert "Position 2 of 25" in page.inner_text("#saying")
    assert lit(page, "#family-residual") != set()
    page.click("#step-names button >> nth=0")
    assert page.locator("#previous").is_disabled()


def test_each_channel_has_its_steps(page: Any) -> None:
    go(page, fragment(Layer((3, 3), (2, 2), channels=2, kernels=2)))
    page.click("#channel button >> nth=1")
    page.click("#step-names button >> nth=-1")
    assert page.locator("#stage .pairs > .maps").count() == 2
    assert page.locator("#stage [data-name=before]").first.get_attribute("data-key") == "a:1,0,0"


# ---- Languages, themes, paper ------------------------------------------------------------------------------


def test_the_language_is_switched_in_the_page(page: Any) -> None:
    page.click("#language [value=zh]")
    assert page.get_attribute("html", "lang") == "zh-CN"
    assert page.title() == explorer.texts()["title"]["zh"]
    assert "前一层的残差" in page.inner_text("main")
    english = re.findall(r"[A-Za-z]{4,}", page.inner_text("body").replace("English", ""))
    assert set(english) <= {"ReLU", "autograder", "explore"}
    page.click("#language [value=en]")
    chinese = re.findall("[\u4e00-\u9fff]+", page.inner_text("body").replace("中文", ""))
    assert chinese == []


def background(page: Any) -> int:
    """How light the page is, 0 to 255."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return int(re.findall(r"\d+", colour)[0])


def test_both_themes_by_the_system_and_by_choice(page: Any) -> None:
    for scheme, dark in (("light", False), ("dark", True)):
        page.emulate_media(media="screen", color_scheme=scheme)
        page.click("#theme [value=auto]")
        assert (background(page) < 128) is dark
        page.click(f"#theme [value={'light' if dark else 'dark'}]")
        assert (background(page) < 128) is not dark
        page.emulate_media(media="print", color_scheme=scheme)
        assert background(page) > 128
        assert page.locator("#sizes").is_hidden() and page.locator("#family-residual").is_visible()


@pytest.mark.parametrize("width", [320, 768, 1400])
def test_nothing_runs_over_the_edge(page: Any, width: int) -> None:
    for layer in (LAYERS[0], Layer((6, 6), (2, 3), 1, 2, kernels=2)):
        page.set_viewport_size({"width": width, "height": 800})
        go(page, fragment(layer))
        page.click("#step-names button >> nth=-1")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
