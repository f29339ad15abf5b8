"""Tables: find the header, choose the columns, turn rows into documents."""
