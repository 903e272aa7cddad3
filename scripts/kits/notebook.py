"""The notebook in Portuguese: the English one with its words replaced, so that both ask the same questions."""

import json
from pathlib import Path

ENGLISH = Path(__file__).parents[2] / "examples" / "analysis.ipynb"

_TITLES = {
    "# The service desk in eight questions": "# A central de atendimento em oito perguntas",
    "## 1. How fresh is this?": "## 1. Quão atual é isto?",
    "## 2. How much comes in, and where?": "## 2. Quanto chega, e por onde?",
    "## 3. When do people write?": "## 3. Quando as pessoas escrevem?",
    "## 4. How long until a person answers?": "## 4. Quanto até uma pessoa responder?",
    "## 5. How long until it is resolved?": "## 5. Quanto até ser resolvido?",
    "## 6. Are we keeping up?": "## 6. Estamos dando conta?",
    "## 7. Who carries the load?": "## 7. Quem carrega o trabalho?",
    "## 8. Who comes back?": "## 8. Quem volta?",
}
_PARAGRAPHS = {
    """\
Reads the DuckDB file of huggy_connector, read-only: it neither waits for a load nor locks one out. Set `HUGGY_WAREHOUSE` to
your file (default `./huggy.duckdb`) and run all cells. What you see is the version of the file that the first cell opened; to
see the next one, run the notebook again from the top.

Every figure is of **complete local days**: the day that is still running is left out, save where it says *now*. Where the file
holds several accounts, all of them are counted. What each table and column means: `huggy describe`, or `docs/tables.md`.""": """\
Lê o arquivo DuckDB do huggy_connector, só para leitura: não espera uma carga nem a impede. Defina `HUGGY_WAREHOUSE` com o seu
arquivo (padrão `./huggy.duckdb`) e rode todas as células. O que se vê é a versão do arquivo que a primeira célula abriu; para
ver a seguinte, rode o notebook de novo desde o início.

Todo número é de **dias locais completos**: o dia que ainda corre fica de fora, salvo onde diz *agora*. Se o arquivo tem várias
contas, todas são contadas. O que cada tabela e coluna significa: `huggy describe --language pt-BR`, ou `docs/tables.pt-BR.md`.""",
    """\
Business minutes: nights, weekends and holidays do not count (`marts.calendar`). Half of the customers wait no longer than the
median, nine of ten no longer than the 90th percentile.""": """\
Minutos comerciais: noites, fins de semana e feriados não contam (`marts.calendar`). Metade dos clientes espera no máximo a
mediana, nove em dez no máximo o percentil 90.""",
    "A customer who writes again within seven days may have gone away without an answer.": (
        "Um cliente que volta a escrever em sete dias talvez tenha ido embora sem resposta."
    ),
}
_CODE = {
    'str.maketrans({",": ",", ".": "."})': 'str.maketrans({",": ".", ".": ","})',
    "# of thousands, of decimals": "# de milhares, de decimais",
    "# a daily run, and two hours for it to take": "# uma execução por dia, e duas horas para ela",
    "# the local day of the last landing": "# o dia local da última coleta",
    "# the first day may have begun late": "# o primeiro dia pode ter começado tarde",
    '"""The answer in pandas; `$since` and `$today` are the bounds of the last complete days."""': (
        '"""A resposta em pandas; `$since` e `$today` limitam os últimos dias completos."""'
    ),
    '"""A number as the report writes it: half is rounded up, and zeros at its end are left out."""': (
        '"""Um número como o relatório o escreve: meio arredonda para cima, e zeros no fim ficam de fora."""'
    ),
    '"""A time axis that is marked on Mondays, and a scale that begins at 0."""': (
        '"""Um eixo de tempo marcado nas segundas-feiras, e uma escala que começa em 0."""'
    ),
    '"%a %d %b"': '"%d/%m"',
    "Agents closed no chat in the last {DAYS} complete days: raise DAYS, or land more.": (
        "Agentes não encerraram nenhum atendimento nos últimos {DAYS} dias completos: aumente DAYS, ou colete mais."
    ),
    'AS "Table"': 'AS "Tabela"',
    'AS "Rows"': 'AS "Linhas"',
    '{"Rows": told}': '{"Linhas": told}',
    'AS "Newest opened or sent"': 'AS "Mais recente"',
    'AS "Last read from Huggy"': 'AS "Lida da Huggy em"',
    'AS "Complete"': 'AS "Completa"',
    "THEN 'yes' ELSE 'no: see meta.snapshots'": "THEN 'sim' ELSE 'não: veja meta.snapshots'",
    "'%d %b %Y %H:%M'": "'%d/%m/%Y %H:%M'",
    "**That is {told(hours)} hours ago: is the schedule running?**": (
        "**Isso foi há {told(hours)} horas: o agendamento está rodando?**"
    ),
    "**{failed} checks failed: `huggy status` says which.**": (
        "**{failed} verificações falharam: `huggy status` diz quais.**"
    ),
    "All checks of the last load passed.": "Todas as verificações da última carga passaram.",
    "The file holds **{told(chats)} chats**, as Huggy had them on **{as_of:%d %b %Y at %H:%M}**": (
        "O arquivo tem **{told(chats)} atendimentos**, como estavam na Huggy em **{as_of:%d/%m/%Y, %H:%M}**"
    ),
    "'others'": "'outros'",
    '"others"': '"outros"',
    "In the last {DAYS} complete days **{told(total.sum())} chats** were opened; ": (
        "Nos últimos {DAYS} dias completos foram abertos **{told(total.sum())} atendimentos**; "
    ),
    "%** came over {order[0]}, ": "%** vieram por {order[0]}, ",
    "and the busiest day was {busiest:%a %d %b} with": "e o dia mais cheio foi {busiest:%d/%m}, com",
    "Chats opened a day, by channel": "Atendimentos abertos por dia, por canal",
    'set_ylabel("chats")': 'set_ylabel("atendimentos")',
    '["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]': (
        '["segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo"]'
    ),
    "The fullest hour is **{names[weekday - 1]} {hour:02}:00 to {hour + 1:02}:00**, with ": (
        "A hora mais cheia é **{names[weekday - 1]}, {hour:02}:00 a {hour + 1:02}:00**, com "
    ),
    "**{told(heat.max().max(), 1)} chats** on average; that is when the desk needs the most hands.": (
        "**{told(heat.max().max(), 1)} atendimentos** em média; é quando a central mais precisa de gente."
    ),
    "Chats opened an hour, mean of the last {DAYS} complete days": (
        "Atendimentos abertos por hora, média dos últimos {DAYS} dias completos"
    ),
    "hour of the day (local time)": "hora do dia (horário local)",
    'label="chats"': 'label="atendimentos"',
    "Half of the customers had their first answer within **{told(median, 1)} business minutes**, nine of ten within ": (
        "Metade dos clientes teve a primeira resposta em até **{told(median, 1)} minutos comerciais**, nove em dez em até "
    ),
    "% of it is read from messages, the rest from the moment an agent took the chat.": (
        "% disso vem das mensagens, o resto do momento em que um agente assumiu."
    ),
    "nine of ten (90th percentile)": "nove em dez (percentil 90)",
    "half (median)": "metade (mediana)",
    "First response, by the day a chat was opened (business days)": (
        "Primeira resposta, pelo dia da abertura (dias úteis)"
    ),
    '"business minutes"': '"minutos comerciais"',
    "'no department'": "'sem departamento'",
    "Half of the chats that an agent took were closed within **{told(median, 1)} minutes** of their opening, nine of ten ": (
        "Metade dos atendimentos que um agente assumiu foi encerrada em até **{told(median, 1)} minutos** da abertura, nove em dez "
    ),
    "within **{told(p90 / 60, 1)} hours** by the clock on the wall; {slowest['department']} is slowest, with ": (
        "em até **{told(p90 / 60, 1)} horas** de tempo corrido; {slowest['department']} é o mais lento, com "
    ),
    "{told(slowest['p90'], 1)} hours.": "{told(slowest['p90'], 1)} horas.",
    "({told(row.chats)} chats)": "({told(row.chats)} atendimentos)",
    "Opening to closing, by department, last {DAYS} complete days": (
        "Da abertura ao encerramento, por departamento, últimos {DAYS} dias completos"
    ),
    "hours by the clock on the wall": "horas de tempo corrido",
    "**{told(now)} chats** are open now, **{told(waiting)}** of them waiting for an agent; over the last {DAYS} complete days ": (
        "**{told(now)} atendimentos** estão abertos agora, **{told(waiting)}** deles à espera de um agente; nos últimos {DAYS} dias completos "
    ),
    "the backlog {'grew' if change > 0 else 'shrank'} by": "o backlog {'cresceu' if change > 0 else 'caiu'}",
    "Chats open at the end of each day": "Atendimentos abertos ao fim de cada dia",
    'ylabel="chats"': 'ylabel="atendimentos"',
    "'agent ' ||": "'agente ' ||",
    "**{len(agents)} agents** took **{told(agents['chats'].sum())} chats**; {agents['agent'].iloc[0]} took the most ": (
        "**{len(agents)} agentes** assumiram **{told(agents['chats'].sum())} atendimentos**; {agents['agent'].iloc[0]} assumiu mais "
    ),
    ", and the five busiest took ": ", e os cinco que mais assumiram têm ",
    "% of all.": "% de todos.",
    "Chats in an agent's charge, and median first response in business minutes": (
        "Atendimentos de cada agente, e mediana da primeira resposta em minutos comerciais"
    ),
    "chats, last {DAYS} complete days": "atendimentos, últimos {DAYS} dias completos",
    "'unknown'": "'desconhecido'",
    "%** of the chats ({told(again)} of {told(chats)}) came from a customer whose last chat was ": (
        "%** dos atendimentos ({told(again)} de {told(chats)}) vieram de um cliente cujo último atendimento foi "
    ),
    "closed at most seven days earlier.": "encerrado no máximo sete dias antes.",
    "Chats of customers whose last chat was closed in the seven days before": (
        "Atendimentos de clientes cujo último foi encerrado nos sete dias antes"
    ),
    "share of chats, last {DAYS} complete days": "parte dos atendimentos, últimos {DAYS} dias completos",
}


def render_notebook() -> str:
    """Return the notebook in Portuguese. Raises ValueError for words that the English one no longer has."""
    notebook = json.loads(ENGLISH.read_text(encoding="utf-8"))
    wanted = {**_TITLES, **_PARAGRAPHS, **_CODE}
    used = set[str]()
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        words = _CODE if cell["cell_type"] == "code" else {**_TITLES, **_PARAGRAPHS}
        # The longest first: a sentence may hold the words of another one.
        for english in sorted(words, key=len, reverse=True):
            if english in source:
                source = source.replace(english, words[english])
                used.add(english)
        cell["source"] = source.splitlines(keepends=True)
    if unused := wanted.keys() - used:
        raise ValueError(f"the English notebook has no more {min(unused)!r}: translate what stands there now")
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
