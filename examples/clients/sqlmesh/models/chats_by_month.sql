-- Counts can be added over days. Medians cannot.
MODEL (
    name reports.chats_by_month,
    kind FULL,
    cron '@daily',
    grain (company_id, month, channel),
    audits (unique_combination_of_columns(columns := (company_id, month, channel)))
);

SELECT company_id, date_trunc('month', day)::DATE AS month, channel, sum(chats)::BIGINT AS chats
FROM huggy.marts.chats_by_day
GROUP BY company_id, month, channel
