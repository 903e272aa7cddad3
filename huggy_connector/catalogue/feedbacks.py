"""Feedbacks: one row a closed chat whose rating was asked for. Huggy: `GET /chats/{id}/feedback`, undocumented.

No public material shows the answer. So it is read in every form that is likely, and the other fields land in `extra`.
The privacy policy goes by names, at any depth of any resource. So names that could mean anything, such as `value` and
`date`, are not among the paths.
"""

from huggy_connector.catalogue.types import Column, Resource, Scalar, Text

FEEDBACKS = Resource(
    name="feedbacks",
    path="chats/{id}/feedback",
    comment=Text(
        "One row a closed chat whose rating was asked for, rated or not; landed only when asked for "
        "(`huggy sync --feedback`).",
        "Uma linha por atendimento encerrado cuja avaliação foi consultada, com ou sem nota; só com "
        "`huggy sync --feedback`.",
    ),
    key="chat_id",
    parent="chats",
    paged=False,
    default=False,
    ignored=frozenset({"chatID", "chatId", "chat_id"}),
    columns=(
        Column(
            "chat_id",
            Scalar.BIGINT,
            ("chat.id",),
            Text("The chat: chats.id.", "O atendimento: chats.id."),
            references="chats",
        ),
        Column(
            "answer",
            Scalar.VARCHAR,
            ("answerKind",),
            Text(
                "What the API said: read (rated or not), not_found (404), refused (403 or another refusal).",
                "O que a API respondeu: read (com ou sem nota), not_found (404), refused (403 ou outra recusa).",
            ),
        ),
        Column(
            "rating",
            Scalar.INTEGER,
            ("rate", "rating", "score", "stars"),
            Text(
                "What the customer gave, on the account's scale; NULL while there is none.",
                "A nota do cliente, na escala da conta; NULL enquanto não há.",
            ),
        ),
        Column(
            "comment",
            Scalar.VARCHAR,
            ("comment", "comments", "text"),
            Text("What the customer wrote with it.", "O que o cliente escreveu junto."),
            personal="text",
        ),
        Column(
            "rated_at",
            Scalar.INSTANT,
            ("created_at", "createdAt", "rated_at", "ratedAt"),
            Text("When it was given, as far as the API says.", "Quando foi dada, se a API informa."),
        ),
    ),
)
