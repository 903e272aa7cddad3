"""Rows a second that one core types and masks: under the default rules, without any, and where texts hold numbers.

    python benchmarks/privacy.py

The API gives 400. It fails where the rules leave less than four times that.
"""

import random
import sys
import time
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import resource_named
from huggy_connector.landing import KEEP_ALL, Policy, convert
from huggy_connector.settings import Settings

ROWS, PAGE, LEAST = 6_000, 20, 1_600
ZONE = ZoneInfo("America/Sao_Paulo")


def contact(number: int, *, numbers: bool) -> dict[str, Any]:
    chance = random.Random(number)
    told = {
        "obs": f"Ligar no 11 9{chance.randrange(10**4):04}-{chance.randrange(10**4):04} depois das {number}",
        "historico": f"cliente desde 2019, pedido 2025{chance.randrange(10**10):010}",
    }
    return {
        "id": number,
        "name": f"Cliente {number} da Silva",
        "mobile": f"55119{chance.randrange(10**8):08}",
        "phone": None,
        "email": f"cliente.{number}@cliente.example",
        "address": "Rua Um, 1",
        "city": "Recife",
        "photo": "https://photos.example/avatar.jpg",
        "birthDate": "1984-05-06",
        "lastSeen": "2025-03-18 20:47:26",
        "custom_fields": {
            "cpf_customer": None,
            "plano_customer": "Ouro",
            **(told if numbers else {"obs": f"Gosta de café {number}", "historico": "cliente desde 2019"}),
        },
        "organizations": [{"id": 5, "name": "Padaria"}],
        "groups": [],
    }


def chat(number: int, *, numbers: bool) -> dict[str, Any]:
    customer = contact(number, numbers=numbers)
    return {
        "id": number,
        "agentId": 9001,
        "contactId": number,
        "chatTabulation": {"id": "12", "name": "Venda"},
        "lastMessage": {"text": "Obrigado!", "sendAt": "2025-03-10 14:22:07", "sender": customer},
        "unread": 0,
        "chatCustomer": customer,
        "situation": "finishing",
        "createdAt": "2025-03-10 13:58:41",
        "updatedAt": f"2025-03-10 14:25:{number % 60:02}",
        "closedAt": "2025-03-10 14:25:00",
        "channel": "whatsapp-enterprise",
        "channels": [
            {"uuid": "00000000-0000-4000-8000-0000000000aa", "id": "555", "name": "Vendas", "type": "whatsapp"}
        ],
        "agents": [{"id": 9001, "name": "Ana Exemplo", "email": "ana@desk.example", "isActive": True}],
    }


def rows_a_second(name: str, rows: list[dict[str, Any]], policy: Policy) -> float:
    resource, now = resource_named(name), datetime.now(UTC)
    convert(resource, rows[:PAGE], fetched_at=now, zone=ZONE, policy=policy)
    begun = time.process_time()
    for start in range(0, len(rows), PAGE):
        convert(resource, rows[start : start + PAGE], fetched_at=now, zone=ZONE, policy=policy)
    return len(rows) / (time.process_time() - begun)


def main() -> None:
    rules = Policy.of(Settings.resolve(environ={}))
    least = float("inf")
    for first, (name, make) in enumerate((("contacts", contact), ("chats", chat))):
        numbers_of = range(first * ROWS, (first + 1) * ROWS)
        usual, worst = ([make(number, numbers=numbers) for number in numbers_of] for numbers in (False, True))
        without, under, numbered = (
            rows_a_second(name, rows, policy) for rows, policy in ((usual, KEEP_ALL), (usual, rules), (worst, rules))
        )
        told = f"{without:,.0f} rows/s without rules, {under:,.0f} with them"
        print(f"{name}: {told}, {numbered:,.0f} where texts of each hold numbers that are new")
        least = min(least, numbered)
    if least < LEAST:
        sys.exit(f"The rules leave {least:,.0f} rows a second, less than {LEAST:,}.")


if __name__ == "__main__":
    main()
