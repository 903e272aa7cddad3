"""What people say to each other: the messages of a chat, in invented Portuguese."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from huggy_connector.sandbox.births import Life
from huggy_connector.sandbox.chance import dice, mix
from huggy_connector.sandbox.desk import PHOTO, Desk
from huggy_connector.sandbox.options import Options
from huggy_connector.sandbox.people import People
from huggy_connector.sandbox.rhythm import text_of

Json = dict[str, Any]

_FIRST_ID = 600_000_001
_IDS_A_CHAT = 512
_TEXT, _OLD_STYLE, _AUTO, _ABSENT = 22, 23, 24, 25
_BOT = {"id": "800001", "name": "Assistente Virtual", "mobile": None, "phone": None, "email": None, "photo": PHOTO}

_AUTO_BOT = {**_BOT, "id": 1, "name": "Auto"}
"""Seen to speak as an agent, in fixtures said to be of a live account. No list of agents has it."""

_CONTACT = (
    *("Bom dia! Preciso da 2ª via do boleto, por favor 🙏", "Olá, tudo bem?", "Ainda não chegou, está atrasado…"),
    *("Não consigo acessar o sistema 😕", "Qual é o horário de atendimento?", "Sim", "1", "Obrigada! 😊", "👍"),
    *("A cobrança veio em duplicidade,\nvocês podem verificar?", "Quero falar com uma pessoa", "Perfeito, agradeço!"),
    *("Meu CPF já está no cadastro, né?", "Pode ser amanhã de manhã?", 'Aparece "erro inesperado" na tela \\o/'),
)
_AGENT = (
    *("Olá! Meu nome é {name}, como posso ajudar?", "Só um instante, vou verificar.", "Prontinho ✅"),
    *("Você poderia me confirmar o endereço, por favor?", "Já encaminhei à equipe técnica.", "Ficou alguma dúvida?"),
    *("Agradecemos o contato! Tenha um ótimo dia 🌻", "A previsão é de até 2 dias úteis.", "Certo, está resolvido."),
)
_BOT_TEXTS = (
    *("Olá! 👋 Sou a assistente virtual.\n1 - Vendas\n2 - Suporte\n3 - Financeiro", "Não entendi. Pode repetir?"),
    *("Certo! Vou transferir você para um de nossos atendentes.", "Você é o nº 3 da fila. Aguarde, por favor ⏳"),
)
_MEDIA = ("image", "audio", "document", "video")


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a chat: who (`contact`, `agent`, `bot`, `event`), when (local seconds), and the number of the
    message, events not counted.
    """

    who: str
    moment: int
    number: int = 0


class Talk:
    """Writes any chat's messages from its life."""

    def __init__(self, options: Options, desk: Desk, people: People) -> None:
        self._seed = options.seed
        self._options = options
        self._desk = desk
        self._people = people

    def lines(self, row: int, life: Life) -> list[Line]:
        """Everything in the order it happened, events included. What is there stays; news only follow."""
        lines = [self._said(row, 0, life), Line("event", life.created)]
        events = [moment for moment in (life.attended, life.closed) if moment and moment <= life.said_until]
        for number in range(1, life.said):
            line = self._said(row, number, life)
            while events and events[0] <= line.moment:
                lines.append(Line("event", events.pop(0)))
            lines.append(line)
        lines += [Line("event", moment) for moment in events]
        return lines + self._later(life)

    def _said(self, row: int, number: int, life: Life) -> Line:
        jitter = mix(self._seed, row * _IDS_A_CHAT + number) / 2**64
        early = max(0.0, number + jitter - 1) / life.said if number else 0.0
        moment = life.created + int((life.said_until - life.created) * early)
        return Line(self._speaker(number, moment, life), moment, number)

    def _later(self, life: Life) -> list[Line]:
        return [
            Line("event", moment) if kind == "event" else Line(self._speaker(1, moment, life), moment, life.said + n)
            for n, (moment, kind) in enumerate(life.later)
        ]

    @staticmethod
    def _speaker(number: int, moment: int, life: Life) -> str:
        if number % 2 == 0:
            return "contact"
        return "agent" if life.agent is not None and life.attended and moment >= life.attended else "bot"

    def messages(self, row: int, life: Life, chat: Json, *, events: bool) -> list[Json]:
        """The rows of `GET /chats/{id}/messages`, newest first; `chat` is the snapshot each of them embeds."""
        if self._is_among(self._options.absent_customers, _ABSENT, row):
            chat = {key: value for key, value in chat.items() if key != "customer"}
        spoken = [
            self._message(row, number, line, life, chat)
            for number, line in enumerate(self.lines(row, life))
            if events or line.who != "event"
        ]
        return spoken[::-1]

    def last(self, row: int, life: Life) -> Json:
        """What a chat shows as its lastMessage."""
        later = [line for line in self._later(life) if line.who != "event"]
        line = later[-1] if later else self._said(row, life.said - 1, life)
        text, kind, file = self._content(line, life, dice(self._seed, _TEXT, row * _IDS_A_CHAT + line.number))
        return {
            "text": text,
            "file": file,
            "sendAt": text_of(line.moment),
            "senderType": self._side(row, line.who, life),
            "type": kind,
            "sender": self._sender(row, line.who, life, full=False),
        }

    def _message(self, row: int, number: int, line: Line, life: Life, chat: Json) -> Json:
        rng = dice(self._seed, _TEXT, row * _IDS_A_CHAT + line.number)
        text, kind, file = self._content(line, life, rng)
        channel = self._desk.channels[life.channel].type
        customer = None if life.contact is None else self._people.card(life.contact)
        outward = line.who in ("agent", "bot")
        # Older rows of the API spell two keys in the other style; a chat keeps to one.
        old = self._options.quirks and mix(self._seed + _OLD_STYLE, row) % 100 < 8
        message = {
            "id": _FIRST_ID + row * _IDS_A_CHAT + number,
            "body" if old else "text": text,
            "type": kind,
            "isInternal": line.who == "event",
            "isEmail": channel == "email",
            "sender": self._sender(row, line.who, life, full=True),
            "senderType": self._side(row, line.who, life),
            "receiver": customer if outward else None,
            "receiverType": channel if outward else "agent",
            "file": file,
            "chat": chat,
            "customer": customer,
            "channel": channel,
            "send_at" if old else "sendAt": text_of(line.moment),
            "readAt": text_of(line.moment + rng.randint(1, 900)) if rng.random() < 0.3 else None,
        }
        if "customer" not in chat:
            del message["customer"]
        return message

    def _content(self, line: Line, life: Life, rng: Random) -> tuple[str, str, str | None]:
        if line.who == "event":
            ending = line.moment == life.closed
            return "Atendimento finalizado" if ending else "Atendimento iniciado", "internalEvent", None
        if line.who == "bot":
            return rng.choice(_BOT_TEXTS), "text", None
        if rng.random() < 0.06:
            kind = rng.choice(_MEDIA)
            return "", kind, f"https://cdn.example.com/files/{rng.getrandbits(64):016x}"
        if line.who == "contact":
            return rng.choice(_CONTACT), "text", None
        name = self._desk.agents[life.agent or 0]["name"]
        return rng.choice(_AGENT).format(name=name.partition(" ")[0]), "text", None

    def _side(self, row: int, who: str, life: Life) -> str:
        if who == "agent" or (who == "bot" and self._is_auto(row)):
            return "agent"
        return "virtual_agent" if who == "bot" else self._desk.channels[life.channel].type

    def _is_auto(self, row: int) -> bool:
        """Whether the chat's bot speaks as the agent Auto."""
        return self._is_among(self._options.bots_as_agents, _AUTO, row)

    def _is_among(self, share: float, stream: int, row: int) -> bool:
        return mix(self._seed + stream, row) / 2**64 < share

    def _sender(self, row: int, who: str, life: Life, *, full: bool) -> Json | None:
        if who == "event":
            return None
        if who == "bot":
            return _AUTO_BOT if self._is_auto(row) else _BOT
        if who == "agent":
            sender = self._desk.agents[life.agent or 0]
            keys = tuple(_BOT) + (("isActive", "isOnline", "isAvailable", "statusID", "statusType") if full else ())
        elif life.contact is None:
            return None
        else:
            sender = self._people.card(life.contact)
            keys = tuple(sender) if full else tuple(_BOT)
        return {key: sender[key] for key in keys}
