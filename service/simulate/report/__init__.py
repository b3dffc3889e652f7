"""The report: one HTML file that needs nothing else, drawn from the result's JSON document."""
