"""What every answer has: the same keys, and texts only."""

import json

from huggy_connector.serve.flow.answers import FlowAnswer, Status

COLUMNS = ("cliente_nome", "cliente_cidade")


def test_every_answer_has_the_same_keys_in_the_same_order() -> None:
    answers = [
        FlowAnswer(Status.OK, {"cliente_cidade": "", "cliente_nome": "José"}, "2026-11-30T10:00:00-03:00"),
        *(FlowAnswer(status) for status in Status if status != Status.OK),
    ]
    bodies = [answer.to_json(COLUMNS) for answer in answers]
    assert [[*json.loads(body).items()] for body in bodies] == [
        [
            ("status", "ok"),
            ("atualizado_em", "2026-11-30T10:00:00-03:00"),
            ("cliente_nome", "José"),
            ("cliente_cidade", ""),
        ],
        *(
            [("status", status), ("atualizado_em", ""), ("cliente_nome", ""), ("cliente_cidade", "")]
            for status in ("nao_encontrado", "entrada_invalida", "indisponivel")
        ),
    ]


def test_a_column_that_is_not_declared_does_not_leave() -> None:
    assert json.loads(FlowAnswer(Status.OK, {"cpf": "1"}).to_json(())) == {"status": "ok", "atualizado_em": ""}
