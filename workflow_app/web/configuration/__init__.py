"""For system administrators: the calendar, office hours, deadline rules, and how they are changed."""
