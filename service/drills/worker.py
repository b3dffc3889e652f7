"""The drills' timers."""

from collections.abc import Mapping

from service.dispatch.worker import Effect
from service.drills.commands.run import end_due, task_due
from service.drills.commands.start import DRILL_END, DRILL_TASK_DUE

EFFECTS: Mapping[str, Effect] = {DRILL_TASK_DUE: task_due, DRILL_END: end_due}
