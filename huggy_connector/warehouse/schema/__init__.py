"""The tables of the warehouse: their columns, their SQL, and the tables of `meta`."""
