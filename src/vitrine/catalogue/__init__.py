"""What Vitrine measures, as frozen data: everything that shows or checks it is derived here."""
