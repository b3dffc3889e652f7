"""Reading files of shapes and of cells: whatever they hold, in bounded memory. No database."""
