"""`python -m benchmarks.viewflow_peer.run SECONDS` → task completions a second, as JSON.

A completion is what its own page does on submit: lock the process, read the task, start it, execute it (which marks it
done and makes the next), in one transaction.
"""

import json
import os
import sys
import time
from types import SimpleNamespace

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.viewflow_peer.settings"

import django

django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction
from viewflow.workflow.models import Process, Task
from viewflow.workflow.status import STATUS

from benchmarks.viewflow_peer.flows import FourTasks

TASKS = 4


def complete_one(process: Process, user: User) -> None:
    with transaction.atomic(), FourTasks.lock(process.pk):
        task = Task.objects.get(process=process, status=STATUS.ASSIGNED)
        activation = task.flow_task.activation_class(task)
        activation.start(SimpleNamespace(user=user))
        activation.execute()


def main(seconds: float) -> None:
    call_command("migrate", verbosity=0, interactive=False)
    user, _ = User.objects.get_or_create(username="officer")
    completions, spent, until = 0, 0.0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        process = FourTasks.start.run()
        began = time.perf_counter()
        for _ in range(TASKS):
            complete_one(process, user)
        spent += time.perf_counter() - began
        completions += TASKS
    process.refresh_from_db()
    assert process.status == "DONE", process.status
    sys.stdout.write(json.dumps({"completions_per_second": completions / spent}) + "\n")


if __name__ == "__main__":
    main(float(sys.argv[1]))
