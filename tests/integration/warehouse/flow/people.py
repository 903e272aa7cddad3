"""Three contacts: two of them have the same phone, in two forms."""

MARIA = {"id": 800001, "name": "Maria", "mobile": "553187654321", "email": "Maria@Cliente.example", "city": "Recife"}
JOSE = {"id": 800002, "name": "José", "mobile": "5511955551234", "phone": "1155551234", "email": None}
TWIN = {"id": 800003, "name": "Maria de novo", "mobile": "+55 31 98765-4321", "email": None}
CONTACTS = (MARIA, JOSE, TWIN)
