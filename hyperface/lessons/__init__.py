"""What the Learn tab computes: one module a lesson, over the product's own packing, heads and recognisers.

`catalog` says what each lesson asks and answers. Nothing here knows a page or a browser.
"""

from hyperface.lessons.catalog import LESSONS, Lesson, lesson

__all__ = ["LESSONS", "Lesson", "lesson"]
