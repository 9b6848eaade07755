"""IMI numbers of what `tests.browser.seldom` adds, and of two requests of the practice desk that it goes on with."""

SECOND_HANDLER, RECORDED, TO_FORWARD, LETTER, WITHDRAWN = "804201", "804202", "804203", "804204", "804205"
BLOCKED_SOON = "798205"
BLOCKED, ON_HOLD = "802210", "803702"
