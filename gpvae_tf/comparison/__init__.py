"""Laying our numbers beside the authors' own: a user's clone run under tf.compat.v1, or files of reference values.

Rooms: `differences` (one definition of "differs", one table), `golden` (files), `cases` (what is compared with a clone,
one file per group of functions), `registry` (finds and runs the cases), `original_process` and `runner` (the clone's
process and how it is started), `timing` (step times). Nothing of any clone is part of this repository.
"""
