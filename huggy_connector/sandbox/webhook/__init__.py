"""The webhook of the stand-in: what happens in the account is sent as events, in every disorder that may be."""
