"""Campaigns of actions: rows of a query become writes to Huggy, never twice and never by accident.

campaigns     the facade: plan, keep, run, status, resolve, stop, list
campaign_request  what somebody asks for
source_rows   the rows of a query, and how old its data may be
planning      the plan of a call, and what it shows
session       opens the API, the ledger, the gate and the rules
people_facts  who may be written to
settling      what is unknown, before a run
campaign_report   what a campaign tells of itself
action_log    what the ledgers of this host tell the warehouse
"""

from huggy_connector.pipeline.campaigns.campaign_report import CampaignPlan, CampaignReport, CampaignStatus, KeptPlan
from huggy_connector.pipeline.campaigns.campaign_request import DEFAULT_MOST_ROWS, CampaignRequest, parse_shared
from huggy_connector.pipeline.campaigns.campaigns import Campaigns

__all__ = [
    "DEFAULT_MOST_ROWS",
    "CampaignPlan",
    "CampaignReport",
    "CampaignRequest",
    "CampaignStatus",
    "Campaigns",
    "KeptPlan",
    "parse_shared",
]
