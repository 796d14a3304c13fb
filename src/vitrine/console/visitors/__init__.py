"""Who comes, what they did, and how one of them came to be understood."""
