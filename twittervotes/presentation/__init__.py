"""The wording of facts and the marks of choices, shared by all views."""
