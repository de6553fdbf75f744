"""What is stored, one module per aggregate. Django finds the models through this list."""

from workflow_app.models.calendar import CalendarDay, CalendarNotice, CalendarVersion
from workflow_app.models.cases import Case, Document, Draft, Submission
from workflow_app.models.changes import Change, ChangeEffect
from workflow_app.models.clock_shift import ClockShift
from workflow_app.models.clocks import Clock, ClockExtension, ClockPause, ClockRung, DeadlineRule, Timer
from workflow_app.models.commitments import Commitment
from workflow_app.models.definitions import Definition
from workflow_app.models.events import Event
from workflow_app.models.exchange import EffectReceipt, InboxMessage
from workflow_app.models.figures import Figure, SavedView
from workflow_app.models.idempotency import IdempotentRequest
from workflow_app.models.letters import Letter, NumberSeries, Publication
from workflow_app.models.matters import Matter, MatterText
from workflow_app.models.people import Agency, ApiToken, Mandate, Region, RoleGrant, User
from workflow_app.models.records import CreditRecord, RecordChange, RecordImport
from workflow_app.models.reminders import Reminder
from workflow_app.models.sign_in import SignInFailure
from workflow_app.models.subjects import Subject, SubjectAccount
from workflow_app.models.tasks import Task
from workflow_app.models.training import Course, Enrolment, TrainingSession

__all__ = [
    "Agency",
    "ApiToken",
    "CalendarDay",
    "CalendarNotice",
    "CalendarVersion",
    "Case",
    "Change",
    "ChangeEffect",
    "Clock",
    "ClockExtension",
    "ClockPause",
    "ClockRung",
    "ClockShift",
    "Commitment",
    "Course",
    "CreditRecord",
    "DeadlineRule",
    "Definition",
    "Document",
    "Draft",
    "EffectReceipt",
    "Enrolment",
    "Event",
    "Figure",
    "IdempotentRequest",
    "InboxMessage",
    "Letter",
    "Mandate",
    "Matter",
    "MatterText",
    "NumberSeries",
    "Publication",
    "RecordChange",
    "RecordImport",
    "Region",
    "Reminder",
    "RoleGrant",
    "SavedView",
    "SignInFailure",
    "Subject",
    "SubjectAccount",
    "Submission",
    "Task",
    "Timer",
    "TrainingSession",
    "User",
]
