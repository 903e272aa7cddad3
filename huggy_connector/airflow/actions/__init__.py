"""Writes to Huggy from a DAG: an action for each row of a query, never twice.

action_operator   plans and sends a campaign, or sends what an approved plan holds
plan_operator     keeps a plan in the ledger, for a person who approves it
approval          Airflow's own ApprovalOperator, with the requests of the plan in its body
campaign_values   templated arguments as what they mean, and what a task returns
"""
