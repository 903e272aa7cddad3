/* Closes chats in which nobody has written for three days. Each keeps the closing category that it has.

     huggy sync
     huggy act close_chat --query "$(cat examples/actions/close_idle_chats.sql)" --campaign idle \
         --set comment="Three days idle" --max-rows 300 --dry-run

   Leave out --dry-run to be asked, and then to close. Run it right after a sync, or set HUGGY_ACTIONS_MAX_AGE to an
   hour: a customer who wrote since the sync would be closed with the others. No survey is sent: close_chat sends one
   only with --set send_feedback=yes, and then the rules for people apply.

   Columns: id, the chat. tabulation_id, the category that it keeps. contact_id, whose chat it must still be. purpose,
   the time of the last message: a chat that is opened again and falls idle again is a row of its own, so the campaign
   may keep its name. */
SELECT
    chats.id,
    chats.contact_id,
    chats.tabulation_id,
    strftime(coalesce(chats.last_message_at_local, chats.updated_at_local), '%Y-%m-%dT%H:%M:%S') AS purpose
FROM chats
JOIN marts.as_of USING (company_id)
WHERE chats.situation = 'in_chat'
  AND coalesce(chats.last_message_at_local, chats.updated_at_local) < as_of.as_of_local - INTERVAL 3 DAY
ORDER BY chats.id
