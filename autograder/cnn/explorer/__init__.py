"""The explorer: one HTML page that highlights a layer's maps, equations and steps together.

`page` joins the files of this folder into a page that needs no server and no network, for the command
`autograder explore`. `expansion.js`, `recipe.js` and `numbers.js` compute without any page, and tests compare
them with `autograder.cnn.derivations`; `notation.js`, `drawing.js` and `explorer.js` show the results; all
sentences are `cnn.explorer.page.…` in the catalogues.
"""
