"""What every page of the console stands in: login, session, headers, layout, files."""
