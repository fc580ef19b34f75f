"""Grading on Gradescope: `bundle` makes the zip that an instructor uploads, `harness` runs in its container.

Gradescope unpacks the zip to /autograder/source, runs `setup.sh` once while it builds an image, and for each
submission starts a container from it and runs `run_autograder`, as root, mostly without the right to make
namespaces. The hidden key is in that image. Before every run `isolation` tests which sandbox keeps a
submission from reading the key; where none does, the submission is not run.
"""
