"""Write docs/processes/ from the processes' own files."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from workflow_app.management.process_docs import FOLDER, written_pages


class Command(BaseCommand):
    """`manage.py document_processes` writes one page and one picture for each process, and deletes what is of none."""

    help = "Write docs/processes/ from the processes' own files / 根据流程文件生成 docs/processes/"

    def handle(self, *args: Any, **options: Any) -> None:
        folder = settings.BASE_DIR / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        pages = written_pages()
        for path in folder.iterdir():
            if path.name not in pages:
                path.unlink()
        for name, text in pages.items():
            (folder / name).write_text(text, encoding="utf-8")
        self.stdout.write(f"{FOLDER}: {len(pages)}")
