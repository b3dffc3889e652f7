"""Does each task's ledger add up? Pure: what the service says of its waves against the offers that it made."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from service.demo.drill.client import Json
from service.demo.drill.found import Found
from service.demo.drill.sight import BY_HAND


def check_ledgers(found: Found) -> Iterator[str]:
    """Each wave's record fits its offers and its people; a batch asks one member a seat, and nobody twice."""
    batches: dict[str, Counter[str]] = defaultdict(Counter)
    for task_id, task in found.tasks.items():
        ledger = found.ledgers[task_id]
        if [wave["number"] for wave in ledger] != [wave["number"] for wave in task["waves"]]:
            yield f"task {task_id}: its ledger has {len(ledger)} waves, the task {len(task['waves'])}"
            continue
        for wave, record in zip(task["waves"], ledger, strict=True):
            what = f"task {task_id}, wave {wave['number']}"
            yield from (f"{what}: {fault}" for fault in wave_faults(wave["offers"], record))
            if record["batch_id"] is not None:
                batches[record["batch_id"]].update(each["member_id"] for each in record["chosen"])
    for batch_id, members in batches.items():
        yield from (
            f"batch {batch_id} asked member {member} {times} times"
            for member, times in members.items()
            if times > 1
        )


def wave_faults(offers: Sequence[Json], record: Json) -> Iterator[str]:
    """What does not fit in one wave."""
    chosen, counts = record["chosen"], record["counts"]
    asked = sorted(offer["member_id"] for offer in offers)
    if asked != sorted(each["member_id"] for each in chosen):
        yield f"{len(chosen)} chosen, and not those whom its {len(asked)} offers ask"
    not_asked = sum(counts.values())
    if len(chosen) + not_asked != record["people"]:
        yield f"{len(chosen)} asked and {not_asked} not are not the {record['people']} people within its reach"
    if both := set(asked) & {each["member_id"] for each in record["not_chosen"]}:
        yield f"{len(both)} are both asked and not asked"
    # Whole minutes are rounded up: these are within the searched reach for certain.
    within = Counter(
        each["reason"]
        for each in record["not_chosen"]
        if each["travel_minutes"] is not None and each["travel_minutes"] <= record["searched_minutes"]
    )
    for reason, named in within.items():
        if named > counts.get(reason, 0):
            yield f"it names {named} not asked ({reason}), and counts {counts.get(reason, 0)}"
    if (record["batch_id"] is not None) != (record["mode"] == "normal" and record["trigger"] != BY_HAND):
        yield f"mode {record['mode']}, trigger {record['trigger']}, and batch {record['batch_id']}"
    if record["batch_id"] is not None and len({each["seat_id"] for each in chosen}) < len(chosen):
        yield f"a batch asked {len(chosen)} members, more than one for a seat"
