"""The reports' timers."""

from collections.abc import Mapping

from service.dispatch.worker import Effect
from service.reports.commands.sample import SAMPLE_DUE, sample_due

EFFECTS: Mapping[str, Effect] = {SAMPLE_DUE: sample_due}
