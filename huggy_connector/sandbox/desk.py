"""The account's furniture: departments, tabulations, channels and agents. Small, and the same for the whole run."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from huggy_connector.sandbox.chance import Wheel, dice
from huggy_connector.sandbox.names import FIRST, LAST, plain

Json = dict[str, Any]

PHOTO = "https://cdn.example.com/img/avatar-user-boy.jpg"
FIRST_AGENT_ID = 9001
_STREAM = 92

_DEPARTMENTS = (
    ("Comercial", 30, ("Venda", "Orçamento enviado", "Sem interesse", "Lead desqualificado")),
    ("Suporte", 34, ("Resolvido", "Visita agendada", "Encaminhado ao N2", "Dúvida de uso")),
    ("Financeiro", 17, ("2ª via de boleto", "Negociação", "Pagamento confirmado")),
    ("Retenção", 6, ("Cancelado", "Revertido", "Mudança de plano")),
    ("Agendamento", 6, ("Agendado", "Remarcado", "Desmarcado")),
    ("Pós-venda", 4, ("Pesquisa respondida", "Troca", "Elogio")),
    ("Ouvidoria", 1, ("Reclamação procedente", "Reclamação improcedente")),
    ("Logística", 2, ("Entregue", "Extraviado", "Endereço corrigido")),
)

_CHANNELS = (
    ("whatsapp-enterprise", "WhatsApp Vendas", 0.60),
    ("widget", "Site", 0.15),
    ("instagram", "Instagram", 0.08),
    ("email", "E-mail Atendimento", 0.065),
    ("messenger", "Página no Facebook", 0.035),
    ("whatsapp", "WhatsApp Loja", 0.03),
    ("telegram-bot", "Telegram", 0.02),
    ("sms", "SMS", 0.012),
    ("voip", "Telefone", 0.008),
)


@dataclass(frozen=True, slots=True)
class Department:
    """A department; `agents` are positions in `Desk.agents`."""

    id: int
    name: str
    tabulations: tuple[tuple[int, str], ...]
    agents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Channel:
    """A connected channel."""

    uuid: str
    id: int
    name: str
    type: str


class Desk:
    """Who works here, where, and through which channels."""

    def __init__(self, *, seed: int, agents: int, departments: int) -> None:
        rng = dice(seed, _STREAM, 0)
        named = _DEPARTMENTS[:departments]
        self.agents = [_agent(rng, number) for number in range(agents)]
        # One agent for each department first, the others by its share of the work.
        wheel = Wheel(range(departments), [share for _, share, _ in named])
        others = max(agents - departments, 1)
        seats = [n if n < departments else wheel.spin((n - departments) / others) for n in range(agents)]
        self.departments = [
            Department(
                id=31 + 2 * number,
                name=name,
                tabulations=tuple((11 + 10 * number + k, text) for k, text in enumerate(tabulations)),
                agents=tuple(a for a, seat in enumerate(seats) if seat == number) or (0,),
            )
            for number, (name, _, tabulations) in enumerate(named)
        ]
        self.department_wheel = wheel
        self.channels = [
            Channel(f"00000000-0000-4000-8000-{rng.getrandbits(48):012x}", 555 + 3 * number, name, kind)
            for number, (kind, name, _) in enumerate(_CHANNELS)
        ]
        self.channel_wheel = Wheel(range(len(_CHANNELS)), [share for _, _, share in _CHANNELS])

    def tabulation_name(self, tabulation: int) -> str:
        """The text of a tabulation's id."""
        return self.departments[(tabulation - 11) // 10].tabulations[(tabulation - 11) % 10][1]

    def profile(self, company: int) -> Json:
        """The token's owner: the first agent."""
        owner = self.agents[0]
        return {key: owner[key] for key in ("id", "name", "email", "photo")} | {"companyID": company}


def _agent(rng: Random, number: int) -> Json:
    # Both steps are coprime with the length of their list, so the first 120 names differ.
    first, last = FIRST[number * 7 % len(FIRST)], LAST[number * 11 % len(LAST)]
    active = number == 0 or rng.random() < 0.88
    photo = f"https://cdn.example.com/img/agent-{FIRST_AGENT_ID + number}"
    return {
        "id": FIRST_AGENT_ID + number,
        "name": f"{first} {last}",
        "email": f"{plain(first)}.{plain(last)}@atendimento.example",
        "photo": f"{photo}.jpg",
        "mobile": None,
        "phone": None,
        "isActive": active,
        "isOnline": active and rng.random() < 0.6,
        "isAvailable": active and rng.random() < 0.5,
        "statusID": None if rng.random() < 0.8 else rng.randint(1, 4),
        "statusType": 1,
        "photo_url": f"{photo}.jpg",
        "smallPhotoUrl": f"{photo}_s.jpg",
    }
