"""The report: charts of the service desk and how fresh they are, in one file. Importing this loads nothing heavy."""

from huggy_connector.report.artifacts import ReportFile, ReportFiles
from huggy_connector.report.figures import ReportFigures
from huggy_connector.report.i18n import LANGUAGES, Language, Translations
from huggy_connector.report.message_pages import render_choice_page, render_notice, render_task_page
from huggy_connector.report.style import DENY_ALL_POLICY, load_notice_style
from huggy_connector.report.write import WrittenReport, is_installed, renew_report, update_report, write_report

__all__ = [
    "DENY_ALL_POLICY",
    "LANGUAGES",
    "Language",
    "ReportFigures",
    "ReportFile",
    "ReportFiles",
    "Translations",
    "WrittenReport",
    "is_installed",
    "load_notice_style",
    "render_choice_page",
    "render_notice",
    "render_task_page",
    "renew_report",
    "update_report",
    "write_report",
]
