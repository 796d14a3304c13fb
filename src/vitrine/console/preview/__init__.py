"""A picture of the page as a segment sees it; nothing is counted."""
