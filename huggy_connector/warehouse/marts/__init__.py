"""The views and marts: an SQL file for each, and the refresh that keeps them up to date."""
