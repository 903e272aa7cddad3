"""The report: the service desk's charts and how fresh they are, in one file. Importing this loads nothing heavy."""

from huggy_connector.report.figures import Figures
from huggy_connector.report.words import LANGUAGES, Language
from huggy_connector.report.write import Written, is_installed, write_report

__all__ = ["LANGUAGES", "Figures", "Language", "Written", "is_installed", "write_report"]
