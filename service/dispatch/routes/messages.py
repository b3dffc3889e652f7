"""Messages from dispatchers to those who are engaged in a task."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from service.access.guards import READ, WRITE, allow
from service.access.queries import account_by_id
from service.access.rules import Action, Caller
from service.dispatch.commands.message import send_message
from service.dispatch.guards import task_for, task_with_messages_for
from service.dispatch.queries.messages import written
from service.dispatch.schemas.messages import MessageIn, MessageOut
from service.tasks.models import Message
from service.web.idempotency import OnceRoute
from service.web.paging import After, Limit, Page, cursor_id, page
from service.web.problems import documented
from service.web.transaction import Now, Tx

router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"], route_class=OnceRoute)


@router.post("/{task_id}/messages", status_code=201, responses=documented(*WRITE, 404))
async def send(
    task_id: UUID,
    tx: Tx,
    now: Now,
    body: MessageIn,
    who: Annotated[Caller, Depends(allow(Action.MESSAGE_WRITE))],
) -> MessageOut:
    """Tell everybody who is engaged in the task; whoever accepts later reads it too."""
    task = await task_for(tx, who, Action.MESSAGE_WRITE, task_id)
    message = await send_message(tx, task.id, who.account_id, body.text, now)
    return MessageOut.of(message, (await account_by_id(tx, who.account_id)).display_name)


@router.get("/{task_id}/messages", responses=documented(*READ, 404))
async def read_messages(
    task_id: UUID,
    tx: Tx,
    who: Annotated[Caller, Depends(allow(Action.MESSAGE_READ))],
    limit: Limit = 50,
    after: After = None,
) -> Page[MessageOut]:
    """The task's messages, the newest first: for its dispatchers and auditors, and whoever is or was engaged in it."""
    task = await task_with_messages_for(tx, who, task_id)
    found = await written(tx, Message, task.id, cursor_id(after), limit)
    return page([MessageOut.of(*each) for each in found], limit, key=lambda message: message.id)
