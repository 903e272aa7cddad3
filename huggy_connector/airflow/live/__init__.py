"""What the webhook's receiver takes starts a DAG, which lands and loads it.

inbox_watch    whether events wait in the inbox of this host that no landing has taken yet
inbox_trigger  the trigger that watches the inbox in Airflow's triggerer
inbox_events   the asset that a DAG is scheduled on, with its watcher
live_operator  the operator that lands what waits and reads again what it touched
"""
