"""What each experiment is called, what it found, and how its picture is labelled, in English and Russian side by side.
A sentence says what happened this time; where a run did not show what the course claims, it says that."""
