"""One file for each schema, numbered. A file that was released is never changed."""
