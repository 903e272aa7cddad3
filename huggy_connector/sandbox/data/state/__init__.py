"""What is kept of chats and contacts that differ from what was generated."""
