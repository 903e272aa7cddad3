"""Builds the site in `build/site`: English at its root, Portuguese in `pt-BR`. `python -m scripts.site [FOLDER]`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.site.pages import ROOT, TRANSLATED
from scripts.site.staging import stage

HERE = Path(__file__).parent
LANGUAGES = {
    "en": ("en", {"other_language": TRANSLATED, "other_root": f"{TRANSLATED}/", "other_name": "Português"}),
    TRANSLATED: ("pt_BR", {"other_language": "en", "other_root": "../", "other_name": "English"}),
}
"""Of each language: its name in Sphinx, and what the link to the other one needs."""


def main(folder: Path) -> None:
    site, sources = folder / "site", folder / "sources"
    shutil.rmtree(site, ignore_errors=True)
    # The reference of Python imports Airflow, which makes a folder for itself.
    os.environ.update(AIRFLOW_HOME=str(folder / "airflow"), AIRFLOW__LOGGING__LOGGING_LEVEL="ERROR")
    for language, (locale, context) in LANGUAGES.items():
        stage(language, sources / language)
        out = site if language == "en" else site / language
        values = [part for name, value in context.items() for part in ("-A", f"{name}={value}")]
        options = ["--fail-on-warning", "--fresh-env", "--quiet", "-D", f"language={locale}", *values]
        places = ["--conf-dir", str(HERE), "--doctree-dir", str(folder / "doctrees" / language)]
        sphinx = [sys.executable, "-m", "sphinx", "--builder", "html", *options, *places]
        done = subprocess.run(
            [*sphinx, str(sources / language), str(out)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,  # there Airflow says what it reads; warnings are on the other stream
            check=False,
        )
        if done.returncode:
            sys.exit(f"The site in {language} has warnings: mend the pages that they name, and do this again.")
    print(f"The site is in {site}: open {site / 'index.html'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "build")
