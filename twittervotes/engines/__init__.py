"""Counts posts with DuckDB or Spark, by the rules of a contest compiled to SQL."""
