"""What people fill in: form files by process, and the machine that checks, shows and reads them back."""
