"""The ballot page: takes votes from phones, keeps them, and hands them out to the count."""
