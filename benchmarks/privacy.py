"""Rows a second that one core converts and masks: with the default rules, without rules, and with numbers in texts.

    python benchmarks/privacy.py

The API gives 400 rows a second. The benchmark fails if the rules leave less than four times that.
"""

import random
import sys
import time
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import get_resource
from huggy_connector.landing import convert
from huggy_connector.privacy import KEEP_ALL, PrivacyPolicy
from huggy_connector.settings import Settings

ROWS, PAGE, MIN_ROWS_A_SECOND = 6_000, 20, 1_600
ZONE = ZoneInfo("America/Sao_Paulo")


def make_contact(number: int, *, numbers: bool) -> dict[str, Any]:
    rng = random.Random(number)
    texts = {
        "obs": f"Ligar no 11 9{rng.randrange(10**4):04}-{rng.randrange(10**4):04} depois das {number}",
        "historico": f"cliente desde 2019, pedido 2025{rng.randrange(10**10):010}",
    }
    return {
        "id": number,
        "name": f"Cliente {number} da Silva",
        "mobile": f"55119{rng.randrange(10**8):08}",
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
            **(texts if numbers else {"obs": f"Gosta de café {number}", "historico": "cliente desde 2019"}),
        },
        "organizations": [{"id": 5, "name": "Padaria"}],
        "groups": [],
    }


def make_chat(number: int, *, numbers: bool) -> dict[str, Any]:
    customer = make_contact(number, numbers=numbers)
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


def measure_rows_a_second(name: str, rows: list[dict[str, Any]], policy: PrivacyPolicy) -> float:
    resource, now = get_resource(name), datetime.now(UTC)
    convert(resource, rows[:PAGE], fetched_at=now, zone=ZONE, policy=policy)
    started = time.process_time()
    for start in range(0, len(rows), PAGE):
        convert(resource, rows[start : start + PAGE], fetched_at=now, zone=ZONE, policy=policy)
    return len(rows) / (time.process_time() - started)


def main() -> None:
    rules = PrivacyPolicy.from_settings(Settings.resolve(environ={}))
    least = float("inf")
    for first, (name, make) in enumerate((("contacts", make_contact), ("chats", make_chat))):
        numbers_of = range(first * ROWS, (first + 1) * ROWS)
        usual, worst = ([make(number, numbers=numbers) for number in numbers_of] for numbers in (False, True))
        without, under, numbered = (
            measure_rows_a_second(name, rows, policy)
            for rows, policy in ((usual, KEEP_ALL), (usual, rules), (worst, rules))
        )
        texts = f"{without:,.0f} rows/s without rules, {under:,.0f} with them"
        print(f"{name}: {texts}, {numbered:,.0f} where texts of each hold numbers that are new")
        least = min(least, numbered)
    if least < MIN_ROWS_A_SECOND:
        sys.exit(f"The rules leave {least:,.0f} rows a second, less than {MIN_ROWS_A_SECOND:,}.")


if __name__ == "__main__":
    main()
