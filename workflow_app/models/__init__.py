"""What is stored, one module per aggregate. Django finds the models through this list."""

from workflow_app.models.calendar import CalendarDay, CalendarNotice, CalendarVersion
from workflow_app.models.cases import Case, Document, Draft, Submission
from workflow_app.models.changes import Change, ChangeEffect
from workflow_app.models.clock_shift import ClockShift
from workflow_app.models.clocks import Clock, ClockExtension, ClockPause, ClockRung, DeadlineRule, Timer
from workflow_app.models.commitments import Commitment
from workflow_app.models.counter import CounterVisit
from workflow_app.models.definitions import Definition
from workflow_app.models.events import Event
from workflow_app.models.exchange import EffectReceipt, InboxMessage
from workflow_app.models.figures import Figure, SavedView
from workflow_app.models.idempotency import IdempotentRequest
from workflow_app.models.letters import Letter, NumberSeries, Publication
from workflow_app.models.matters import Matter, MatterText
from workflow_app.models.notes import Assistance, Note
from workflow_app.models.people import Absence, Agency, ApiToken, Mandate, Region, RoleGrant, User
from workflow_app.models.records import CreditRecord, RecordChange, RecordImport
from workflow_app.models.reminders import ApplyReminder, Reminder
from workflow_app.models.search import CaseWords, PublicationWords
from workflow_app.models.sign_in import SignInFailure
from workflow_app.models.signatures import CountersignRequest, PrivacyAcceptance, Signature
from workflow_app.models.subjects import Subject, SubjectAccount
from workflow_app.models.tasks import Task
from workflow_app.models.training import Course, Enrolment, TrainingSession

__all__ = [
    "Absence",
    "Agency",
    "ApiToken",
    "ApplyReminder",
    "Assistance",
    "CalendarDay",
    "CalendarNotice",
    "CalendarVersion",
    "Case",
    "CaseWords",
    "Change",
    "ChangeEffect",
    "Clock",
    "ClockExtension",
    "ClockPause",
    "ClockRung",
    "ClockShift",
    "Commitment",
    "CounterVisit",
    "CountersignRequest",
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
    "Note",
    "NumberSeries",
    "PrivacyAcceptance",
    "Publication",
    "PublicationWords",
    "RecordChange",
    "RecordImport",
    "Region",
    "Reminder",
    "RoleGrant",
    "SavedView",
    "SignInFailure",
    "Signature",
    "Subject",
    "SubjectAccount",
    "Submission",
    "Task",
    "Timer",
    "TrainingSession",
    "User",
]
