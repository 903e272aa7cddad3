/* Asks for a rating by a WhatsApp template, once a contact and month: after the first chat of the month that an agent
   handled, if it was closed in the last two days.

     huggy sync
     HUGGY_MESSAGE_EVERY_DAYS=28 huggy act send_template --campaign satisfaction \
         --query "$(cat examples/actions/satisfaction_after_closing.sql)" \
         --set template_id=78 --set category=utility --max-rows 300 --dry-run

   Leave out --dry-run to be asked, and then to send. Write the number of your own template, and its category as Meta
   has it: a survey that also sells is marketing, and then each contact must be on the list of HUGGY_CONSENT.

   Columns: id, the chat that the template goes to. contact_id, who must not have opted out. param_1, the first name.
   purpose, the month: the ledger knows what was done by campaign, action, chat and purpose. So that a contact has one
   chat a month, it is the one with the lowest id, and a contact with an open chat waits. HUGGY_MESSAGE_EVERY_DAYS
   keeps the pause between any two messages of all campaigns. */
WITH handled AS (
    SELECT times.company_id, times.contact_id, min(times.chat_id) AS chat_id
    FROM marts.chat_times AS times
    JOIN marts.as_of USING (company_id)
    WHERE times.handled_by = 'agent'
      AND times.channel LIKE 'whatsapp%'
      AND times.contact_id IS NOT NULL
      AND date_trunc('month', times.closed_at_local) = date_trunc('month', as_of.as_of_local)
    GROUP BY ALL
)
SELECT
    handled.chat_id AS id,
    handled.contact_id,
    coalesce(nullif(regexp_extract(contacts.name, '[^\s]+'), ''), 'cliente') AS param_1,
    strftime(as_of.as_of_local, '%Y-%m') AS purpose
FROM handled
JOIN marts.as_of USING (company_id)
JOIN marts.chat_times AS times USING (company_id, chat_id)
LEFT JOIN contacts ON contacts.company_id = handled.company_id AND contacts.id = handled.contact_id
WHERE times.closed_at_local > as_of.as_of_local - INTERVAL 2 DAY
  AND NOT EXISTS (
      FROM marts.chat_times AS others
      WHERE others.company_id = handled.company_id AND others.contact_id = handled.contact_id AND others.is_open
  )
ORDER BY handled.chat_id
