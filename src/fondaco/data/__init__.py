"""Files to records and records to rows: XML, CSV and tabular import and export."""
