"""Who is here: sessions of clients and of framed producers, for those who may see and end them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.presence import wall_ms
from hub.core.rows import KickAnswer, SessionRow
from hub.core.sessions import Session
from hub.core.writer import Writer
from hub.model.principal import Principal, Role
from hub.model.problem import Problem

if TYPE_CHECKING:
    from hub.core.hub import Hub


def client_row(hub: Hub, session: Session) -> SessionRow:
    """Return a client's session as `session.list` and the events show it."""
    holders = session.holders
    return {
        "session": session.id,
        "kind": "client",
        "principal": session.principal.name,
        "role": session.principal.role.word,
        "attached": bool(holders),
        "slots": session.slots,
        "peer": str(holders[0].peer) if holders else None,
        "via": holders[0].peer.via if holders else None,
        "since": wall_ms(hub, session.began_at),
        "detached_at": None if session.detached_at is None else wall_ms(hub, session.detached_at),
        "stream": None,
        "subscriptions": len(session.current_subscriptions()),
    }


def producer_row(hub: Hub, writer: Writer) -> SessionRow:
    """Return a framed producer's session as `session.list` and the events show it."""
    holder = writer.holder
    return {
        "session": (writer.session or "")[:16],
        "kind": "producer",
        "principal": writer.stream.owner,
        "role": Role.NONE.word,
        "attached": holder is not None,
        "slots": [],
        "peer": None if holder is None else str(holder.peer),
        "via": None if holder is None else holder.peer.via,
        "since": writer.run.began_at,
        "detached_at": None if holder is not None else wall_ms(hub, writer.detached_at),
        "stream": writer.stream.name,
        "subscriptions": 0,
    }


def may_see_session(principal: Principal, session: Session) -> bool:
    """Tell whether a client's session is for `principal` to see: somebody bound to patterns sees his own alone."""
    return principal.role >= Role.OPERATOR and (not principal.patterns or session.principal.name == principal.name)


def may_see_writer(principal: Principal, writer: Writer) -> bool:
    """Tell whether a producer's session is for `principal` to see."""
    return principal.role >= Role.OPERATOR and principal.may_see(writer.stream.name)


def sessions(hub: Hub, principal: Principal) -> list[SessionRow]:
    """Return the sessions that `principal` may see, newest first."""
    rows = [client_row(hub, session) for session in hub.sessions if may_see_session(principal, session)]
    rows += [producer_row(hub, writer) for writer in _writers(hub) if may_see_writer(principal, writer)]
    return sorted(rows, key=rank)


def rank(row: SessionRow) -> tuple[int, str]:
    """Return what a row is put in order by: the newest first."""
    return -row["since"], row["session"]


async def kick(hub: Hub, principal: Principal, session_id: str, reason: str) -> KickAnswer:
    """End a session for ever, with its connections; return once that is durable.

    Raise Problem NOTFOUND where there is none of that id that `principal` may see.
    """
    text = f"{principal.name} ended this session" + (f": {reason}" if reason else "")
    for session in hub.sessions:
        if session.id == session_id and may_see_session(principal, session):
            hub.sessions.end(session, "kicked", text=text)
            await hub.kept_sessions.store_changes()
            await hub.kept_leases.durable()
            return {"session": session_id, "kind": "client", "principal": session.principal.name, "stream": None}
    for writer in _writers(hub):
        if (writer.session or "")[:16] == session_id and may_see_writer(principal, writer):
            stream = writer.stream
            hub.producer_sessions.end(writer, "kicked", text=text)
            await hub.log.committer.durable(stream)
            return {"session": session_id, "kind": "producer", "principal": stream.owner, "stream": stream.name}
    raise Problem("NOTFOUND", "there is no such session")


def _writers(hub: Hub) -> list[Writer]:
    # Whoever has a writer is awake.
    return [each.writer for each in hub.streams.awake if each.writer is not None and each.writer.session is not None]
