"""The chat: the first entrance, where a person's message becomes a reply."""
