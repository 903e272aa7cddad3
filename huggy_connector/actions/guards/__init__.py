"""The guards: rules that leave a row out, and the gate that pauses a run. See docs/whatsapp.md and decision 49.

checks         judges a row, when it is planned and just before it is sent
verdict        the names of the rules
facts          what the rules judge by
person_rules   whom a row touches: allow-list, forgotten people, opt-outs, consents, one per person and N days
content_rules  what it sends: text, file, template, channel
chat_rules     the chat as it was read: window, bot, closed
whatsapp       WhatsApp's own rules
run_gate       what stops all rows for now: kill switch, quiet hours, the cap of a day, refusals in a row
quiet_hours    when nobody is written to
people         lists of people, and who a person is
people_file    reads the lists of consents and opt-outs
opt_out_words  customers who answered that they want no more
targets        the normal form of a target, and the allow-list
"""

from huggy_connector.actions.guards.checks import check_before_send, check_planned
from huggy_connector.actions.guards.facts import PlanFacts
from huggy_connector.actions.guards.opt_out_words import OptOutWords, find_opt_outs
from huggy_connector.actions.guards.people import PeopleList
from huggy_connector.actions.guards.people_file import read_people
from huggy_connector.actions.guards.quiet_hours import QuietHours
from huggy_connector.actions.guards.run_gate import STOP_FILE, RunGate
from huggy_connector.actions.guards.targets import normalize_target, parse_allowed
from huggy_connector.actions.guards.verdict import Rule, Verdict
from huggy_connector.actions.guards.whatsapp import choose_channel, count_parameters, list_channels

__all__ = [
    "STOP_FILE",
    "OptOutWords",
    "PeopleList",
    "PlanFacts",
    "QuietHours",
    "Rule",
    "RunGate",
    "Verdict",
    "check_before_send",
    "check_planned",
    "choose_channel",
    "count_parameters",
    "find_opt_outs",
    "list_channels",
    "normalize_target",
    "parse_allowed",
    "read_people",
]
