"""Actions: rows of a query become writes to Huggy, never twice and never by accident.

types     a row of a campaign, as plan, guards, ledger and run know it
ledger/   what was claimed, sent, refused: on the disk before a request leaves
guards/   the rules that leave a row out, or stop a campaign
"""
