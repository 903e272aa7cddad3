/* Writes a segment into a custom field of the contact, where agents and flows see it: by how long ago the last chat
   began.

     huggy sync
     huggy act update_contact --query "$(cat examples/actions/churn_segment.sql)" --campaign churn \
         --max-rows 1000 --dry-run

   Leave out --dry-run to be asked, and then to write. Create the field in Huggy first. Its key in the API is what
   follows custom_ in the name of the column: change segmento_customer to yours, in both places.

   Columns: contact_id. custom_segmento_customer, the segment. purpose, the day: a contact is written to once a day at
   most, and again when the segment changes. Contacts who have the segment already are left out here, and once more
   when they are read before the write. */
WITH last_chats AS (
    SELECT times.company_id, times.contact_id, as_of.day, as_of.day - max(times.day) AS days
    FROM marts.chat_times AS times
    JOIN marts.as_of USING (company_id)
    WHERE times.contact_id IS NOT NULL AND times.day IS NOT NULL
    GROUP BY times.company_id, times.contact_id, as_of.day
),

segments AS (
    SELECT *, CASE WHEN days < 30 THEN 'ativo' WHEN days < 90 THEN 'em risco' ELSE 'perdido' END AS segment
    FROM last_chats
)

SELECT
    segments.contact_id,
    segments.segment AS custom_segmento_customer,
    strftime(segments.day, '%Y-%m-%d') AS purpose
FROM segments
JOIN contacts ON contacts.company_id = segments.company_id AND contacts.id = segments.contact_id
LEFT JOIN contact_custom_fields AS fields
    ON fields.company_id = segments.company_id
    AND fields.contact_id = segments.contact_id
    AND fields.field = 'segmento_customer'
WHERE contacts.deleted_at IS NULL
  AND fields.value IS DISTINCT FROM segments.segment
ORDER BY segments.contact_id
