"""Let a record show itself: in Jupyter as formulas, elsewhere as text.

The `records` of a page and `recovery.Recovered` inherit this. Writers are imported only when needed.
"""

import json
from typing import Any, Literal

Format = Literal["text", "latex", "markdown", "html", "json"]
FORMATS: tuple[Format, ...] = ("text", "latex", "markdown", "html", "json")


class Shown:
    """A record that can be written down in every format."""

    def write(self, form: Format = "text", *, lang: str = "", layer_names: bool = False) -> str:
        """This record in one format.

        Parameters
        ----------
        form : {"text", "latex", "markdown", "html", "json"}
        lang : {"zh", "en"}, optional
            The locale's language unless said otherwise.
        layer_names : bool
            Whether every quantity carries its layer, as in δ₁₁⁽ˡ⁾; quantities of the layer before that could
            be mistaken for this layer's always do.
        """
        from autograder.cnn.derivations.pages.render import write

        return write(self, form, lang, layer_names)

    def to_data(self, lang: str = "") -> Any:
        """As plain data, the same that the format "json" writes."""
        return json.loads(self.write("json", lang=lang))

    def __str__(self) -> str:
        return self.write("text")

    def _repr_html_(self) -> str:
        return self.write("html")

    def _repr_markdown_(self) -> str:
        return self.write("markdown")

    def _repr_latex_(self) -> str:
        return self.write("latex")
