"""What a load comparison shows: a page of a report, and text."""
