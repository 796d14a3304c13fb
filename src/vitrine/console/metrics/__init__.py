"""Every metric of the catalogue, with the series that there are."""
