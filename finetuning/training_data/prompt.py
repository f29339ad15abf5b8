"""The one prompt of hosted models, the same in training and in use.

The recipe is TailorMatch's (Steiner, Peeters and Bizer 2024, entity matching): no system message,
one user message with both texts, the answer one word.
"""

import json

YES, NO = "Yes", "No"


def question(statement1: str, statement2: str) -> str:
    """Return the question; statements are JSON strings, so none can close its quotes."""
    return (
        "Do the two statements say the same thing, so that one can stand for both? "
        "Answer with Yes or No.\n"
        f"Statement 1: {_quoted(statement1)}\n"
        f"Statement 2: {_quoted(statement2)}"
    )


def messages(statement1: str, statement2: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question(statement1, statement2)}]


def training_line(statement1: str, statement2: str, label: bool) -> str:
    """Return one line of OpenAI's chat format, with its line break."""
    answer = {"role": "assistant", "content": YES if label else NO}
    line = {"messages": [*messages(statement1, statement2), answer]}
    return json.dumps(line, ensure_ascii=False) + "\n"


def _quoted(statement: str) -> str:
    # json leaves U+0085, U+2028 and U+2029 as they are; a reader may take them for line ends.
    text = json.dumps(statement, ensure_ascii=False)
    for separator in "\x85\u2028\u2029":
        text = text.replace(separator, f"\\u{ord(separator):04x}")
    return text
