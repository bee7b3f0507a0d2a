"""What answers about a thing say of another claim about the same thing."""

from vigil.core import Ruling, Verdict
from vigil.stages.verify.prompts import Prompt, Query


def carried_ruling(ours: Prompt, theirs: Prompt, said: Verdict) -> Ruling | None:
    """What `said`, an answer to `theirs`, settles of a claim that `ours` would be asked about.

    Only by questions of what the thing is, which both put in the same words: no person crosses a
    line where none is in view. Whether it does what is claimed of it is told by its path, which
    a sure judge of clips does not doubt either. None: nothing is settled.
    """
    asked = [question for question in ours.questions if question.thing]
    if not asked or any(question not in theirs.questions for question in asked):
        return None
    speak = {_speaks(question, said.answers.get(question.key, "unclear")) for question in asked}
    if said.ruling is Ruling.REJECTED and False in speak:
        return Ruling.REJECTED
    if said.ruling is Ruling.CONFIRMED and speak == {True}:
        return Ruling.CONFIRMED
    return None


def _speaks(question: Query, answer: str) -> bool | None:
    """Whether an answer speaks for the claim, or against it; None where it does neither."""
    return None if answer == "unclear" else (answer == "yes") == question.expects
