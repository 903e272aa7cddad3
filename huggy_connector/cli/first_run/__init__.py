"""The questions of `huggy init`: how they are asked, which they are, and how each answer is checked."""
