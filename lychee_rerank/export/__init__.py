"""Finished results taken away: tables, archives, copies with ratings; no model is called here."""
