"""Invented names. Nobody here exists; the numbers carry the area code 00, which no phone has."""

from __future__ import annotations

FIRST_NAMES = (
    *("Ana", "João", "Maria", "Antônio", "Francisca", "Luís", "Débora", "Márcio", "Júlia", "André", "Conceição"),
    *("Thiago", "Letícia", "Vinícius", "Íris", "Caio", "Patrícia", "Rogério", "Simone", "Otávio", "Marília"),
    *("Fábio", "Cecília", "Renato", "Jéssica", "Gustavo", "Bianca", "Édson", "Lorena", "Murilo", "Tainá", "César"),
    *("Priscila", "Raul", "Yasmin", "Nélson", "Helena", "Davi", "Sônia", "Breno"),
)
LAST_NAMES = (
    *("Souza", "Araújo", "Conceição", "Gonçalves", "Lima", "Antunes", "Magalhães", "Brandão", "Teixeira", "Nóbrega"),
    *("Peçanha", "Guimarães", "Falcão", "Siqueira", "Bastos", "Simões", "Vilela", "Quaresma", "Leitão", "Moraes"),
    *("D'Ávila", "Rezende", "Galvão", "Corrêa", "Patrício", "Muniz", "Assunção", "Barros", "Cordeiro", "Furtado"),
)
STREETS = ("Rua das Acácias", "Avenida Inventada", "Travessa do Sabiá", "Rua Sete Léguas", "Alameda dos Ipês")
DISTRICTS = ("Centro", "Jardim Imaginário", "Vila Nova", "Boa Esperança", "Água Fria")
CITIES = (
    *(("São Paulo", "SP"), ("Belo Horizonte", "MG"), ("Curitiba", "PR"), ("Salvador", "BA"), ("Goiânia", "GO")),
    *(("Florianópolis", "SC"), ("Recife", "PE"), ("São Luís", "MA"), ("Ribeirão Preto", "SP"), ("Vitória", "ES")),
)
ORGANIZATIONS = (
    "Padaria Três Irmãos",
    "Construtora Alvorecer",
    "Clínica Bem Viver",
    "Mercado Girassol",
    "Auto Peças Zé",
)
GROUPS = ("VIP", "Inadimplentes", "Novos clientes", "Região Sul", "Parceiros")
PLANS = ("Bronze", "Prata", "Ouro", "Família", "Empresarial")
ORIGINS = ("Instagram", "Indicação", "Google", "Panfleto", None)


def to_email_part(name: str) -> str:
    """Return a name as an e-mail address writes it."""
    return name.lower().replace("'", "").translate(_WITHOUT_ACCENTS)


_WITHOUT_ACCENTS = str.maketrans("áâãçéêíóôõúü", "aaaceeiooouu")
