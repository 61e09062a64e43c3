"""An organisation whole: carried out of one installation as one file, brought into another, removed for good."""
