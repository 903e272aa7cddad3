"""The desk: who works there, in which department, and what chats are closed as."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

import pytest

from huggy_connector.sandbox.data.desk import Desk

SIZES = [(1, 1), (1, 8), (3, 8), (8, 8), (9, 8), (25, 6), (200, 8)]


@pytest.mark.parametrize(("agents", "departments"), SIZES)
def test_every_department_has_somebody_and_every_agent_one_department(agents: int, departments: int) -> None:
    desk = Desk(seed=1, agents=agents, departments=departments)
    seats = [agent for department in desk.departments for agent in department.agents]
    spare = [0] * max(departments - agents, 0)
    assert sorted(seats) == sorted([*range(agents), *spare])
    assert (len(desk.departments), all(department.agents for department in desk.departments)) == (departments, True)


def test_where_there_is_more_work_there_are_more_agents() -> None:
    departments = {each.name: len(each.agents) for each in Desk(seed=1, agents=200, departments=8).departments}
    order = ("Suporte", "Comercial", "Financeiro", "Pós-venda", "Ouvidoria")
    assert all(departments[more] > departments[fewer] for more, fewer in pairwise(order))


def test_the_first_hundred_and_twenty_agents_have_names_and_addresses_of_their_own() -> None:
    agents = Desk(seed=1, agents=120, departments=6).agents
    assert [agent["id"] for agent in agents] == list(range(9001, 9121))
    assert len({agent["name"] for agent in agents}) == len({agent["email"] for agent in agents}) == 120


def test_an_agent_has_the_fields_of_the_reference() -> None:
    assert {tuple(agent) for agent in Desk(seed=1, agents=30, departments=6).agents} == {
        (
            *("id", "name", "email", "photo", "mobile", "phone", "isActive", "isOnline", "isAvailable"),
            *("statusID", "statusType", "photo_url", "smallPhotoUrl"),
        )
    }


def test_nobody_who_is_not_active_is_online_and_the_owner_is_active() -> None:
    for seed in range(40):
        agents = Desk(seed=seed, agents=25, departments=6).agents
        assert agents[0]["isActive"]
        assert not any(agent["isOnline"] or agent["isAvailable"] for agent in agents if not agent["isActive"])


@pytest.mark.parametrize("departments", [1, 6, 8])
def test_a_tabulation_has_an_id_of_its_own_by_which_its_text_is_found(departments: int) -> None:
    desk = Desk(seed=1, agents=3, departments=departments)
    told = [each for department in desk.departments for each in department.tabulations]
    assert len({number for number, _ in told}) == len(told) >= 2 * departments
    assert [(number, desk.tabulation_name(number)) for number, _ in told] == told
    assert desk.tabulation_name(12) == "Orçamento enviado"


def test_the_channels_are_those_of_the_reference_with_ids_of_their_own() -> None:
    channels = Desk(seed=1, agents=1, departments=1).channels
    assert {channel.type for channel in channels} == {
        *(
            "whatsapp",
            "whatsapp-enterprise",
            "widget",
            "email",
            "telegram-bot",
            "messenger",
            "instagram",
            "sms",
            "voip",
        ),
    }
    assert len({channel.id for channel in channels}) == len({UUID(channel.uuid) for channel in channels}) == 9


def test_the_profile_is_the_first_agents_and_names_the_company() -> None:
    desk = Desk(seed=1, agents=2, departments=1)
    owner = desk.agents[0]
    assert desk.profile(4242) == {
        "id": 9001,
        "name": owner["name"],
        "email": owner["email"],
        "photo": owner["photo"],
        "companyID": 4242,
    }


def test_the_same_seed_gives_the_same_desk_and_another_one_another() -> None:
    first, again, other = (Desk(seed=seed, agents=25, departments=6) for seed in (1, 1, 2))
    assert (first.agents, first.channels, first.departments) == (again.agents, again.channels, again.departments)
    assert first.agents != other.agents
    assert first.channels != other.channels
