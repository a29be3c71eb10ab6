"""What people see, and the HTTP API over cases."""
