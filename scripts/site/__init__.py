"""The documentation as a site, in two languages: `make docs`. `staging` writes what Sphinx reads."""
