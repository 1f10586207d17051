"""What SQL ran: one stream of events from SQLAlchemy's public hooks."""
