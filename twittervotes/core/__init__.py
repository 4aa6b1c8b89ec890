"""What counts votes; knows no network and no view."""
