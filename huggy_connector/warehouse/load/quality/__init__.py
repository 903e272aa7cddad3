"""The checks of a publish: they run on the copy, before it is put in place."""
