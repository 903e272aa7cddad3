"""The full sweep of a list that moves: streams, the seams between pages, and the checks that certify it. No I/O."""
