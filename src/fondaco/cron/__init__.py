"""Jobs that run by themselves.

Reading order: schedule (when is the next run), lease (who may run a job), due (which databases have something to do),
jobs (take one, run it, settle), worker (the loop).
"""
