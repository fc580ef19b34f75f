"""Grade a class: every submission once, results kept over a term.

`grade_class` grades in a worker pool (`executors`: processes, or a Dask cluster) and keeps results in a
database (`store`), so that only what has changed is graded again. Called by the commands and by
`integrations`. No submission may make this package raise, and it never decides points: `judging` does.
"""
