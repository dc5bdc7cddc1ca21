"""Episodes from web sites: a browser reads the addresses, a client fetches the pages' bytes."""
