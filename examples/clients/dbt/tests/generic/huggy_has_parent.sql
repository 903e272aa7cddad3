{# Each id of the column is one of the table `to`, of the same company. #}
{% test huggy_has_parent(model, column_name, to) %}
SELECT company_id, {{ column_name }}, count(*) AS orphans
FROM {{ model }} AS child
WHERE {{ column_name }} IS NOT NULL AND NOT EXISTS (
    FROM {{ to }} AS parent WHERE parent.company_id = child.company_id AND parent.id = child.{{ column_name }}
)
GROUP BY ALL
{% endtest %}
