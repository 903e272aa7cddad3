"""What the webhook of Huggy tells: its protocol, the inbox that keeps it, and the times that it covers."""
