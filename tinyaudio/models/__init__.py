"""Networks: one paper a file.  No data, no loss, no optimiser."""
