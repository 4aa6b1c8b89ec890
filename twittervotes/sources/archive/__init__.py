"""Archives: files of networks' answers, read by the networks' own decoders."""
