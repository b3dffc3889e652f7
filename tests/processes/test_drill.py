"""The drill as its user runs it, with the service killed under it: its own check still passes."""

import asyncio
import json

from tests.processes.fleet import COMMAND, until

TASKS = 4


async def test_the_drill_passes_its_own_check_while_the_service_is_killed(
    fleet, look, city_accounts, tmp_path
):
    (tmp_path / "demo-accounts.json").write_text(json.dumps(city_accounts))
    api, worker = await fleet.serve(), await fleet.work()
    drill = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("demo", "drill", "--tasks", str(TASKS), "--url", f"http://127.0.0.1:{api.port}"),
        env=fleet.environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    answered = "SELECT count(*) FROM offer WHERE answer IS NOT NULL"
    await until(lambda: look.value(f"SELECT ({answered}) >= 3"), "three answers")
    await api.kill()
    await worker.kill()
    api, _ = await fleet.serve(api.port), await fleet.work()
    before = await look.value(answered)
    await until(lambda: look.value(f"SELECT ({answered}) > {before}"), "answers after the restart")
    await api.kill()
    await fleet.serve(api.port)

    printed, _ = await asyncio.wait_for(drill.communicate(), 240)
    said = printed.decode()
    assert drill.returncode == 0, said
    assert "all still true" in said
    assert "Traceback" not in said
    assert await look.value("SELECT count(*) FROM task") == TASKS
    assert await look.value("SELECT count(*) FROM task WHERE state IN ('open', 'staffed', 'under_way')") == 0
    await look.check()
