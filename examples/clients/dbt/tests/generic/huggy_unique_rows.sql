{# No two rows share the values of these columns. Two NULLs are alike. #}
{% test huggy_unique_rows(model, columns) %}
SELECT {{ columns | join(', ') }}, count(*) AS rows_alike
FROM {{ model }}
GROUP BY ALL
HAVING count(*) > 1
{% endtest %}
