"""The data of the stand-in: contacts, chats and messages, each a function of the seed and a number."""
