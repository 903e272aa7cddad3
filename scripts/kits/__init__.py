"""Writes what tools of others read: sources of dbt, external models of SQLMesh, an import of Superset."""
