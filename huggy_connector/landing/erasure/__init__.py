"""A person is erased: out of all that is landed, and out of what is put back later."""
