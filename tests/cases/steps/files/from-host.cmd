echo from a file
