"""The report: the service desk's charts and how fresh they are, in one file. Importing this loads nothing heavy."""

from huggy_connector.report.beside import Beside, Shown
from huggy_connector.report.figures import Figures
from huggy_connector.report.look import NOTHING, look_of_notice
from huggy_connector.report.notice import choice_page, notice, task_page
from huggy_connector.report.words import LANGUAGES, Language, Words
from huggy_connector.report.write import Written, is_installed, report_beside, write_report

__all__ = [
    "LANGUAGES",
    "NOTHING",
    "Beside",
    "Figures",
    "Language",
    "Shown",
    "Words",
    "Written",
    "choice_page",
    "is_installed",
    "look_of_notice",
    "notice",
    "report_beside",
    "task_page",
    "write_report",
]
