"""What lets a record show itself: in Jupyter as formulas, elsewhere as text.

`page`'s records and what is recovered from a function's code inherit it. It is the only way from a record to
the writers, taken when something is shown and not before: a record itself knows none of them.
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
            Whether every quantity carries its layer, as in δ₁₁⁽ˡ⁾; those of the layer before that would be
            mistaken for this layer's always do.
        """
        from autograder.cnn.derivations.render import write

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
