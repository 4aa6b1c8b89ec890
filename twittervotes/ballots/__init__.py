"""The ballot page: takes votes from phones, stores them, and delivers them to the count."""
