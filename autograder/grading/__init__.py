"""A class over a term: every submission graded once, results kept.

`grade_class` grades in workers (`executors`: processes or a Dask cluster) and keeps results in a database
(`store`), so that nothing is graded twice. Called by the commands and by `integrations`. No submission may
make this package raise, and it never decides points: `judging` does.
"""
