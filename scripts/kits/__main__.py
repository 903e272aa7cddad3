"""Writes the generated files of examples from the code: `python -m scripts.kits`."""

from pathlib import Path

from scripts.kits import dbt, notebook, sqlmesh, superset

ROOT = Path(__file__).parents[2]
CLIENTS = "examples/clients"


def render_files() -> dict[str, bytes]:
    """Return every generated file by its path below the repository."""
    texts = {
        "dbt/models/sources.yml": dbt.render_sources("en"),
        "dbt/pt-BR/sources.yml": dbt.render_sources("pt-BR"),
        "sqlmesh/external_models.yaml": sqlmesh.render_external_models(),
    }
    bundles = {f"superset/huggy.{language}.zip": superset.pack_bundle(language) for language in ("en", "pt-BR")}
    files = {name: text.encode() for name, text in texts.items()} | bundles
    kits = {f"{CLIENTS}/{name}": content for name, content in files.items()}
    return kits | {"examples/analysis.pt-BR.ipynb": notebook.render_notebook().encode()}


def main() -> None:
    for name, content in render_files().items():
        file = ROOT / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        print(f"{name} is written.")


if __name__ == "__main__":
    main()
