"""Archives: files of networks' responses, read with the networks' own decoders."""
