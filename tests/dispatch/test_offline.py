"""What a phone did offline and tells later has the time at which it was done."""

from datetime import timedelta

from sqlalchemy import text

from tests.dispatch.conftest import offers_of


def minutes_ago(clock, minutes):
    """A time by the phone's clock."""
    return (clock.at - timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


async def test_a_whole_job_told_afterwards_has_its_own_times(post, phone, clock, session):
    task = await post()
    offer = offers_of(task)[0]
    posted = minutes_ago(clock, 0)
    clock.at += timedelta(minutes=60)

    async def tell(path, at):
        answer = await phone(offer["member_id"], "POST", path, json={"at": at})
        assert answer.status_code == 200, answer.text
        return answer.json()

    said = minutes_ago(clock, 58)
    engagement = (await tell(f"/offers/{offer['id']}/accept", said))["engagement"]
    assert engagement["accepted_at"] == said
    assert engagement["likely_no_show"] is False, "that goes by the time at which the yes arrived"
    answered = await session.scalar(text("SELECT answered_at FROM offer WHERE id = :id"), {"id": offer["id"]})
    assert answered == clock.at - timedelta(minutes=58)
    path = f"/engagements/{engagement['id']}"
    before_the_yes = minutes_ago(clock, 59)
    assert (await tell(f"{path}/en-route", before_the_yes))["en_route_at"] == said
    assert (await tell(f"{path}/on-scene", minutes_ago(clock, 30)))["on_scene_at"] == minutes_ago(clock, 30)
    done = await tell(f"{path}/release", minutes_ago(clock, -1))
    assert done["ended_at"] == minutes_ago(clock, 0), "a clock that is a little ahead is let pass"
    again = await tell(f"{path}/release", posted)
    assert again == done


async def test_a_no_and_a_withdrawal_have_theirs_and_a_wrong_clock_is_refused(
    post, phone, clock, session, read
):
    task = await post()
    first, second = offers_of(task)[:2]
    clock.at += timedelta(minutes=2)
    for ahead, status in ((-3, 422), (1, 200)):
        body = {"reason": "发烧", "at": minutes_ago(clock, ahead)}
        path = f"/offers/{first['id']}/decline"
        answer = await phone(first["member_id"], "POST", path, json=body)
        assert answer.status_code == status
        if status == 422:
            assert answer.json()["type"] == "/problems/time-ahead"
    answered = await session.scalar(text("SELECT answered_at FROM offer WHERE id = :id"), {"id": first["id"]})
    assert answered == clock.at - timedelta(minutes=1)
    accepted = await phone(second["member_id"], "POST", f"/offers/{second['id']}/accept")
    engagement = accepted.json()["engagement"]
    clock.at += timedelta(minutes=10)
    path = f"/engagements/{engagement['id']}/withdraw"
    body = {"reason": "孩子病了", "at": minutes_ago(clock, 4)}
    left = await phone(second["member_id"], "POST", path, json=body)
    assert (left.json()["state"], left.json()["ended_at"]) == ("withdrawn", minutes_ago(clock, 4))


async def test_service_that_is_called_off_for_an_earlier_yes_counts_no_hour_twice(
    post, phone, clock, session, client, dispatcher
):
    drill = await post(drill=True)
    offer = offers_of(drill)[0]
    member = offer["member_id"]
    await phone(member, "POST", f"/offers/{offer['id']}/accept")
    real = await post()
    asked = await client.post(
        f"/api/v1/tasks/{real['id']}/offers", json={"member_ids": [member]}, headers=dispatcher
    )
    assert asked.status_code in (200, 201, 409), asked.text
    own = (await phone(member, "GET", "/offers", params={"state": "pending"})).json()["items"]
    clock.at += timedelta(minutes=2)
    body = {"at": minutes_ago(clock, 1)}
    taken = (await phone(member, "POST", f"/offers/{own[0]['id']}/accept", json=body)).json()["engagement"]
    ended = await session.scalar(
        text("SELECT ended_at FROM engagement WHERE member_id = :id AND state = 'preempted'"), {"id": member}
    )
    assert ended == clock.at
    assert taken["accepted_at"] == minutes_ago(clock, 0)
