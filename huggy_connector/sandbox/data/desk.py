"""The desk of the account: departments, tabulations, channels and agents. Only clients who write agents change it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from huggy_connector.sandbox.data.names import FIRST_NAMES, LAST_NAMES, to_email_part
from huggy_connector.sandbox.data.rng import WeightedChoice, seeded_random

Json = dict[str, Any]

FLOWS = {3210: "boas-vindas", 3211: "pesquisa-nps", 3212: "pesquisa-csat", 3213: "aviso"}
"""The flows of the account: their ids and labels."""

TEMPLATES = {
    77: "Olá, {1}! Seu pedido {2} saiu para entrega.",
    78: "Olá, {1}! Como foi o nosso atendimento? Responda com uma nota de 0 a 10.",
    79: "Temos novidades para você.",
}
"""The WhatsApp templates of the account: their ids and texts."""

PHOTO = "https://cdn.example.com/img/avatar-user-boy.jpg"
FIRST_AGENT_ID = 9001
_DESK_STREAM = 92

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
    """A channel that is connected to the account."""

    uuid: str
    id: int
    name: str
    type: str


class Desk:
    """The departments, agents and channels of the account."""

    def __init__(self, *, seed: int, agents: int, departments: int) -> None:
        self.revision = 0
        rng = seeded_random(seed, _DESK_STREAM, 0)
        chosen = _DEPARTMENTS[:departments]
        self.agents = [_create_agent(rng, number) for number in range(agents)]
        # First one agent for each department, then the others by the department's share of the work.
        department_choice = WeightedChoice(range(departments), [share for _, share, _ in chosen])
        others = max(agents - departments, 1)
        seats = [n if n < departments else department_choice.pick((n - departments) / others) for n in range(agents)]
        self.departments = [
            Department(
                id=31 + 2 * number,
                name=name,
                tabulations=tuple((11 + 10 * number + k, text) for k, text in enumerate(tabulations)),
                agents=tuple(a for a, seat in enumerate(seats) if seat == number) or (0,),
            )
            for number, (name, _, tabulations) in enumerate(chosen)
        ]
        self.department_choice = department_choice
        self.channels = [
            Channel(f"00000000-0000-4000-8000-{rng.getrandbits(48):012x}", 555 + 3 * number, name, kind)
            for number, (kind, name, _) in enumerate(_CHANNELS)
        ]
        self.channel_choice = WeightedChoice(range(len(_CHANNELS)), [share for _, _, share in _CHANNELS])

    def add_agent(self, fields: Json) -> Json:
        """Add an agent with these fields. Return it."""
        number, self.revision = len(self.agents), self.revision + 1
        blank = dict.fromkeys(self.agents[0]) | {"isActive": True, "isOnline": False, "isAvailable": False}
        self.agents.append(blank | {"statusType": 1, "photo": PHOTO} | fields | {"id": FIRST_AGENT_ID + number})
        return self.agents[number]

    def update_agent(self, position: int, fields: Json) -> None:
        """Give an agent other values of these fields."""
        self.agents[position] = self.agents[position] | fields
        self.revision += 1

    def tabulation_name(self, tabulation: int) -> str:
        """Return the text of a tabulation's id."""
        return self.departments[(tabulation - 11) // 10].tabulations[(tabulation - 11) % 10][1]

    def profile(self, company: int) -> Json:
        """Return the profile of the token's owner, who is the first agent."""
        owner = self.agents[0]
        return {key: owner[key] for key in ("id", "name", "email", "photo")} | {"companyID": company}


def _create_agent(rng: Random, number: int) -> Json:
    # Both steps are coprime with the length of their list, so the first 120 names differ.
    first, last = FIRST_NAMES[number * 7 % len(FIRST_NAMES)], LAST_NAMES[number * 11 % len(LAST_NAMES)]
    active = number == 0 or rng.random() < 0.88
    photo = f"https://cdn.example.com/img/agent-{FIRST_AGENT_ID + number}"
    return {
        "id": FIRST_AGENT_ID + number,
        "name": f"{first} {last}",
        "email": f"{to_email_part(first)}.{to_email_part(last)}@atendimento.example",
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
