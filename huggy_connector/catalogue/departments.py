"""Departments: one row a queue of the desk. Seen in a public client as `GET /departments/parents`."""

from huggy_connector.catalogue.types import Column, Resource, Scalar, Text

DEPARTMENTS = Resource(
    name="departments",
    path="departments/parents",
    comment=Text("One row a department.", "Uma linha por departamento."),
    columns=(
        Column("id", Scalar.BIGINT, ("id",), Text("Huggy's id of the department.", "Id do departamento na Huggy.")),
        Column("name", Scalar.VARCHAR, ("name",), Text("Name.", "Nome.")),
    ),
    paged=False,
    history=True,
)
