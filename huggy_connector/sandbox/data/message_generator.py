"""The messages of a chat, in invented Portuguese."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from huggy_connector.sandbox.data.contacts import Contacts
from huggy_connector.sandbox.data.desk import PHOTO, Desk
from huggy_connector.sandbox.data.rhythm import format_time
from huggy_connector.sandbox.data.rng import random_bits, seeded_random
from huggy_connector.sandbox.data.state.chat_state import ChatState, WrittenMessage
from huggy_connector.sandbox.options import Options

Json = dict[str, Any]

_FIRST_ID = 600_000_001
_IDS_A_CHAT = 512
_TEXT_STREAM, _OLD_STYLE_STREAM, _AUTO_STREAM, _ABSENT_STREAM = 22, 23, 24, 25
_BOT = {"id": "800001", "name": "Assistente Virtual", "mobile": None, "phone": None, "email": None, "photo": PHOTO}

_AUTO_BOT = {**_BOT, "id": 1, "name": "Auto"}
"""A bot that speaks as an agent, as fixtures show that are said to be of a live account. No list of agents has it."""

_CONTACT_TEXTS = (
    *("Bom dia! Preciso da 2ª via do boleto, por favor 🙏", "Olá, tudo bem?", "Ainda não chegou, está atrasado…"),
    *("Não consigo acessar o sistema 😕", "Qual é o horário de atendimento?", "Sim", "1", "Obrigada! 😊", "👍"),
    *("A cobrança veio em duplicidade,\nvocês podem verificar?", "Quero falar com uma pessoa", "Perfeito, agradeço!"),
    *("Meu CPF já está no cadastro, né?", "Pode ser amanhã de manhã?", 'Aparece "erro inesperado" na tela \\o/'),
)
_AGENT_TEXTS = (
    *("Olá! Meu nome é {name}, como posso ajudar?", "Só um instante, vou verificar.", "Prontinho ✅"),
    *("Você poderia me confirmar o endereço, por favor?", "Já encaminhei à equipe técnica.", "Ficou alguma dúvida?"),
    *("Agradecemos o contato! Tenha um ótimo dia 🌻", "A previsão é de até 2 dias úteis.", "Certo, está resolvido."),
)
_BOT_TEXTS = (
    *("Olá! 👋 Sou a assistente virtual.\n1 - Vendas\n2 - Suporte\n3 - Financeiro", "Não entendi. Pode repetir?"),
    *("Certo! Vou transferir você para um de nossos atendentes.", "Você é o nº 3 da fila. Aguarde, por favor ⏳"),
)
_MEDIA_KINDS = ("image", "audio", "document", "video")


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One entry of a chat: its speaker (`contact`, `agent`, `bot`, `event`), its local second, and its number among
    the messages, where events do not count. `written` is what a client wrote; `is_end` is the event of the chat's end.
    """

    speaker: str
    moment: int
    number: int = 0
    written: WrittenMessage | None = None
    is_end: bool = False


class MessageGenerator:
    """A writer of the messages of any chat, from its state."""

    def __init__(self, options: Options, desk: Desk, contacts: Contacts) -> None:
        self._seed = options.seed
        self._options = options
        self._desk = desk
        self._contacts = contacts

    def lines(self, row: int, state: ChatState) -> list[MessageLine]:
        """Return all entries, events too, in the order of time. New entries only follow; existing ones never change."""
        first = [self._line_at(row, 0, state)] if state.message_count else []
        lines = [*first, MessageLine("event", state.created)]
        told_later = {moment for moment, kind in state.later_entries if kind in ("event", "end")}
        events = [
            MessageLine("event", moment, is_end=is_end)
            for moment, is_end in ((state.attended, False), (state.former_end or state.closed, True))
            if moment and moment <= state.messages_until and moment not in told_later
        ]
        for number in range(1, state.message_count):
            line = self._line_at(row, number, state)
            while events and events[0].moment <= line.moment:
                lines.append(events.pop(0))
            lines.append(line)
        return lines + events + self._later_lines(state)

    def _line_at(self, row: int, number: int, state: ChatState) -> MessageLine:
        jitter = random_bits(self._seed, row * _IDS_A_CHAT + number) / 2**64
        position = max(0.0, number + jitter - 1) / state.message_count if number else 0.0
        moment = state.created + int((state.messages_until - state.created) * position)
        return MessageLine(self._speaker(number, moment, state), moment, number)

    def _later_lines(self, state: ChatState) -> list[MessageLine]:
        return [self._later_line(state, n) for n in range(len(state.later_entries))]

    def _later_line(self, state: ChatState, n: int) -> MessageLine:
        moment, kind = state.later_entries[n]
        if kind in ("event", "end"):
            return MessageLine("event", moment, is_end=kind == "end")
        if isinstance(kind, WrittenMessage):
            return MessageLine(kind.speaker, moment, state.message_count + n, kind)
        speaker = self._speaker(1, moment, state) if kind == "message" else kind
        return MessageLine(speaker, moment, state.message_count + n)

    @staticmethod
    def _speaker(number: int, moment: int, state: ChatState) -> str:
        if number % 2 == 0:
            return "contact"
        return "agent" if state.author is not None and state.attended and moment >= state.attended else "bot"

    def messages(self, row: int, state: ChatState, chat: Json, *, events: bool) -> list[Json]:
        """Return the records of `GET /chats/{id}/messages`, newest first. Each embeds the snapshot `chat`."""
        return self.messages_from(0, row, state, chat, events=events)[::-1]

    def messages_from(self, first: int, row: int, state: ChatState, chat: Json, *, events: bool) -> list[Json]:
        """Return the records of the entries from number `first` on, oldest first."""
        if self._is_among(self._options.absent_customers, _ABSENT_STREAM, row):
            chat = {key: value for key, value in chat.items() if key != "customer"}
        return [
            self._message(row, number, line, state, chat)
            for number, line in enumerate(self.lines(row, state))
            if number >= first and (events or line.speaker != "event")
        ]

    def last_message(self, row: int, state: ChatState) -> Json | None:
        """Return what a chat shows as its lastMessage. None: nobody has said anything."""
        later = [line for line in self._later_lines(state) if line.speaker != "event"]
        if not later and not state.message_count:
            return None
        line = later[-1] if later else self._line_at(row, state.message_count - 1, state)
        text, kind, file = self._content(
            line, state, seeded_random(self._seed, _TEXT_STREAM, row * _IDS_A_CHAT + line.number)
        )
        return {
            "text": text,
            "file": file,
            "sendAt": format_time(line.moment),
            "senderType": self._sender_type(row, line.speaker, state),
            "type": kind,
            "sender": self._sender(row, line, state, full=False),
        }

    def _message(self, row: int, number: int, line: MessageLine, state: ChatState, chat: Json) -> Json:
        rng = seeded_random(self._seed, _TEXT_STREAM, row * _IDS_A_CHAT + line.number)
        text, kind, file = self._content(line, state, rng)
        channel = self._desk.channels[state.channel].type
        customer = None if state.contact is None else self._contacts.summary(state.contact)
        is_outgoing = line.speaker in ("agent", "bot")
        # Older rows of the API spell two keys in the other style. A chat keeps one style.
        is_old_style = self._options.quirks and random_bits(self._seed + _OLD_STYLE_STREAM, row) % 100 < 8
        message = {
            "id": _FIRST_ID + row * _IDS_A_CHAT + number,
            "body" if is_old_style else "text": text,
            "type": kind,
            "isInternal": line.speaker == "event" or (line.written is not None and line.written.is_internal),
            "isEmail": channel == "email",
            "sender": self._sender(row, line, state, full=True),
            "senderType": self._sender_type(row, line.speaker, state),
            "receiver": customer if is_outgoing else None,
            "receiverType": channel if is_outgoing else "agent",
            "file": file,
            "chat": chat,
            "customer": customer,
            "channel": channel,
            "send_at" if is_old_style else "sendAt": format_time(line.moment),
            "readAt": format_time(line.moment + rng.randint(1, 900)) if rng.random() < 0.3 else None,
        }
        if "customer" not in chat:
            del message["customer"]
        return message

    def _content(self, line: MessageLine, state: ChatState, rng: Random) -> tuple[str, str, str | None]:
        if line.speaker == "event":
            return "Atendimento finalizado" if line.is_end else "Atendimento iniciado", "internalEvent", None
        if line.written is not None:
            return line.written.text, line.written.kind, line.written.file
        if line.speaker == "bot":
            return rng.choice(_BOT_TEXTS), "text", None
        if rng.random() < 0.06:
            kind = rng.choice(_MEDIA_KINDS)
            return "", kind, f"https://cdn.example.com/files/{rng.getrandbits(64):016x}"
        if line.speaker == "contact":
            return rng.choice(_CONTACT_TEXTS), "text", None
        name = self._desk.agents[state.author or 0]["name"]
        return rng.choice(_AGENT_TEXTS).format(name=name.partition(" ")[0]), "text", None

    def _sender_type(self, row: int, speaker: str, state: ChatState) -> str:
        if speaker == "agent" or (speaker == "bot" and self._is_auto(row)):
            return "agent"
        return "virtual_agent" if speaker == "bot" else self._desk.channels[state.channel].type

    def _is_auto(self, row: int) -> bool:
        """Return whether the chat's bot speaks as the agent Auto."""
        return self._is_among(self._options.bots_as_agents, _AUTO_STREAM, row)

    def _is_among(self, share: float, stream: int, row: int) -> bool:
        return random_bits(self._seed + stream, row) / 2**64 < share

    def _sender(self, row: int, line: MessageLine, state: ChatState, *, full: bool) -> Json | None:
        speaker = line.speaker
        if speaker == "event":
            return None
        if speaker == "bot":
            return _AUTO_BOT if self._is_auto(row) else _BOT
        if speaker == "agent":
            sender = self._desk.agents[(state.author or 0) if line.written is None else line.written.agent]
            keys = tuple(_BOT) + (("isActive", "isOnline", "isAvailable", "statusID", "statusType") if full else ())
        elif state.contact is None:
            return None
        else:
            sender = self._contacts.summary(state.contact)
            keys = tuple(sender) if full else tuple(_BOT)
        return {key: sender[key] for key in keys}
