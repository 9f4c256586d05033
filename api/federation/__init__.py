"""SERVICE: other endpoints asked on behalf of a query, by the server and only where allowed."""
