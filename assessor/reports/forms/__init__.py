"""The report in other forms, each from the report model alone: one file of HTML, DOCX, workbook, tables."""
