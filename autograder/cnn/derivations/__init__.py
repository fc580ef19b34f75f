"""The lecture's derivations for layers of any size, and the checking of typed ones.

`symbols` names the quantities, `layer` the sizes, and `options` reads them from a command line. `expand`
writes z out and differentiates it; `pages` arranges that as the lecture does and writes it in any notation.
A typed equation goes the other way:

1. `documents.find` finds it in a file (`documents.markup`), `notation.rows` separates it from its neighbours;
2. `documents.conventions` finds what a text's letters and indices mean (`meaning.convention`), and
   `notation.spelling` writes them in the lecture's letters; sizes and values are sorted out;
3. `notation.parse` reads it into a tree (`notation.nodes`),
   or `notation.errors` points to where it cannot be read;
4. `documents.settings` infers the layer's sizes, `meaning.layer_labels` assigns each quantity to l or l−1;
5. `meaning.evaluate` makes a sum of products of it (`meaning.terms`), or an array of them (`meaning.arrays`):
   `meaning.indices` fills its indices in, `meaning.pooling` knows its windows, `meaning.layer_formulas` from
   `expand` what each quantity is;
6. `checking.faults` compares the terms with the right ones, `checking.slips` names the mistake; both serve
   `checking.answers` for exercises, `documents.equations` for whole files,
   in the layers and conventions that `documents.check` tries;
7. `documents.report` counts, `documents.findings` shows, `documents.page` as a page with the text.

`recovery` finds the formulas of code that runs. Nothing here may be imported when a command starts: it loads
SymPy.
"""
