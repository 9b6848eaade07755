"""Numbers and names of what `tests.browser.seldom` adds, and the request of the practice desk that it goes on with."""

SECOND_HANDLER, RECORDED, TO_FORWARD, LETTER, WITHDRAWN = "804201", "804202", "804203", "804204", "804205"
BLOCKED_SOON, ON_HOLD = "798205", "798206"
BLOCKED = "802210"
TECHNICAL, PASSWORD = "stolbrug", "een wachtwoord voor de proef"
