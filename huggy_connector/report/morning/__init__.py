"""Yesterday and now: what a head of service asks first in the morning."""
