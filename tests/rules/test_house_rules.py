"""The house rules, read from the code itself (house style 1)."""

import ast
import re
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from django.forms import BaseForm, Textarea, TextInput
from django.template.base import Lexer, TokenType
from django_fsm import FSMField

from authorities.vocabulary import Role
from imidesk.core.kept import Field
from requests_app import guards
from requests_app.models import InformationRequest
from requests_app.permissions import DESK_JOBS
from requests_app.vocabulary import EVENT_DETAILS, FILE_PARTS, RULES, TEXT_PARTS, Action, FileKind, Grant, TextKind

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("imidesk", "authorities", "requests_app", "archive")
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
PAGES = [path for path in TEMPLATES if path.suffix == ".html"]
MAILS = sorted((ROOT / "templates" / "email").glob("*.txt"))
TRANSITIONS = [
    transition
    for field in InformationRequest._meta.get_fields()
    if isinstance(field, FSMField)
    for transition in field.get_all_transitions(InformationRequest)
]
STEPS = {transition.name for transition in TRANSITIONS}
# What a mail may say: number, module, deadline, link, and whom to ask (NOT-10).
MAIL_WORDS = {"number", "reference", "module", "fictitious", "deadline", "link", "contact", "contact.phone"}
# Of reminders: whether the date has passed, who is away, and what else is due, by the table of reminders.
MAIL_WORDS |= {"is_late", "for_absent", "also", "line"}
# The anchor of the audit trail is no mail about a request: numbers and a digest (SP-09).
ANCHOR_WORDS = {"day"} | {f"anchor.{name}" for name in ("chains", "events", "digest", "key_id", "signature")}
# Nor is the alarm of an erasure: counts and the way to the register (SP-23).
ALARM_WORDS = {"void", "held", "others", "link"}
OTHER_WORDS = {"daily_anchor": ANCHOR_WORDS, "alarm": {"link"}, "search_asked": {"link"}, "erasure_alarm": ALARM_WORDS}


@cache
def modules():
    """Every module of the product with its syntax tree; migrations are Django's."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return {
        path.relative_to(ROOT): ast.parse(path.read_text(encoding="utf-8"))
        for path in paths
        if "migrations" not in path.parts
    }


def within(*parts):
    """Modules and packages of that name, in every app; the practice pages are views, an `overview_form` is a form."""
    names = {*parts, *({"practice"} if "views" in parts else ())}
    ends = ("_form", "_forms") if "forms" in parts else ()
    return {
        path: tree
        for path, tree in modules().items()
        if names & {*path.parts[:-1], path.stem} or path.stem.endswith(ends)
    }


def places(trees, is_wrong):
    return [
        f"{path}:{node.lineno} {ast.unparse(node)[:80]}"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if is_wrong(node)
    ]


def imported(tree):
    """Full names of what a module imports, and the local names of modules among them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, alias.asname or alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module}.{alias.name}", alias.asname or alias.name) for alias in node.names)


def importers(package):
    return {
        path.as_posix()
        for path, tree in modules().items()
        if any(name == package or name.startswith(f"{package}.") for name, _ in imported(tree))
    }


def calls(name):
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == name:
                yield path, node


def performing():
    """Every call of the one door, with the step it takes: for one request, or at night for many."""
    for name, place in (("perform", 0), ("perform_many", 1)):
        yield from ((path, node, node.args[place]) for path, node in calls(name))


def test_every_class_of_a_form_stands_in_a_module_of_forms():
    """Else the rules of forms pass it by."""
    kinds = re.compile(r"\w*Form(Set)?")
    defining = {
        path
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and any(kinds.fullmatch(ast.unparse(base).split(".")[-1]) for base in node.bases)
    }

    assert Path("imidesk/monitoring/practice_forms.py") in defining
    assert sorted(map(str, defining - set(within("forms")))) == []


def test_screens_and_tasks_ask_selectors_and_services():
    """House rule 1, SP-29: an own query on a page would be a second definition of who may see."""
    screens = within("views", "forms", "templatetags", "tasks", "commands")
    managers = {"objects", "_base_manager", "_default_manager"}
    shortcuts = {
        "get_object_or_404",
        "get_list_or_404",
        "aget_object_or_404",
        "ModelForm",
        "ModelChoiceField",
        "ModelMultipleChoiceField",
    }

    assert len(screens) > 10
    assert places(screens, lambda node: isinstance(node, ast.Attribute) and node.attr in managers) == []
    assert [
        f"{path}: {name}"
        for path, tree in screens.items()
        for name, _ in imported(tree)
        if name.split(".")[-1] in shortcuts
    ] == []
    assert places(screens, lambda node: isinstance(node, ast.Attribute) and node.attr in shortcuts) == []
    assert places(screens, _asks_along_a_relation) == []


def _asks_along_a_relation(node):
    """`info_request.questions.all()`: what a page shows of a request comes from a selector, which knows who looks."""
    asking = {"all", "filter", "exclude", "select_related", "prefetch_related", "get_queryset"}
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in asking


def test_what_stands_in_an_address_is_looked_for_inside_its_request():
    """Pitfall 17: a file, question or viewer is asked for together with the request or the user, never by itself."""
    nested = {"file", "question", "viewer", "absence", "pk", "letter"}
    whose = re.compile(r"\b(info_request|user|actor|_user\(|user_of\(|reference|saved|tabs?|form)\b")
    seen = []
    for path, tree in within("views").items():
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef) or function.name.startswith("_"):
                continue
            given = nested & {argument.arg for argument in function.args.args}
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call) and given):
                values = [*call.args, *(keyword.value for keyword in call.keywords)]
                if any(isinstance(value, ast.Name) and value.id in given for value in values):
                    seen.append(path)
                    assert whose.search(ast.unparse(call)), f"{path}:{call.lineno} {ast.unparse(call)}"
    assert len(seen) > 8


def test_choices_of_forms_come_from_selectors():
    """A form that asks the database itself would offer what its user may not know of."""
    forms = within("forms")
    named = {name for tree in forms.values() for name, _ in imported(tree)}
    assert any(".selectors" in name for name in named)
    for path, tree in forms.items():
        models = {local for name, local in imported(tree) if ".models" in name}
        calls_of_models = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in models
        ]
        assert [ast.unparse(node) for node in calls_of_models if node.attr[0].islower()] == [], path


def test_no_text_of_users_becomes_markup_or_a_format_string():
    """SP-33."""
    unsafe = {"mark_safe", "SafeString", "SafeText", "Template", "format", "format_map", "safestring"}

    def is_wrong(node):
        return isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in unsafe

    assert places(modules(), is_wrong) == []
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\|\s*(safe|safeseq)\b|autoescape\s+off", text), path


def test_pages_have_no_code_and_no_style_of_their_own():
    """The content policy would stop it."""
    wrong = re.compile(r"""\sstyle=|\son\w+=|<style|<script(?![^>]*\ssrc=)|javascript:""", re.IGNORECASE)
    for path in PAGES:
        if "report" not in path.parts:
            assert not wrong.search(path.read_text(encoding="utf-8")), path


def _layouts(path):
    """The page itself and what it extends, up to the skeleton."""
    while path:
        yield path
        extended = re.search(r'{% extends "([^"]+)" %}', path.read_text(encoding="utf-8"))
        path = extended and ROOT / "templates" / extended[1]


def _with_parts(path):
    """The page itself and what it includes, at any depth."""
    parts = re.findall(r'{% include "([^"]+)"', path.read_text(encoding="utf-8"))
    return {path}.union(*(_with_parts(ROOT / "templates" / part) for part in parts))


def test_every_form_beside_sealed_text_says_who_opened_it():
    """SP-14: without it what one person typed is given to who signed in after him."""
    sealed = ROOT / "templates" / "core" / "sealed.html"
    nobody_signed_in = ROOT / "templates" / "account" / "sign_in_again.html"
    pages = [path for path in PAGES if path != sealed and sealed in _layouts(path)]
    parts = set().union(*(_with_parts(page) for page in pages)) - {nobody_signed_in}
    seen = 0
    for path in parts:
        text = path.read_text(encoding="utf-8")
        forms = len(re.findall(r'method="post"', text))
        assert text.count("{% csrf_token %}{% owner_mark %}") == forms, path
        seen += forms
    assert seen > 40


def test_one_small_word_in_a_sealed_field_is_no_code():
    """SP-14: "geen" is given back too; the names of the fields for words stand in kept.py."""
    forms = {
        form
        for path in within("forms")
        for form in vars(import_module(".".join(path.with_suffix("").parts))).values()
        if isinstance(form, type) and issubclass(form, BaseForm) and hasattr(form, "base_fields")
    }
    typed = {
        (form.__name__, name): Field(name, "geen").is_text or Field(f"set-0-{name}", "geen").is_text
        for form in forms
        for name, field in form.base_fields.items()
        if type(field.widget) in (Textarea, TextInput) and field.widget.attrs.get("translate") == "no"
    }

    assert {("RefuseForm", "words"), ("LetterForm", "text"), ("NumberForm", "value")} <= set(typed)
    assert [field for field, is_text in typed.items() if not is_text] == []


def test_steps_are_taken_only_through_perform():
    """Design idea 2: the step goes to workflow.perform as a bound method; nothing else calls one."""

    def is_wrong(node):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return False
        receiver = ast.unparse(node.func.value).split(".")[-1]
        return node.func.attr in STEPS and "request" in receiver and bool(node.args or node.keywords)

    assert places(modules(), is_wrong) == []
    performed = list(performing())
    assert len(performed) > 20
    for path, node, step in performed:
        steps = [step.body, step.orelse] if isinstance(step, ast.IfExp) else [step]
        assert {step.attr for step in steps} <= STEPS, f"{path}:{node.lineno}"
        assert {"action", "at"} <= {keyword.arg for keyword in node.keywords}, f"{path}:{node.lineno}"
        assert {"services", "workflow"} & {*path.parts, path.stem}, f"{path}:{node.lineno}"


def test_every_step_is_performed_and_every_action_is_said():
    performed = list(performing())
    steps = {part.attr for _, _, step in performed for part in ast.walk(step) if isinstance(part, ast.Attribute)}
    said = {
        part.attr
        for _, node, _ in performed
        for keyword in node.keywords
        if keyword.arg == "action"
        for part in ast.walk(keyword.value)
        if isinstance(part, ast.Attribute)
    }

    assert steps >= STEPS
    assert said == set(Action.__members__)


def test_every_step_has_a_permission_of_our_own():
    """A step without one is open to everybody, a string one to every superuser."""
    known = {guards.desk_only, guards.registered_by}
    for transition in TRANSITIONS:
        named = getattr(transition.permission, "__module__", "") == "requests_app.guards"
        assert transition.permission in known or isinstance(transition.permission, guards.HoldsOne) or named, transition


def test_nobody_changes_the_state_past_the_door():
    """`protected` does not stop update() and bulk_update()."""

    def is_wrong(node):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return False
        named = {keyword.arg for keyword in node.keywords}
        return node.func.attr == "refresh_from_db" or (
            node.func.attr == "update"
            and bool({"state", "data_state"} & named)
            and "InformationRequest" in ast.unparse(node.func)
        )

    assert places(modules(), is_wrong) == []


def test_services_open_the_transaction_and_do_not_call_each_other():
    """House rule 2."""
    for path, tree in within("services").items():
        if path.stem == "__init__":
            continue
        others = [name for name, _ in imported(tree) if re.search(r"(requests_app|archive)\.services", name)]
        assert others == [], path
        for function in tree.body:
            if not isinstance(function, ast.FunctionDef) or function.name.startswith("_"):
                continue
            performs = any(
                ast.unparse(node.func) == "workflow.perform"
                for node in ast.walk(function)
                if isinstance(node, ast.Call)
            )
            decorators = [ast.unparse(decorator) for decorator in function.decorator_list]
            assert not performs or "transaction.atomic(durable=True)" in decorators, f"{path}: {function.name}"


def test_only_permissions_make_a_look():
    """SP-07."""
    askers = {"requests_app/permissions.py", "archive/person_rights/permissions.py"}
    assert {path.as_posix() for path, _ in calls("make_look")} == {"requests_app/permissions.py"}
    assert {path.as_posix() for path, _ in calls("recorded_look")} == askers


def test_the_desk_looks_only_for_jobs_of_the_list():
    """SP-07."""
    looked = {
        ast.literal_eval(node.args[0]) for _, node in calls("look_for_desk") if isinstance(node.args[0], ast.Constant)
    }

    assert looked <= set(DESK_JOBS)


def test_only_the_vault_knows_cryptography():
    """SP-01."""
    assert importers("cryptography") == {"imidesk/core/vault.py"}


def test_only_tasks_and_the_wiring_know_celery():
    """Services wake the worker by the name of a task."""
    apps = {path for path in importers("celery") if not path.endswith("tasks.py")}
    assert apps <= {"imidesk/celery.py", "imidesk/core/wake.py", "imidesk/core/logging.py", "imidesk/__init__.py"}


def test_there_are_no_model_signals_and_no_catch_all_modules():
    """House rule 10."""
    for name in ("django.dispatch", "django.db.models.signals", "django.core.signals", "django.contrib.admin"):
        assert importers(name) == set(), name
    assert [path for path in modules() if path.stem in {"utils", "util", "helpers", "signals", "misc", "common"}] == []


def test_models_have_no_logic_in_save():
    """House rule 10."""

    def is_wrong(node):
        return isinstance(node, ast.FunctionDef) and node.name in {"save", "delete"}

    assert places(within("models"), is_wrong) == []


def test_tables_have_a_row_for_every_word():
    """Design idea 6; SP-10: an event says codes, dates, numbers and ids."""
    assert set(EVENT_DETAILS) == set(Action)
    assert set(RULES) == set(Grant)
    assert set(TEXT_PARTS) == set(TextKind)
    assert set(FILE_PARTS) == set(FileKind)
    kinds = {kind for details in EVENT_DETAILS.values() for kind in details.values()}
    assert kinds <= {"code", "codes", "date", "number", "id", "ids", "flag"}
    roles = {role for rule in RULES.values() for role in (*rule.roles, *rule.without_allocation)}
    assert roles <= set(Role)
    assert not RULES[Grant.READ_PERSON].roles and not RULES[Grant.READ_PERSON].without_allocation


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_a_mail_says_number_module_deadline_and_link_only(path):
    """NOT-10, pitfall 25."""
    tags = {"load", "extends", "block", "endblock", "translate", "blocktranslate", "endblocktranslate", "autoescape"}
    used = set()
    for token in Lexer(path.read_text(encoding="utf-8")).tokenize():
        if token.token_type == TokenType.VAR:
            used.add(token.contents.split("|")[0].strip())
        elif token.token_type == TokenType.BLOCK:
            tag, *words = token.split_contents()
            if tag == "for":
                used |= {words[0], words[2]}
            elif tag in {"if", "elif"}:
                used |= set(words) - {"and", "or", "not"}
            else:
                assert tag in tags | {"endautoescape", "else", "endif", "endfor"}, f"{path.name}: {tag}"
                assert tag not in {"blocktranslate"} or words in ([], ["trimmed"], ["trimmed", "with", "day=day"]), (
                    f"{path.name}: {words}"
                )

    assert used <= OTHER_WORDS.get(path.stem, MAIL_WORDS)
