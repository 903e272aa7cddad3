"""The actions: everything known about each write to Huggy, but how a version of the API spells it.

Each module below this folder that defines an `Action` is found: to add an action, add a file and its two builders in
`api/writes/`.
"""
