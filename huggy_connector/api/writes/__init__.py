"""Writes to Huggy: how they are built, sent once, and what their answers mean. The retries of reads are not reachable.

types    a write and its outcome
"""
