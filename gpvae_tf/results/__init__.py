"""Tables of results: a row, the JSON files they are kept in, and the Markdown that is written from them."""
