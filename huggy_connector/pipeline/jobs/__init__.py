"""What a landing has to do: the walk, its filters and its state, as `modes` chooses it."""
