"""A flow of four tasks, each assigned when it is made."""

from django.views import View
from viewflow import this
from viewflow.workflow import flow, lock
from viewflow.workflow.models import Process


class Nothing(View):
    """Stands for the page of a task; only the activation behind it is measured."""


def assigned(following):
    return flow.View(Nothing.as_view()).Assign(username="officer").Next(following)


class FourTasks(flow.Flow):
    process_class = Process
    lock_impl = lock.select_for_update_lock

    start = flow.StartHandle().Next(this.first)
    first = assigned(this.second)
    second = assigned(this.third)
    third = assigned(this.fourth)
    fourth = assigned(this.end)
    end = flow.End()
