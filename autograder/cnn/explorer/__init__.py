"""The explorer: one HTML page on which a convolution's maps, equations and the lecture's steps light up.

`page` joins the files of this folder into a page that needs nothing else: no server, no network. What is
computed stands in `expansion.js`, `recipe.js` and `numbers.js`, which know no page and are held by tests
against `autograder.cnn.derivations`; `notation.js`, `drawing.js` and `explorer.js` show it; all words are
`cnn.explorer.page.…` in the catalogues.
"""
