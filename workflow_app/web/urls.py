"""Addresses of the pages. Those that letters and messages carry never change: /verify/…, /cases/…, /letters/…"""

from django.urls import path

from workflow_app.web.accounts import views as accounts
from workflow_app.web.configuration import changes as config_changes
from workflow_app.web.configuration import views as config
from workflow_app.web.control import bulletin, clocks, exports, heatmap, load, saved, trends
from workflow_app.web.control import views as control
from workflow_app.web.desk import assistance as desk_assistance
from workflow_app.web.desk import notes as desk_notes
from workflow_app.web.desk import papers as desk_papers
from workflow_app.web.desk import queue as desk
from workflow_app.web.desk import task as desk_task
from workflow_app.web.desk import training as desk_training
from workflow_app.web.portal import (
    archive,
    cases,
    filing,
    inbox,
    receipts,
    records,
    signing,
    starting,
    training,
)
from workflow_app.web.public import calculator, figures, guide, home, matters, privacy, publications
from workflow_app.web.public import views as public
from workflow_app.web.window import signing_sheet
from workflow_app.web.window import views as window

app_name = "web"

urlpatterns = [
    path("", home.home, name="home"),
    path("matters", matters.matters, name="matters"),
    path("matters/<str:code>", matters.matter, name="matter"),
    path("matters/<str:code>/versions/<int:number>", matters.version, name="matter_version"),
    path("matters/<str:code>/versions/<int:number>.pdf", matters.blank, name="matter_blank"),
    path("publications", publications.publications, name="publications"),
    path("publications/<int:publication_id>", publications.publication, name="publication"),
    path("verify", public.verify, name="verify"),
    path("verify/<str:code>", public.verify_code, name="verify_code"),
    path("calculator", calculator.calculator, name="calculator"),
    path("processes/<slug:slug>", guide.guide, name="guide"),
    path("processes/<slug:slug>/forms/<slug:name>", guide.guide_form, name="guide_form"),
    path("figures", figures.figures, name="figures"),
    path("about", public.about, name="about"),
    path("accessibility", public.accessibility, name="accessibility"),
    path("privacy", privacy.privacy, name="privacy"),
    path("sign-in", accounts.sign_in, name="sign_in"),
    path("sign-out", accounts.sign_out, name="sign_out"),
    path("language", accounts.language, name="language"),
    path("look", accounts.look, name="look"),
    path("account", accounts.account, name="account"),
    path("start", starting.processes, name="start"),
    path("start/<slug:slug>", starting.start, name="start_process"),
    path("drafts/<uuid:draft_id>", filing.draft, name="draft"),
    path("drafts/<uuid:draft_id>/save", filing.save, name="draft_save"),
    path("drafts/<uuid:draft_id>/file", filing.file, name="draft_file"),
    path("drafts/<uuid:draft_id>/link", filing.link, name="draft_link"),
    path("resume/<str:token>", filing.resume, name="resume"),
    path("drafts/<uuid:draft_id>/check", signing.check, name="draft_check"),
    path("drafts/<uuid:draft_id>/sign", signing.sign, name="draft_sign"),
    path("drafts/<uuid:draft_id>/take-back", signing.take_back, name="draft_take_back"),
    path("countersign", signing.to_sign, name="to_sign"),
    path("countersign/<uuid:draft_id>", signing.second, name="countersign"),
    path("drafts/<uuid:draft_id>/discard", filing.discard, name="draft_discard"),
    path("receipt", receipts.receipt, name="receipt"),
    path("cases", cases.cases, name="cases"),
    path("cases/<str:number>", cases.case, name="case"),
    path("cases/<str:number>/clocks/<slug:name>", cases.clock_page, name="case_clock"),
    path("cases/<str:number>/receipt.pdf", receipts.paper, name="case_receipt"),
    path("cases/<str:number>/withdraw", cases.withdraw, name="case_withdraw"),
    path("cases/<str:number>/notes", desk_notes.notes, name="case_notes"),
    path("cases/<str:number>/training", training.booking, name="case_training"),
    path("cases/<str:number>/training.ics", training.calendar, name="case_training_calendar"),
    path("records", records.records, name="records"),
    path("records/<int:record_id>/reminder", records.reminder, name="record_reminder"),
    path("archive/<int:subject_id>", archive.archive, name="archive"),
    path("documents/<uuid:document_id>", cases.document, name="document"),
    path("documents/<uuid:document_id>/pages/<int:number>.png", desk_papers.page, name="document_page"),
    path("documents/<uuid:document_id>/view", desk_papers.paper, name="paper"),
    path("letters/<str:number>.pdf", cases.letter, name="letter"),
    path("window", window.window, name="window"),
    path("window/register", window.register, name="window_register"),
    path("window/for/<str:token>", window.begin, name="window_for"),
    path("window/drafts/<uuid:draft_id>", signing_sheet.papers, name="window_papers"),
    path("window/drafts/<uuid:draft_id>/sheet", signing_sheet.sheet, name="window_sheet"),
    path("window/drafts/<uuid:draft_id>/visitor", signing_sheet.visitor, name="window_visitor"),
    path(
        "window/drafts/<uuid:draft_id>/papers/<uuid:paper_id>/remove",
        signing_sheet.paper_remove,
        name="window_paper_remove",
    ),
    path("inbox", inbox.inbox, name="inbox"),
    path("inbox/read", inbox.read, name="inbox_read"),
    path("desk", desk.desk, name="desk"),
    path("desk/training", desk_training.sessions, name="training"),
    path("desk/training/<int:session_id>", desk_training.session, name="training_session"),
    path("desk/assistance", desk_assistance.assistances, name="assistances"),
    path("desk/assistance/<int:assistance_id>", desk_assistance.assistance, name="assistance"),
    path("desk/assistance/<int:assistance_id>/cancel", desk_assistance.cancel, name="assistance_cancel"),
    path("cases/<str:number>/assistance", desk_assistance.ask, name="assistance_ask"),
    path("tasks/<int:task_id>", desk_task.task, name="task"),
    path("tasks/<int:task_id>/save", desk_task.save, name="task_save"),
    path("tasks/<int:task_id>/claim", desk_task.claim, name="task_claim"),
    path("tasks/<int:task_id>/release", desk_task.release, name="task_release"),
    path("tasks/<int:task_id>/assign", desk_task.assign, name="task_assign"),
    path("control", control.control, name="control"),
    path("control/clocks", clocks.clocks, name="control_clocks"),
    path("control/views", saved.save, name="control_view_save"),
    path("control/views/<int:view_id>/delete", saved.delete, name="control_view_delete"),
    path("control/trends", trends.trends, name="control_trends"),
    path("control/heatmap", heatmap.heatmaps, name="control_heatmaps"),
    path("control/heatmap/<slug:slug>", heatmap.heatmap, name="control_heatmap"),
    path("control/heatmap/<slug:slug>.bpmn", heatmap.diagram, name="control_diagram"),
    path("control/load", load.load, name="control_load"),
    path("control/bulletin", bulletin.bulletin, name="control_bulletin"),
    path("control/bulletin.pdf", bulletin.bulletin_pdf, name="control_bulletin_pdf"),
    path("control/export.csv", exports.export, {"ending": "csv"}, name="control_export_csv"),
    path("control/export.xlsx", exports.export, {"ending": "xlsx"}, name="control_export_xlsx"),
    path("control/letters/<str:number>/retry", control.retry, name="letter_retry"),
    path("settings", config.settings, name="settings"),
    path("settings/calendar", config.calendar, name="settings_calendar"),
    path("settings/calendar/<int:year>", config.year, name="settings_year"),
    path("settings/calendar/<int:year>/change", config.year_change, name="settings_year_change"),
    path("settings/hours", config.hours, name="settings_hours"),
    path("settings/hours/<str:code>/change", config.hours_change, name="settings_hours_change"),
    path("settings/rules", config.rules, name="settings_rules"),
    path("settings/rules/new", config.rule_new, name="settings_rule_new"),
    path("settings/rules/<int:rule_id>/change", config.rule_change, name="settings_rule_change"),
    path("settings/changes", config_changes.changes, name="changes"),
    path("settings/changes/<int:change_id>", config_changes.change, name="change"),
    path("settings/changes/<int:change_id>/edit", config_changes.edit, name="change_edit"),
    path("settings/changes/<int:change_id>/apply", config_changes.act, {"act": "apply"}, name="change_apply"),
    path("settings/changes/<int:change_id>/undo", config_changes.act, {"act": "undo"}, name="change_undo"),
    path(
        "settings/changes/<int:change_id>/discard",
        config_changes.act,
        {"act": "discard"},
        name="change_discard",
    ),
]
