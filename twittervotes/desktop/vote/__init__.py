"""The page that shows a vote: head, bars, chart, panels, and the display for an audience."""
