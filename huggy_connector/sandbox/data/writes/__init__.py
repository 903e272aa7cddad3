"""What clients write into the account: messages, states of chats, contacts, runs of flows."""
