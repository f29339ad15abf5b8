"""Talk: captions, transcripts and chats, each turn with who said it and when."""
