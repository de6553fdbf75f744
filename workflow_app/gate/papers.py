"""Forms, letters and messages: each one that is named exists and is sound, each one that exists is named."""

from collections.abc import Iterator

from django.template import TemplateSyntaxError
from django.template.loader_tags import ExtendsNode

from forms.gate import check_schema
from forms.loader import form_from_files, form_names
from forms.phrases import check_phrases, phrases_path
from notifications.texts import CHINESE, ENGLISH, compile_text, text_paths
from workflow_app.domain.errors import CreditError
from workflow_app.gate.deadlines import has_caps
from workflow_app.gate.subject import Subject, constant
from workflow_app.letters.templating import compile_letter, letter_pages

# Told without a step in the diagram, or expected of every process.
STANDARD_EVENTS = ("received", "task_waiting", "decided", "withdrawn", "due_soon", "overdue", "reminder")
# Told when a supervisor lengthens a deadline, which is possible where a rule names the longest period.
EXTENDED_EVENT = "extended"
# Told where officers and applicants write to each other, and where a source unit is asked (协查): any case may need it.
DESK_EVENTS = ("note_added", "mentioned", "assistance_asked", "assistance_answered", "assistance_due")
# Told by whoever files: a second signature that is wanted or refused, and who may act for an organisation.
FILING_EVENTS = ("countersign_asked", "countersign_refused", "mandate_changed")
# Told by the training service, wherever a process sends people to a training.
TRAINING_EVENTS = ("training_promoted", "training_again")
# Told without a case, to whoever asked to be: repair of a record may soon be applied for.
APPLY_EVENTS = ("apply_soon",)


def check(subject: Subject) -> Iterator[str]:
    """Every breach, with the name of the file."""
    yield from _forms(subject)
    yield from _letters(subject)
    yield from _messages(subject)


def _forms(subject: Subject) -> Iterator[str]:
    files, slug = subject.bundle.files, subject.slug
    present = set(form_names(files, slug))
    used = {spec.form for spec in subject.program.tasks.values()} | {subject.bundle.manifest.start_form}
    for name in sorted(used - present):
        if name:
            yield f"forms/{slug}/{name}.schema.json：文件不存在"
    for name in sorted(present - used):
        yield f"forms/{slug}/{name}.schema.json：没有任何用户任务使用该表单"
    sound = {}
    for name in sorted(present):
        try:
            form = form_from_files(files, slug, name)
        except CreditError as error:
            yield f"forms/{slug}/{name}：{error}"
            continue
        problems = check_schema(form)
        yield from (f"forms/{slug}/{problem}" for problem in problems)
        if not problems:
            sound[name] = form
    # Sentences name fields and answers: they are looked at once the forms are sound.
    if present == sound.keys():
        yield from (f"{phrases_path(slug)}：{problem}" for problem in check_phrases(files, slug, sound))


def _letters(subject: Subject) -> Iterator[str]:
    folder = f"forms/{subject.slug}/letters"
    present = subject.bundle.below(folder, ".html")
    named = {f"{folder}/{letter.kind}.html" for letter in subject.bundle.manifest.letters}
    for kind in sorted(
        {each.kind for each in subject.bundle.manifest.letters} - _given(subject, "letter", "kind")
    ):
        yield f"{subject.manifest_path}：没有任何步骤出具文书 {kind}"
    for path in sorted(named - present.keys()):
        yield f"{path}：文书文本不存在"
    for path, text in present.items():
        if path not in named:
            yield f"{path}：manifest 的 letters 中没有这种文书"
            continue
        try:
            template = compile_letter(text)
        except TemplateSyntaxError as error:
            yield f"{path}：模板有误：{error}"
            continue
        extends = template.nodelist.get_nodes_by_type(ExtendsNode)
        parents = [getattr(node.parent_name, "var", "") for node in extends if isinstance(node, ExtendsNode)]
        if not parents or parents[0] not in letter_pages():
            yield f"{path}：文书应当继承文书页面（{'、'.join(letter_pages())}）"


def _messages(subject: Subject) -> Iterator[str]:
    slug, events = subject.slug, subject.bundle.manifest.notifications
    for event in needed_events(subject):
        if event not in events:
            yield f"{subject.manifest_path}：notifications 中缺少标准通知 {event}"
    told = {
        *needed_events(subject),
        *STANDARD_EVENTS,
        *DESK_EVENTS,
        *FILING_EVENTS,
        *TRAINING_EVENTS,
        *APPLY_EVENTS,
        *_given(subject, "notify", "event"),
    }
    for event in sorted(set(events) - told):
        yield f"{subject.manifest_path}：没有任何步骤发出通知 {event}"
    named = {
        path
        for event in events
        for language in (CHINESE, ENGLISH)
        for path in text_paths(slug, event, language)
    }
    present = subject.bundle.below(f"notifications/{slug}")
    for path in sorted(named - present.keys()):
        yield f"{path}：通知文本不存在"
    for path in sorted(present.keys() - named):
        yield f"{path}：manifest 的 notifications 中没有这种通知"
    for path in sorted(named & present.keys()):
        if not present[path].strip():
            yield f"{path}：通知文本是空的"
        try:
            compile_text(present[path])
        except TemplateSyntaxError as error:
            yield f"{path}：模板有误：{error}"


def needed_events(subject: Subject) -> list[str]:
    """The standard events this process has to have words for."""
    manifest = subject.bundle.manifest
    needed = ["decided", "withdrawn"]
    # Who does not file is not told that the filing was received.
    if {"applicant", "clerk"} & set(manifest.starters):
        needed.append("received")
    if "applicant" in manifest.starters:
        needed += FILING_EVENTS
    if any(spec.role == "applicant" for spec in subject.program.tasks.values()):
        needed.append("task_waiting")
    if subject.program.tasks:
        needed += ["reminder", *DESK_EVENTS]
    if manifest.clocks:
        needed += ["due_soon", "overdue"]
    if has_caps(subject):
        needed.append(EXTENDED_EVENT)
    return needed


def _given(subject: Subject, domain: str, parameter: str) -> set[str]:
    """The constants that service tasks of a domain give for a parameter."""
    return {
        str(constant(node.parameters[parameter]))
        for node in subject.program.diagram.of_kind("serviceTask")
        if node.operation.startswith(f"{domain}.") and parameter in node.parameters
    }
