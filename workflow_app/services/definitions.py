"""Deploy processes as frozen bundles, and find the bundle a case or a new filing needs."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.db import connection, transaction

from workflow_app.domain import clock
from workflow_app.engine.bundles import Bundle, bundle_from_frozen, discover
from workflow_app.engine.errors import DefinitionInvalidError
from workflow_app.models import DeadlineRule, Definition
from workflow_app.selectors.changes import removed_rules
from workflow_app.selectors.revisions import RULE_KEY, rule_key
from workflow_app.services.errors import ProcessUnknownError
from workflow_app.services.time_lock import hold_time

# One deployment at a time, on however many machines: "DEPL" as a number.
_DEPLOYMENT_LOCK = 0x4445504C
_CACHED_BUNDLES = 500


def deploy_all(root: Path | None = None) -> list[Definition]:
    """Bring every process below `root` (the project's own if None) into force. Twice changes nothing.

    All of them pass the gate or none is deployed: raises DefinitionInvalidError with every problem. A new content
    becomes the current definition of its process; cases that run keep theirs.
    """
    # The gate knows the operations, which know this module.
    from workflow_app.gate import gate_problems, shared_problems

    root = root or settings.BASE_DIR
    bundles = discover(root)
    problems = [problem for bundle in bundles.values() for problem in gate_problems(bundle, root)]
    problems += shared_problems(bundles)
    if problems:
        raise DefinitionInvalidError(problems=problems)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_DEPLOYMENT_LOCK])
        # An administrator may be changing a rule at this moment.
        hold_time()
        return [_deploy(bundle) for bundle in bundles.values()]


def _deploy(bundle: Bundle) -> Definition:
    found = Definition.objects.filter(content_hash=bundle.content_hash).first()
    if found is None or not found.is_current:
        Definition.objects.filter(slug=bundle.slug, is_current=True).update(is_current=False)
    if found is None:
        found = Definition.objects.create(
            content_hash=bundle.content_hash,
            slug=bundle.slug,
            version=bundle.version,
            files=dict(bundle.files),
            manifest=bundle.manifest.as_dict(),
            is_current=True,
            created_at=clock.now(),
        )
    elif not found.is_current:
        found.is_current = True
        found.save(update_fields=["is_current"])
    _load_rules(bundle)
    return found


def _load_rules(bundle: Bundle) -> None:
    """The dated rules of deadlines.yaml; a row for the same clock, place and first day is brought up to date.

    What an administrator has changed or removed stays so: whoever is in charge knows better than a release.
    """
    text = bundle.files.get(f"bpmn/{bundle.slug}/deadlines.yaml", "")
    edited = DeadlineRule.objects.filter(process=bundle.slug, is_edited=True)
    left = {rule_key(rule) for rule in edited} | removed_rules(bundle.slug)
    for rule in yaml.safe_load(text) or []:
        values = {**_UNSAID, **rule}
        values["escalation"] = {str(percent): level for percent, level in values["escalation"].items()}
        key: dict[str, Any] = {"process": bundle.slug} | {name: values.pop(name) for name in RULE_KEY[1:]}
        if tuple(key.values()) not in left:
            DeadlineRule.objects.update_or_create(**key, defaults=values)


# What a rule does not say, so that a row loses what its rule no longer says.
_UNSAID: dict[str, Any] = {
    "cap_amount": None,
    "pauses": "",
    "extended_by": "",
    "escalation": {},
    "valid_until": None,
    "is_assumed": False,
}


def current_bundle(slug: str) -> tuple[Definition, Bundle]:
    """The definition in force of a process. Raises ProcessUnknownError."""
    definition = Definition.objects.only(*_LIGHT).filter(slug=slug, is_current=True).first()
    if definition is None:
        raise ProcessUnknownError(slug=slug)
    return definition, bundle_of(definition.pk)


def list_current() -> list[tuple[Definition, Bundle]]:
    """Every definition in force with its bundle, by slug."""
    rows = Definition.objects.only(*_LIGHT).filter(is_current=True).order_by("slug")
    return [(row, bundle_of(row.pk)) for row in rows]


@lru_cache(maxsize=_CACHED_BUNDLES)
def bundle_of(definition_id: int) -> Bundle:
    """The bundle of a stored definition, from memory after the first time: a definition never changes.

    Raises Definition.DoesNotExist, and DefinitionInvalidError if the row is not what was hashed.
    """
    row = Definition.objects.get(pk=definition_id)
    return bundle_from_frozen(row.slug, row.version, row.content_hash, row.files, row.manifest)


# All but the texts, which lie in memory.
_LIGHT = ("id", "content_hash", "slug", "version", "is_current", "created_at")
