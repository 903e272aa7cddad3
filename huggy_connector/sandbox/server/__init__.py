"""The server of the stand-in: real HTTP, the limit, and the faults."""
