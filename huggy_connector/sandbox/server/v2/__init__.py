"""What the stand-in answers below /v2: the same account as below /v3, in the shapes of API v2."""
