"""What a person sees of a request before it is sent: the real body, with personal data masked."""

from __future__ import annotations

from huggy_connector.actions.preview import Preview, mask_fields, preview
from huggy_connector.actions.types import PlannedRow, RowKey
from huggy_connector.api.writes import build_write
from huggy_connector.catalogue.actions import get_action


def show(action: str, target: str, target_id: int | None, **fields: object) -> Preview:
    row = PlannedRow(get_action(action), RowKey("spring", action, target), target_id, fields)
    return preview(
        row, lambda row: build_write(row.action, row.target_id, row.fields, api_version="v3", company_id=None)
    )


def test_a_text_is_shown_without_what_is_personal_in_it() -> None:
    assert show("send_message", "chat:7", 7, text="Ana, ligue para ana@example.com") == Preview(
        "chat:7", "POST", "chats/7/messages", {"text": "Ana, ligue para a***@example.com"}
    )


def test_names_phones_and_addresses_are_masked() -> None:
    shown = show("update_contact", "contact:8", 8, name="Ana Exemplo", mobile="5531987654321", city="Ouro Preto")
    assert shown.body == {"name": "A*** E***", "mobile": "***4321", "city": "O*** P***"}


def test_parameters_and_custom_fields_are_shown_without_what_is_personal_in_them() -> None:
    fields = {"template_id": 77, "category": "utility", "params": {"1": "Ana", "2": "ana@example.com"}}
    masked = mask_fields(get_action("send_template"), fields)
    assert masked["template_id"] == 77
    assert "ana@example.com" not in str(masked)
    custom = mask_fields(get_action("update_contact"), {"custom_fields": {"cpf": "529.982.247-25", "plan": ["gold"]}})
    assert custom["custom_fields"]["plan"] == ["gold"]
    assert "529.982.247-25" not in str(custom)


def test_a_long_text_is_cut() -> None:
    body = show("send_message", "chat:7", 7, text="x" * 5_000).body
    assert body == {"text": f"{'x' * 300}... (5,000 characters)"}
