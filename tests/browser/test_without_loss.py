"""Nothing typed on a tab is lost, whatever happens to network, session, token or page (SP-14, pitfalls 22, 23)."""

import re
from urllib.parse import parse_qs
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.factories.files import pdf_bytes, png_bytes

pytestmark = pytest.mark.browser

HANDLER, OTHER = "Noor", "Teun"
SAVED = re.compile("^Opgeslagen om ")
PATIENCE = 20_000
SAVE_ADDRESS = re.compile(r"/tab/[A-Z]/[0-9a-f-]{36}/$")
UPLOAD_ADDRESS = re.compile(r"/tab/[A-Z]/[0-9a-f-]{36}/bijlage/$")


def words() -> str:
    return f"Größe – Łódź {uuid4().hex}\nTweede regel"


def sign_in(page: Page, desk, person: str) -> None:
    page.goto(f"{desk.address}/oefenen/personen/")
    with page.expect_navigation():
        page.get_by_role("button", name=person).first.click()


@pytest.fixture
def browser_of(chromium: Browser, desk):
    """browser_of(script=False) gives a browser in which the handler is signed in."""
    contexts: list[BrowserContext] = []

    def start(*, script: bool = True) -> BrowserContext:
        context = chromium.new_context(java_script_enabled=script, locale="nl")
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        sign_in(page, desk, HANDLER)
        page.close()
        return context

    yield start
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def address(chromium: Browser, desk) -> str:
    """Tab A of the first request that the handler answers."""
    context = chromium.new_context(locale="nl")
    page = context.new_page()
    sign_in(page, desk, HANDLER)
    page.goto(f"{desk.address}/verzoeken/?state=accepted")
    references = [link.inner_text() for link in page.locator("main a[href*='/verzoeken/NB-']").all()]
    for reference in dict.fromkeys(references):
        page.goto(f"{desk.address}/verzoeken/{reference}/tab/A/")
        if page.locator("form[data-autosave]").count():
            break
    found = page.url
    context.close()
    return found


class Tab:
    """That tab in a page, and the text of one of its questions."""

    def __init__(self, page: Page, desk, address: str, place: int = 0) -> None:
        self.page, self.desk, self.address = page, desk, address
        page.goto(address)
        self.text = page.locator("textarea[name^=text-]").nth(place)
        self.key = (self.text.get_attribute("name") or "").removeprefix("text-")
        self.saved = page.locator(f"#saved-{self.key}")

    def expect_saved(self) -> None:
        expect(self.saved).to_have_text(SAVED, timeout=PATIENCE)

    def write(self, text: str) -> None:
        self.text.fill(text)

    def write_and_save(self) -> str:
        text = words()
        self.write(text)
        self.text.blur()
        self.expect_saved()
        return text

    def save_all(self) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="Tabblad opslaan").click()

    def stored(self) -> str:
        """What the desk gives to a page that is opened now."""
        page = self.page.context.new_page()
        page.goto(self.address)
        found = page.locator(f"[name='text-{self.key}']").input_value()
        page.close()
        return found


@pytest.fixture
def tab(browser_of, desk, address) -> Tab:
    return Tab(browser_of().new_page(), desk, address)


def test_what_is_typed_saves_itself_and_says_so(tab):
    text = words()
    tab.text.press_sequentially(text[:12])
    tab.expect_saved()
    expect(tab.page.locator("#live")).to_have_text(SAVED)
    tab.write(text)
    tab.text.blur()
    tab.expect_saved()

    assert tab.stored() == text
    kept = """async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length,
                           (await navigator.serviceWorker.getRegistrations()).length, (await caches.keys()).length]"""
    assert tab.page.evaluate(kept) == [0, 0, 0, 0, 0]


def test_progress_follows_without_reloading(tab):
    section = tab.page.locator(f"[data-question='{tab.key}']")
    standard = section.locator("select[name^=standard-]")
    section.locator("input[type=radio][value='']").first.check()
    standard.select_option("data_protection")
    tab.write_and_save()
    state = tab.page.locator(f"#state-{tab.key}")
    excused = state.inner_text()
    standard.select_option("")
    expect(state).not_to_have_text(excused, timeout=PATIENCE)
    before = tab.page.locator("#progress-tab").get_attribute("value")

    standard.select_option("data_protection")
    tab.write_and_save()

    expect(tab.page.locator("#progress-tab")).to_have_attribute("value", str(int(before or 0) + 1), timeout=PATIENCE)
    assert standard.input_value() == "data_protection"


def test_a_double_click_saves_once_and_is_no_conflict(tab):
    text = words()
    tab.write(text)
    with tab.page.expect_navigation():
        tab.page.get_by_role("button", name="Tabblad opslaan").dblclick()

    assert tab.text.input_value() == text
    assert tab.page.locator("[name^=keep-]").count() == 0


def test_a_lost_network_keeps_the_text_and_sends_it_later(tab):
    text = words()
    tab.page.context.set_offline(True)
    tab.write(text)
    expect(tab.saved).to_contain_text("geen verbinding", timeout=PATIENCE)
    tab.page.get_by_role("button", name="Tabblad opslaan").click()
    expect(tab.page.locator("#connection-lost")).to_be_visible(timeout=PATIENCE)
    assert tab.text.input_value() == text

    tab.page.context.set_offline(False)
    tab.expect_saved()
    assert tab.stored() == text


def test_a_desk_that_restarts_is_waited_for(tab):
    text = words()
    tab.page.route(SAVE_ADDRESS, lambda route: route.fulfill(status=503, body=""))
    tab.write(text)
    expect(tab.saved).to_contain_text("geen verbinding", timeout=PATIENCE)
    tab.page.unroute(SAVE_ADDRESS)

    tab.expect_saved()
    assert tab.stored() == text


def test_a_reply_that_was_lost_is_no_conflict(tab):
    """The desk saved, the page does not know it, and the text goes on (pitfall 23)."""

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    tab.page.route(SAVE_ADDRESS, lose)
    tab.write("Half")
    expect(tab.saved).to_contain_text("geen verbinding", timeout=PATIENCE)
    tab.page.unroute(SAVE_ADDRESS)
    text = tab.write_and_save()

    assert tab.stored() == text
    assert tab.page.locator("[name^=keep-]").count() == 0


def test_a_change_has_one_name_however_often_it_is_sent(tab):
    """So that what comes twice is written once, and its own name stays among those that were sent."""
    tokens: list[str] = []

    def lose(route: Route) -> None:
        tokens.append(parse_qs(route.request.post_data or "")["token"][0])
        route.abort()

    tab.page.route(SAVE_ADDRESS, lose)
    tab.write(words())
    tab.text.blur()
    expect(tab.saved).to_contain_text("geen verbinding", timeout=PATIENCE)
    while len(tokens) <= 20:
        tab.page.evaluate("window.dispatchEvent(new Event('online'))")
        tab.page.wait_for_timeout(50)
    tab.page.unroute(SAVE_ADDRESS)
    while not SAVED.match(tab.saved.inner_text()):
        tab.page.evaluate("window.dispatchEvent(new Event('online'))")
        tab.page.wait_for_timeout(500)

    assert set(tokens) == {tokens[0]}
    assert tab.page.locator(f"[name='sent-{tab.key}']").input_value() == tokens[0]


def test_saving_the_tab_while_an_answer_saves_itself(tab):
    """The lock does not fight its own autosave (pitfall 23)."""
    held: list[Route] = []
    tab.page.route(SAVE_ADDRESS, lambda route: held.append(route) if not held else route.continue_())
    tab.write("Eerst")
    tab.page.wait_for_timeout(1500)
    assert len(held) == 1
    text = words()
    tab.write(text)
    with tab.page.expect_navigation():
        tab.page.get_by_role("button", name="Tabblad opslaan").click()

    assert tab.stored() == text
    assert tab.page.locator("[name^=keep-]").count() == 0


def test_two_tabs_show_both_texts_and_the_person_chooses(tab):
    tab.write_and_save()
    second = Tab(tab.page.context.new_page(), tab.desk, tab.address)
    theirs = second.write_and_save()
    mine = words()
    tab.write(mine)
    tab.text.blur()

    conflict = tab.page.locator(f"#conflict-{tab.key}")
    expect(conflict).to_contain_text(theirs.split("\n")[0], timeout=PATIENCE)
    expect(conflict).to_contain_text(mine.split("\n")[0])
    assert second.stored() == theirs
    conflict.locator("[value=mine]").check()
    with tab.page.expect_navigation():
        conflict.get_by_role("button").click()
    assert tab.stored() == mine


def end_session(context: BrowserContext) -> None:
    context.clear_cookies(name=re.compile("sessionid"))


def test_an_ended_session_hides_the_page_and_signing_in_again_sends_the_text(tab):
    context = tab.page.context
    end_session(context)
    text = words()
    tab.write(text)
    tab.text.blur()

    expect(tab.page.get_by_role("heading", name="Je bent afgemeld")).to_be_visible(timeout=PATIENCE)
    expect(tab.text).to_be_hidden()
    with context.expect_page() as opened:
        tab.page.get_by_role("link", name="Aanmelden in een nieuw tabblad").click()
    with opened.value.expect_navigation():
        opened.value.get_by_role("button", name=HANDLER).first.click()

    expect(tab.text).to_be_visible(timeout=PATIENCE)
    tab.expect_saved()
    assert tab.stored() == text


def test_an_ended_session_is_not_asked_again_and_again(tab):
    saves: list[str] = []
    tab.page.on("request", lambda request: saves.append(request.url) if SAVE_ADDRESS.search(request.url) else None)
    end_session(tab.page.context)
    tab.write(words())
    tab.text.blur()
    expect(tab.page.get_by_role("heading", name="Je bent afgemeld")).to_be_visible(timeout=PATIENCE)
    tab.page.wait_for_timeout(3_000)

    assert 1 <= len(saves) <= 3


def test_the_sign_in_of_somebody_else_destroys_the_text(tab):
    end_session(tab.page.context)
    text = words()
    tab.write(text)
    tab.text.blur()
    expect(tab.page.get_by_role("heading", name="Je bent afgemeld")).to_be_visible(timeout=PATIENCE)

    sign_in(tab.page.context.new_page(), tab.desk, OTHER)

    expect(tab.page.get_by_role("heading", name="Iemand anders heeft zich aangemeld")).to_be_visible(timeout=PATIENCE)
    assert text.split("\n")[0] not in tab.page.content()
    assert tab.page.locator("textarea").count() == 0


def test_a_token_that_is_old_is_replaced(tab):
    """Signed in again in another tab: the token of this page is not the present one any more."""
    sign_in(tab.page.context.new_page(), tab.desk, HANDLER)
    text = tab.write_and_save()

    assert tab.stored() == text


def test_leaving_by_a_link_saves_first_and_back_finds_it(tab):
    dialogs: list[str] = []
    tab.page.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.accept()))
    text = words()
    tab.write(text)
    with tab.page.expect_navigation():
        tab.page.get_by_role("link", name="Overzicht").first.click()
    assert dialogs == []
    assert tab.stored() == text

    tab.page.go_back()
    assert tab.text.input_value() == text


def test_closing_warns_only_when_something_is_unsaved(tab):
    dialogs: list[str] = []
    tab.write_and_save()
    second = Tab(tab.page.context.new_page(), tab.desk, tab.address, place=1)
    for page in (tab.page, second.page):
        page.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.dismiss()))
    with tab.page.expect_event("close"):
        tab.page.close(run_before_unload=True)
    assert dialogs == []

    second.page.context.set_offline(True)
    second.write(words())
    with second.page.expect_event("dialog"):
        second.page.close(run_before_unload=True)
    assert dialogs == ["beforeunload"]
    second.page.context.set_offline(False)
    second.expect_saved()


def test_attachments_are_added_together_and_refusals_name_the_file(tab):
    files = tab.page.locator(f"[name='files-{tab.key}']")
    name = f"bewijs-{uuid4().hex}.pdf"
    good = {"name": name, "mimeType": "application/pdf", "buffer": pdf_bytes()}
    scan = {"name": "scan.png", "mimeType": "image/png", "buffer": png_bytes()}
    bad = {"name": "macro.html", "mimeType": "text/html", "buffer": b"<html></html>"}
    files.set_input_files([good, bad])
    expect(tab.page.locator(f"#upload-{tab.key}")).to_contain_text("“macro.html”", timeout=PATIENCE)
    assert tab.page.get_by_role("link", name=name, exact=True).count() == 0

    files.set_input_files([good, scan])
    expect(tab.page.get_by_role("link", name=name, exact=True)).to_be_visible(timeout=PATIENCE)
    expect(tab.page.locator(f"#attachments-{tab.key}")).to_contain_text("niet op virussen gescand")


@pytest.mark.parametrize("wait", [0, 1_500], ids=["at once", "once it is refused"])
def test_saving_after_a_refused_file_shows_the_refusal_and_then_saves(tab, wait):
    refusal = tab.page.locator(f"#upload-{tab.key} [role=alert]")
    save = tab.page.get_by_role("button", name="Tabblad opslaan")
    bad = {"name": "brief.pdf", "mimeType": "application/pdf", "buffer": b"<html></html>"}
    tab.page.locator(f"[name='files-{tab.key}']").set_input_files([bad])
    tab.page.wait_for_timeout(wait)
    save.click()
    expect(refusal).to_be_focused(timeout=PATIENCE)
    expect(refusal).to_contain_text("“brief.pdf”")

    tab.save_all()
    expect(refusal).to_have_count(0)


def test_a_press_goes_through_though_the_answer_saved_by_itself_is_refused(tab):
    """Also when the refusal moves the button away while the mouse is down."""
    tab.text.fill("x" * 50_001)
    button = tab.page.get_by_role("button", name="Tabblad opslaan")
    button.scroll_into_view_if_needed()
    box = button.bounding_box() or {}
    tab.page.mouse.move(box["x"] + 5, box["y"] + 5)
    with tab.page.expect_navigation():
        tab.page.mouse.down()
        tab.page.wait_for_timeout(600)
        tab.page.mouse.up()

    expect(tab.page.locator(".desk-error-summary")).to_be_focused()
    expect(tab.page.locator(f"#id_text-{tab.key}_error")).to_contain_text("50.000")
    assert len(tab.text.input_value()) == 50_001


def pdf(name: str) -> dict[str, object]:
    return {"name": name, "mimeType": "application/pdf", "buffer": pdf_bytes()}


def test_files_chosen_during_an_upload_follow_it(tab):
    """Also with a token that is old: signed in again in another tab."""
    held: list[Route] = []
    tab.page.route(UPLOAD_ADDRESS, lambda route: held.append(route) if not held else route.continue_())
    sign_in(tab.page.context.new_page(), tab.desk, HANDLER)
    first, second = (f"bewijs-{uuid4().hex}.pdf" for _ in range(2))
    files = tab.page.locator(f"[name='files-{tab.key}']")
    with tab.page.expect_request(UPLOAD_ADDRESS):
        files.set_input_files([pdf(first)])
    files.set_input_files([pdf(second)])
    held[0].continue_()

    for name in (first, second):
        expect(tab.page.get_by_role("link", name=name, exact=True)).to_have_count(1, timeout=PATIENCE)
    assert files.evaluate("input => input.files.length") == 0


def test_files_that_the_desk_does_not_take_are_sent_once_and_stay_chosen(tab):
    sent: list[Route] = []
    tab.page.route(UPLOAD_ADDRESS, lambda route: (sent.append(route), route.fulfill(status=413, body="")))
    files = tab.page.locator(f"[name='files-{tab.key}']")
    files.set_input_files([pdf("bewijs.pdf")])

    expect(tab.page.locator(f"#upload-{tab.key}")).to_contain_text("de balie neemt ze niet aan", timeout=PATIENCE)
    assert len(sent) == 1
    assert files.evaluate("input => input.files.length") == 1


@pytest.fixture
def bare_tab(browser_of, desk, address) -> Tab:
    return Tab(browser_of(script=False).new_page(), desk, address)


def test_without_script_the_whole_form_saves_and_a_double_click_harms_nothing(bare_tab):
    text = words()
    bare_tab.write(text)
    bare_tab.page.get_by_role("button", name="Tabblad opslaan").dblclick()  # the second click may end the first's page
    expect(bare_tab.page.locator("main").get_by_text(SAVED).first).to_be_visible(timeout=PATIENCE)

    assert bare_tab.stored() == text
    bare_tab.page.goto(bare_tab.address)
    assert bare_tab.page.locator("[name^=keep-]").count() == 0


def test_without_script_the_text_comes_along_through_the_sign_in(bare_tab):
    end_session(bare_tab.page.context)
    text = words()
    bare_tab.write(text)
    bare_tab.save_all()
    expect(bare_tab.page.get_by_role("heading", name="Je bent afgemeld")).to_be_visible()
    with bare_tab.page.expect_navigation():
        bare_tab.page.get_by_role("button", name=HANDLER).first.click()
    expect(bare_tab.page.get_by_role("heading", name="Je bent weer aangemeld")).to_be_visible()
    with bare_tab.page.expect_navigation():
        bare_tab.page.get_by_role("button", name="Verstuur het opnieuw").click()

    assert bare_tab.text.input_value() == text
    assert bare_tab.stored() == text


def test_without_script_somebody_else_gets_nothing(bare_tab):
    end_session(bare_tab.page.context)
    text = words()
    bare_tab.write(text)
    bare_tab.save_all()
    assert text.split("\n")[0] in bare_tab.page.content()
    with bare_tab.page.expect_navigation():
        bare_tab.page.get_by_role("button", name=OTHER).first.click()

    assert text.split("\n")[0] not in bare_tab.page.content()


def test_without_script_the_page_about_the_token_keeps_the_text_and_sends_it(bare_tab):
    text = words()
    bare_tab.write(text)
    sign_in(bare_tab.page.context.new_page(), bare_tab.desk, HANDLER)
    bare_tab.save_all()
    expect(bare_tab.page.get_by_role("heading", name="Niet opgeslagen")).to_be_visible()
    with bare_tab.page.expect_navigation():
        bare_tab.page.get_by_role("button", name="Verstuur het opnieuw").click()

    assert bare_tab.stored() == text
