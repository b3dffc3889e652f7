"""Pages hold what was asked for, and a cursor leads on from the last item."""

import pytest

from service.db.base import new_id
from service.errors import Invalid
from service.web.paging import cursor_id, page


@pytest.mark.parametrize(("found", "shown", "more"), [(0, 0, False), (2, 2, False), (3, 2, True)])
def test_a_page_has_its_limit_and_says_whether_there_is_more(found, shown, more):
    items = [new_id() for _ in range(found)]
    made = page(items, 2, lambda item: item)
    assert made.items == items[:shown]
    assert cursor_id(made.next) == (items[1] if more else None)


@pytest.mark.parametrize("after", ["", "x", "?", "钥", "A" * 21, "A" * 23, "A" * 44])
def test_a_cursor_that_is_not_ours_is_refused(after):
    with pytest.raises(Invalid, match="invalid-cursor"):
        cursor_id(after)
