"""Grading on Gradescope: `bundle` makes the zip that an instructor uploads, `harness` is what runs there.

Gradescope unpacks the zip to /autograder/source, runs `setup.sh` once while it builds an image, and for each
submission starts a container from it and runs `run_autograder`, as root, mostly without the right to make
namespaces. The hidden key lies in that image: `isolation` finds out before every run, by trying, in which way
a student's process can be kept from it there, and where nothing does, nothing is run.
"""
