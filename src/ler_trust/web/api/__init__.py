"""One module an area of the HTTP interface."""
