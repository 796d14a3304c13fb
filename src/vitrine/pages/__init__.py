"""What visitors get from Vitrine itself: the script, the shipped site, their own page."""
