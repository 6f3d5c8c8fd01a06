"""Calls of one command connection: run at once, or under way until what they wait for is there."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import msgspec

from hub.conversations.method import Method
from hub.conversations.under_way import Answer, Batch, UnderWay
from hub.core.sessions import Session
from hub.model.principal import Principal
from hub.model.problem import Problem
from hub.wire import json_rpc
from hub.wire.commands import Cancel, Mutation, Params, parse_params
from hub.wire.json_rpc import Call, Id

if TYPE_CHECKING:
    from hub.conversations.commander import Commander


# What of a call's parameters the audit log tells: no passwords, and nothing that a producer is sent.
_TARGETS = ("stream", "session", "user", "token", "name", "alert", "pattern")
_DETAILS = (
    "kind",
    "role",
    "patterns",
    "principal",
    "expires_at",
    "expires_s",
    "command",
    "force",
    "reason",
    "deadline_s",
)


class Calls:
    """Runs calls and answers them. Those that may wait for long (`Method.waits`) are bounded apart from the others."""

    def __init__(
        self, commander: Commander, methods: dict[str, Method], send: Callable[[Answer | list[Answer]], None]
    ) -> None:
        self._commander = commander
        self._hub = commander.hub
        self._methods = methods
        self._send = send
        self._first_answers = commander.hub.first_answers
        self._under_way: dict[Id, UnderWay] = {}
        self._waiting = 0

    def take(self, call: Call, batch: Batch | None) -> None:
        """Run a call of somebody who said hello."""
        try:
            self._run(call, batch)
        except msgspec.ValidationError as error:
            self.answer(call, _mistake(call, json_rpc.INVALID_PARAMS, f"{call.method}: {error}"), batch)
        except Problem as problem:
            self.answer(call, self._problem(call, problem), batch)

    def answer(self, call: Call, answer: Answer, batch: Batch | None) -> None:
        """Answer a call, unless it is a notification."""
        self.collect(answer if call.wants_answer else None, batch)

    def collect(self, answer: Answer | None, batch: Batch | None) -> None:
        """Send an answer, or keep it until the whole batch is answered."""
        if batch is None:
            if answer is not None:
                self._send(answer)
            return
        answers = batch.add(answer)
        if answers:
            self._send(answers)

    def clear(self) -> None:
        """Cancel what is under way, unanswered."""
        under_way, self._under_way = self._under_way, {}
        for entry in under_way.values():
            entry.cancel()

    def _run(self, call: Call, batch: Batch | None) -> None:
        if call.method == "$/cancel":
            self._cancel(call, batch)
            return
        if len(self._under_way) - self._waiting >= self._hub.limits.requests_at_once:
            bound = self._hub.limits.requests_at_once
            raise Problem("BUSY", f"limits.requests_at_once ({bound}) calls are under way", retry_after=100)
        method = self._methods.get(call.method)
        if method is None:
            text = f"there is no method {call.method[:100]!r}"
            self.answer(call, _mistake(call, json_rpc.METHOD_NOT_FOUND, text), batch)
            return
        self._check_right(call, method)
        if method.waits and self._waiting >= self._hub.limits.waiting_calls:
            bound = self._hub.limits.waiting_calls
            raise Problem("BUSY", f"limits.waiting_calls ({bound}) calls wait for something", retry_after=1000)
        params = parse_params(method.params, call.params)
        if isinstance(params, Mutation):
            self._change(call, method, params, batch)
            return
        if method.waits:
            result = method.run(self._commander, params, lambda detail: self._progress(call, detail))
        else:
            result = method.run(self._commander, params)
        if isinstance(result, Coroutine):
            self._wait_for(call, result, batch, waits=method.waits)
        else:
            self.answer(call, json_rpc.answer(call.id, result), batch)

    def _change(self, call: Call, method: Method, params: Mutation, batch: Batch | None) -> None:
        """Run what changes something: once, however often it is asked for with the same `idem`."""
        if self._is_taken(call, batch):
            return  # before its `idem` is taken for a call that is never done
        if params.idem is not None:
            first = self._first_answers.begin(self._session, params.idem, _identity(call, params))
            if first is not None:
                self.answer(call, json_rpc.answer(call.id, first.result), batch)
                return
        self._wait_for(
            call, self._changing(call.method, method, params), batch, waits=method.waits, lasting=method.lasting
        )

    def _check_right(self, call: Call, method: Method) -> None:
        principal = self._commander.principal
        try:
            if principal.role < method.role:
                raise Problem("DENIED", f"{call.method} is for the role {method.role.word}")
            if method.unbound and principal.patterns:
                raise Problem("DENIED", f"{call.method} is for those who are not bound to patterns")
        except Problem as problem:
            if issubclass(method.params, Mutation):
                self._audit(principal, call.method, _tried(call, method), problem.word)
            raise

    def _audit(self, principal: Principal, name: str, said: dict[str, object], outcome: str) -> None:
        target = next((str(said[key]) for key in _TARGETS if key in said), "")
        rest = list(said.items())[1 if target else 0 :]
        detail = " ".join(f"{key}={','.join(value) if isinstance(value, list) else value}" for key, value in rest)
        self._hub.audit.note(principal.name, str(self._commander.peer), name, target, outcome, detail)

    @property
    def _session(self) -> Session:
        session = self._commander.session
        if session is None:
            raise Problem("AUTH", "hub.hello comes first")
        return session

    async def _changing(self, name: str, method: Method, params: Mutation) -> object:
        session, idem = self._session, params.idem
        outcome, made = "INTERNAL", None
        try:
            result = method.run(self._commander, params)
            if isinstance(result, Coroutine):
                result = await result
            outcome = "ok"
            made = result.get(method.made) if isinstance(result, dict) else None
        except Problem as problem:
            outcome = problem.word
            if idem is not None and problem.keys.get("sent"):
                self._first_answers.unsure(session, idem, problem)
            elif idem is not None:
                self._first_answers.failed(session, idem)
            raise
        except BaseException:
            if idem is not None:
                self._first_answers.failed(session, idem)
            raise
        finally:
            if method.audited:
                self._audit(session.principal, name, _said(params, {method.made: made}), outcome)
        if idem is not None:
            self._first_answers.done(session, idem, result)
        return result

    def _wait_for(
        self,
        call: Call,
        work: Coroutine[Any, Any, object],
        batch: Batch | None,
        *,
        waits: bool,
        lasting: bool = False,
    ) -> None:
        if self._is_taken(call, batch):
            work.close()
            return
        entry = self._under_way[call.id] = UnderWay(call, batch, waits=waits, lasting=lasting)
        self._waiting += waits
        entry.task = self._hub.tasks.spawn(self._finish(entry, work))

    def _is_taken(self, call: Call, batch: Batch | None) -> bool:
        """Tell whether a call with this id is under way; whoever made the second one is told so."""
        if call.id not in self._under_way:
            return False
        text = "a call with this id is under way"
        self.answer(call, _mistake(call, json_rpc.INVALID_REQUEST, text), batch)
        return True

    async def _finish(self, entry: UnderWay, work: Coroutine[Any, Any, object]) -> None:
        call = entry.call
        try:
            answer = json_rpc.answer(call.id, await work)
        except Problem as problem:
            answer = self._problem(call, problem)
        except Exception:
            if self._under_way.get(call.id) is not entry:
                raise  # it was cancelled, and this is how it hears of that
            self._hub.failures.report(f"in {call.method}")
            answer = self._problem(call, Problem("INTERNAL", "the hub made a mistake; its log has it"))
        if self._under_way.get(call.id) is entry:
            self._forget(call.id)
            self.answer(call, answer, entry.batch)

    def _cancel(self, call: Call, batch: Batch | None) -> None:
        wanted = parse_params(Cancel, call.params).id
        entry = self._forget(wanted)
        if entry is not None:
            entry.cancel()
            self.answer(entry.call, json_rpc.error(wanted, json_rpc.CANCELLED, "cancelled"), entry.batch)
        self.answer(call, json_rpc.answer(call.id, None), batch)

    def _forget(self, call_id: Id) -> UnderWay | None:
        entry = self._under_way.pop(call_id, None)
        if entry is not None:
            self._waiting -= entry.waits
        return entry

    def _progress(self, call: Call, detail: dict[str, object]) -> None:
        """Tell how far a call is, if somebody waits for its answer."""
        if call.wants_answer:
            self._send(json_rpc.notification("$/progress", {"id": call.id, **detail}))

    def _problem(self, call: Call, problem: Problem) -> Answer:
        self._hub.counters.problem(problem.word)
        return json_rpc.problem_answer(call.id, problem)


def _tried(call: Call, method: Method) -> dict[str, object]:
    """Return what the audit log tells of a call that was refused; nothing of parameters that make no sense.

    They may be anything then: a secret in the place of an id.
    """
    try:
        return _said(parse_params(method.params, call.params), {})
    except msgspec.ValidationError:
        return {}


def _said(params: Params, made: dict[str, object]) -> dict[str, object]:
    """Return what the audit log tells of a call, targets first; `made` has what no parameter names."""
    found = {key: made.get(key) or getattr(params, key, None) for key in (*_TARGETS, *_DETAILS)}
    return {key: value for key, value in found.items() if value not in (None, "", [])}


def _identity(call: Call, params: Mutation) -> bytes:
    return call.method.encode() + b" " + msgspec.json.encode(params)


def _mistake(call: Call, code: int, text: str) -> Answer:
    """Return the answer to a call that cannot be understood, with one of JSON-RPC's own codes."""
    return json_rpc.error(call.id, code, text, {"code": "PROTO"})
