"""The texts of the report, in English and in Portuguese, by name."""

from __future__ import annotations

from collections.abc import Mapping

from huggy_connector.catalogue import Text
from huggy_connector.extras import install_command

TEXTS: Mapping[str, Text] = {
    "title": Text("Service desk", "Central de atendimento"),
    "company": Text("Company", "Empresa"),
    "as_of": Text("As Huggy had it on", "Como estava na Huggy em"),
    "times_in": Text("times in", "horários em"),
    "made": Text("Made on", "Feito em"),
    "from_version": Text("from version", "a partir da versão"),
    "of": Text("of", "de"),
    "published": Text("published on", "publicada em"),
    "notice": Text("Notice", "Aviso"),
    "stale": Text(
        "The chats were last read from Huggy on {since}. What happened after it is not here. See whether the schedule "
        "runs (in Airflow the DAG huggy_sync; in a shell huggy status), or run huggy sync, and make this page again.",
        "Os atendimentos foram lidos da Huggy pela última vez em {since}. O que houve depois não está aqui. Veja se o "
        "agendamento está rodando (no Airflow o DAG huggy_sync; no terminal huggy status), ou rode huggy sync, e gere "
        "esta página de novo.",
    ),
    "missing": Text(
        "There is no warehouse {file} yet: run huggy sync, and make this page again.",
        "Ainda não há o arquivo {file}: rode huggy sync e gere esta página de novo.",
    ),
    "empty": Text(
        "The warehouse holds no chats yet: run huggy sync. If it ran, huggy check says whether the token sees any.",
        "O arquivo ainda não tem atendimentos: rode huggy sync. Se já rodou, huggy check diz se o token vê algum.",
    ),
    "older": Text(
        "The warehouse {file} has the format of an older release: run huggy load, which makes it anew from the "
        "landing, and make this page again.",
        "O arquivo {file} tem o formato de uma versão anterior: rode huggy load, que o refaz a partir da área de pouso "
        "(landing), e gere esta página de novo.",
    ),
    "no_folder": Text(
        "There is no folder {folder} on this server: give Airflow's API server the volume on which the workers write "
        "the warehouse, at the same path.",
        "Não há a pasta {folder} neste servidor: monte no API server do Airflow o volume em que os workers gravam o "
        "arquivo, no mesmo caminho.",
    ),
    "no_report": Text(
        "There is no report beside {file} yet. Each load makes it, where the workers have the extra report: "
        f"{install_command('report')}, and clear the last task load of huggy_sync.",
        "Ainda não há relatório junto de {file}. Cada carga o gera, se os workers tiverem o extra report: "
        f"{install_command('report')}, e limpe (clear) a última tarefa load do huggy_sync.",
    ),
    "older_report": Text(
        "The report beside {file} was made by another release: clear the last task load of huggy_sync, which makes it "
        "anew, or run huggy load.",
        "O relatório junto de {file} é de outra versão: limpe (clear) a última tarefa load do huggy_sync, que o refaz, "
        "ou rode huggy load.",
    ),
    "not_yours": Text(
        "This report shows a company of which you may not read a DAG: ask Airflow's administrator for the right to "
        "read one that loads it, or for a warehouse of your own company.",
        "Este relatório mostra uma empresa da qual você não pode ler nenhuma DAG: peça ao administrador do Airflow o "
        "direito de ler uma que a carregue, ou um arquivo só da sua empresa.",
    ),
    "not_ours": Text(
        "This task does not belong to huggy_connector, or it has not succeeded yet: its log shows its progress.",
        "Esta tarefa não é do huggy_connector, ou ainda não terminou bem: o log diz até onde ela foi.",
    ),
    "task_title": Text("What this task did", "O que esta tarefa fez"),
    "to_the_page": Text("To the service desk's page", "Para a página da central de atendimento"),
    "manifest": Text("Manifest of the snapshot", "Manifesto da captura"),
    "other_language": Text("Em português", "In English"),
    "failed_checks": Text(
        "Checks that failed in the last load: {checks}. Open this line, or run huggy status, to see which.",
        "Verificações que falharam na última carga: {checks}. Abra esta linha (ou rode huggy status) para ver quais.",
    ),
    "no_day": Text(
        "There is no complete day yet: the charts begin tomorrow.",
        "Ainda não há um dia completo: os gráficos começam amanhã.",
    ),
    "span": Text("Period", "Período"),
    "days": Text("days", "dias"),
    "complete_days": Text("complete days", "dias completos"),
    "to": Text("to", "a"),
    "chats": Text("Chats opened", "Atendimentos abertos"),
    "chats_of_days": Text("in {days} days", "em {days} dias"),
    "median": Text("Median", "Mediana"),
    "p90": Text("90th percentile", "Percentil 90"),
    "nine_of_ten": Text("nine of ten within {time}", "nove em dez em até {time}"),
    "target": Text("Target", "Meta"),
    "target_is": Text("target {time}", "meta {time}"),
    "first_response": Text("First response", "Primeira resposta"),
    "resolution": Text("Resolution", "Resolução"),
    "business": Text("business hours", "horário comercial"),
    "calendar": Text("around the clock", "tempo corrido"),
    "outside_hours": Text("{share} outside business hours", "{share} fora do expediente"),
    "default_calendar": Text(
        "Business hours are those of the default calendar, 08:00-18:00 from Monday to Friday, until HUGGY_CALENDAR is "
        "set. The command huggy calendar propose suggests yours.",
        "O horário comercial é o do calendário padrão, 08:00-18:00 de segunda a sexta, até que HUGGY_CALENDAR seja "
        "definido. O comando huggy calendar propose sugere o seu.",
    ),
    "in_business": Text("In business hours.", "Em horário comercial."),
    "in_calendar": Text("Around the clock.", "Em tempo corrido."),
    "open_then": Text("Open at the end of", "Abertos ao fim de"),
    "change": Text("{change} in {days} days", "{change} em {days} dias"),
    "weekday": Text("Weekday", "Dia da semana"),
    "chats_a_day": Text("Chats a day", "Atendimentos por dia"),
    "volume_title": Text("Chats opened a day, by channel", "Atendimentos abertos por dia, por canal"),
    "hours_title": Text("When chats are opened", "Quando os atendimentos são abertos"),
    "hours_note": Text(
        "Chats opened an hour, on average of the weekday's days in the period.",
        "Atendimentos abertos por hora, em média dos dias da semana do período.",
    ),
    "first_response_title": Text("First response by day", "Primeira resposta por dia"),
    "first_response_note": Text(
        "From the opening to an agent's first answer, of the chats opened on the day.",
        "Da abertura à primeira resposta de um agente, dos atendimentos abertos no dia.",
    ),
    "resolution_title": Text("Resolution by day", "Resolução por dia"),
    "resolution_note": Text(
        "From the opening to the closing, of the chats opened on the day that an agent handled and that are closed.",
        "Da abertura ao encerramento, dos atendimentos abertos no dia que um agente assumiu e que já foram encerrados.",
    ),
    "backlog_title": Text("Open at the end of each day", "Abertos ao fim de cada dia"),
    "not_measured": Text("Nothing was measured in this period.", "Nada foi medido neste período."),
    "minutes": Text("minutes", "minutos"),
    "hours": Text("hours", "horas"),
    "table": Text("Table of the numbers", "Tabela dos números"),
    "day": Text("Day", "Dia"),
    "hour": Text("Hour", "Hora"),
    "total": Text("Total", "Total"),
    "others": Text("other channels", "outros canais"),
    "no_channel": Text("(no channel)", "(sem canal)"),
    "opened": Text("Opened", "Abertos"),
    "closed": Text("Closed", "Encerrados"),
    "open": Text("Open", "Abertos ao fim do dia"),
    "of_chats": Text("Chats", "Atendimentos"),
    "measured": Text("Measured", "Medidos"),
    "freshness_title": Text("How fresh each table is", "Quão atual está cada tabela"),
    "name": Text("Table", "Tabela"),
    "rows": Text("Rows", "Linhas"),
    "newest_created": Text("Newest opening", "Criação mais recente"),
    "newest_updated": Text("Newest change", "Alteração mais recente"),
    "read_at": Text("Last read", "Última leitura"),
    "complete": Text("Complete", "Completa"),
    "yes": Text("yes", "sim"),
    "yes_head": Text("what is new and what is open", "o que é novo e o que está aberto"),
    "no": Text("no", "não"),
    "no_at_most": Text("no: {rows} rows may be missing", "não: podem faltar {rows} linhas"),
    "no_bound": Text("no, without a bound", "não, sem limite conhecido"),
    "not_told": Text("unknown", "não informado"),
    "landings_title": Text("Last runs", "Últimas execuções"),
    "started": Text("Started", "Início"),
    "took": Text("Took", "Duração"),
    "mode": Text("Mode", "Modo"),
    "requests": Text("Requests", "Requisições"),
    "share": Text("Share of the budget", "Parte do limite"),
    "certificate": Text("Complete", "Completa"),
    "webhook_title": Text("What the webhook covers", "O que o webhook cobre"),
    "covered": Text(
        "The receiver has told of events since {since}, and was last known to be there on {until}.",
        "O receptor avisa de eventos desde {since}, e soube-se dele pela última vez em {until}.",
    ),
    "no_event_yet": Text("No event has come yet.", "Ainda não chegou nenhum evento."),
    "no_holes": Text("No hole in the last {days} days.", "Nenhuma lacuna nos últimos {days} dias."),
    "holes_note": Text(
        "Holes of the last {days} days, in which events may be lost. Where one is healed, the chats were read since.",
        "Lacunas dos últimos {days} dias, em que eventos podem ter se perdido. Onde uma está sanada, os atendimentos "
        "foram lidos depois.",
    ),
    "more_holes": Text("{holes} more in meta.coverage.", "Mais {holes} em meta.coverage."),
    "hole_reason": Text("Why", "Por quê"),
    "hole_from": Text("From", "De"),
    "hole_to": Text("To", "Até"),
    "lasted": Text("Lasted", "Duração"),
    "healed": Text("Healed", "Sanada"),
    "figures": Text("The same figures for programs:", "Os mesmos números para programas:"),
    "meanings": Text(
        "What each figure means, in full: huggy describe marts.chat_times.",
        "O que cada número significa, por inteiro: huggy describe marts.chat_times --language pt-BR.",
    ),
}
