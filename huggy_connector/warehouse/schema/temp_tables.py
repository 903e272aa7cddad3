"""The names of all temporary tables, views and macros. They share one connection: each has one owner, its prefix.

DuckDB replaces a temporary table of the same name without a word, so no two owners may share a name.
"""

from typing import Final

# stage.py: the new snapshots of one resource of one company
STAGE_INCOMING: Final = "stage_incoming"
"""View: every row of every part with the columns of its table, and its place: (part, row)."""
STAGE_PARTS: Final = "stage_parts"
"""(part, file, run_key, in_pack) of the parts, numbered in the order of their run keys."""
STAGE_KEYS: Final = "stage_keys"
"""(id, version, fetched_at, row_hash, part, row) of each row."""
STAGE_WINNERS: Final = "stage_winners"
"""As `STAGE_KEYS`: the row that counts of each id."""

# history.py: the versions that change
HISTORY_TOUCHED: Final = "history_touched"
"""The new sightings that may change a version, with what the table holds of their id."""
HISTORY_NEW_IDS: Final = "history_new_ids"
"""(id) seen for the first time, and once."""
HISTORY_SPLICED: Final = "history_spliced"
"""(id) whose versions are built again from all that is known of them. Empty until history.py fills it."""
HISTORY_KNOWN_SPANS: Final = "history_known_spans"
"""The spans of the spliced ids that the file holds."""
HISTORY_SIGHTINGS: Final = "history_sightings"
"""(id, fetched_at, version, row_hash): all known sightings of the spliced ids."""
HISTORY_UNCERTAIN: Final = "history_uncertain"
"""(id) whose sightings inside a span must be read again from the landing."""
HISTORY_SPANS: Final = "history_spans"
"""The spans to write: (id, span, row_hash, first_at, last_at, first_version, last_version)."""
HISTORY_LAST_SIGHTINGS: Final = "history_last_sightings"
"""(id, fetched_at, row_hash): the last sighting of each spliced id."""
HISTORY_MISSING_WINNERS: Final = "history_missing_winners"
"""Those of `HISTORY_LAST_SIGHTINGS` whose row is neither staged nor in the table."""
HISTORY_CONTENTS: Final = "history_contents"
"""By (id, row_hash): the values of a version."""
HISTORY_PICKS: Final = "history_picks"
"""(id, row_hash, place): the staged rows that contents are read from."""

# history_writer.py
HISTORY_CHANGED: Final = "history_changed"
"""(resource, company_id, id) whose versions a load wrote again."""

# apply.py: snapshots that were loaded before, read again from the landing
REREAD_INCOMING: Final = "reread_incoming"
"""View: as `STAGE_INCOMING`."""
REREAD_PARTS: Final = "reread_parts"
"""As `STAGE_PARTS`."""
REREAD_ROWS: Final = "reread_rows"
"""The rows, with their `snapshot`, that count once more."""

# upsert.py
UPSERT_SEEN: Final = "upsert_seen"
"""(id, seen_at): when ids were seen in rows that are not, or no longer, in the table."""

# adjacent_versions.py
ADJACENT_MERGED: Final = "adjacent_merged"
"""The versions that replace those of the history table."""

# embedded.py
EMBEDDED_VALUES: Final = "embedded_values"
"""What rows say of the rows embedded in them, with a time for each field."""
EMBEDDED_NEWEST: Final = "embedded_newest"
"""The newest of these values for each field."""
EMBEDDED_IDS: Final = "embedded_ids"
"""(resource, company_id, id) of the rows that a load may have to merge again."""
EMBEDDED_MERGED: Final = "embedded_merged"
"""The embedded rows that are merged into their table."""

# events.py
EVENTS_STAGED: Final = "events_staged"
"""(id, received_at, run_key, part, row, deliveries): of each staged event the row that counts, with all deliveries."""
EVENTS_KNOWN: Final = "events_known"
"""(id, deliveries, row_hash, is_later): of each staged event that the table has, what it holds."""

# event_messages.py
TOLD_MESSAGES: Final = "told_messages"
"""(place, message_id, chat_id, contact_id, sent_at, item): of each message the newest event, if the API gave no row."""
TOLD_IDS: Final = "told_ids"
"""(id) of the messages that staged events told of."""
TOLD_BATCH: Final = "told_batch"
"""View: typed rows of messages, as Arrow gives them."""

# audit.py
AUDIT_REJECTS: Final = "audit_rejects"
"""The staged rows with values that could not be read."""
AUDIT_FIELDS: Final = "audit_fields"
"""The unknown fields of staged rows, and those recorded before."""

# deletes.py
DELETES_SWEEPS: Final = "deletes_sweeps"
"""(started_at, misses): the exact full sweeps, with how many began since then."""
DELETES_GRADES: Final = "deletes_grades"
"""(id, deleted_at, deleted_grade)."""

# erasure.py
ERASURE_CHATS: Final = "erasure_chats"
"""(id) of the data subject's chats."""
ERASURE_MESSAGES: Final = "erasure_messages"
"""(id) of messages elsewhere that name the data subject."""

# event_erasure.py
ERASURE_EVENTS: Final = "erasure_events"
"""(event_id, message_id, is_own) of the events that mention the data subject."""

# touched_chats.py: what the marts are made of
TOUCHED_ANSWERS: Final = "touched_answers"
"""By chat: the first answer of an agent, and when its messages were read."""
TOUCHED_CURRENT: Final = "touched_current"
"""View: the chats whose deletion is not confirmed, with their first answer and a fingerprint."""
TOUCHED_RANGES: Final = "touched_ranges"
"""(company_id, id_range) with chats that differ from the facts."""
TOUCHED_CHATS: Final = "touched_chats"
"""The chats that differ from the facts."""
TOUCHED_DAYS: Final = "touched_days"
"""(company_id, day) of the chats touched, before and after."""
TOUCHED_AFFECTED: Final = "touched_affected"
"""(company_id, chat_id) of the chats to compute again: those touched, and those with another chat before them."""
TOUCHED_EVENTS: Final = "touched_events"
"""(place) of the events of the affected chats: their row ids."""
TOUCHED_MESSAGES: Final = "touched_messages"
"""(company_id, chat_id, message_id, sent_at, speaker, is_response) of the messages of the affected chats."""

# renamed_chats.py
RENAMED_BEFORE: Final = "renamed_before"
"""The rows of marts.names before the refresh."""
RENAMED_NOW: Final = "renamed_now"
"""(company_id, kind, id, name): the names that are others than before, NULL where an id has lost its name."""

# versions.py: what the marts are made of where the past differs from the present
TOUCHED_PASTS: Final = "touched_pasts"
"""(company_id, chat_id) of the affected chats with more than one version, events, or a confirmed deletion."""
TOUCHED_VERSIONS: Final = "touched_versions"
"""The versions of these, beside what the chats are now."""
TOUCHED_SETTLED: Final = "touched_settled"
"""The versions of a batch that settled the service level of their chats, if they are not what the chats are now."""

# restatements.py: the figures of past days
RESTATED_FLOWS: Final = "restated_flows"
"""By chat, day and reason: what the chat adds to the figures of its company, as counts to add or to take away."""
RESTATED_FIGURES: Final = "restated_figures"
"""By company and day: the figures as they are now, in the form of meta.published_figures."""
RESTATED_BEFORE: Final = "restated_before"
"""By company and day: the figures as published last."""

# past/verdicts.py: the service level of the affected chats as it was
RESTATED_VERDICTS: Final = "restated_verdicts"
"""(company_id, chat_id, metric, day, verdict) of these chats."""
RESTATED_OPEN: Final = "restated_open"
"""(company_id, chat_id) of those of them that were open."""

# The SQL files of the marts read these. Their names have no prefix: another name would make all marts again.
MART_AFFECTED_CHATS: Final = "affected_chats"
MART_AFFECTED_EVENTS: Final = "affected_events"
MART_AFFECTED_MESSAGES: Final = "affected_messages"
MART_AFFECTED_PASTS: Final = "affected_pasts"
MART_AFFECTED_VERSIONS: Final = "affected_versions"
MART_TOUCHED_CHAT_TIMES: Final = "touched_chat_times"
MART_ZONES: Final = "zones"
MART_SERVICE_TARGETS: Final = "service_targets"
MART_BUSINESS_DAYS: Final = "business_days"
MART_BUSINESS_HOURS: Final = "business_hours"
MART_DESK_CLOCKS: Final = "desk_clocks"
MART_DESK_NUMBER: Final = "desk_number"
MART_BUSINESS_SECONDS: Final = "business_seconds"
MART_IS_IN_HOURS: Final = "is_in_hours"
"""Macros."""
