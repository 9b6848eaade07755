// Watches whose session this is, beside sealed text (SP-14). When it ends, the page hides what it shows and keeps it; when the
// same person signs in again, in another tab, everything is back with a fresh token; when somebody else does, it is destroyed.
"use strict";

const WATCH_MS = 30000;
const WATCH_HIDDEN_MS = 3000;
const SESSION_ANSWER_MS = 10000;
const sealedPage = document.documentElement.hasAttribute("data-sealed") && document.body.dataset.session !== undefined;

// What has to happen before a form leaves; each gets that form and gives whether it may.
const beforeLeaving = [];
let destroyed = false;
let watchTimer = 0;

function freshToken(token) {
  document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((field) => { field.value = token; });
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
}

function conceal() {
  if (document.getElementById("main").hidden) return;
  document.getElementById("main").hidden = true;
  const notice = document.getElementById("session-ended");
  notice.hidden = false;
  notice.focus();
  watch();
}

function reveal() {
  if (!document.getElementById("main").hidden) return;
  document.getElementById("session-ended").hidden = true;
  document.getElementById("main").hidden = false;
  document.getElementById("main").focus();
}

function destroy() {
  destroyed = true;
  document.dispatchEvent(new Event("desk:destroyed"));
  document.getElementById("main").replaceChildren();
  document.getElementById("main").hidden = true;
  document.getElementById("session-ended").hidden = true;
  document.getElementById("session-other").hidden = false;
  document.getElementById("session-other").focus();
}

// "same", "ended", "other" or "lost" (nobody answers).
async function askSession() {
  if (destroyed) return "other";
  let session;
  try {
    const answer = await fetch(document.body.dataset.session, {
      headers: { "X-Desk-Poll": "1" }, cache: "no-store", signal: AbortSignal.timeout(SESSION_ANSWER_MS),
    });
    if (!answer.ok) return "lost";
    session = await answer.json();
  } catch {
    return "lost";
  }
  if (session.user === null) {
    conceal();
    return "ended";
  }
  if (String(session.user) !== document.body.dataset.user) {
    destroy();
    return "other";
  }
  freshToken(session.token);
  showLost(false);
  const wasHidden = document.getElementById("main").hidden;
  reveal();
  if (wasHidden) document.dispatchEvent(new Event("desk:same"));
  return "same";
}

function showLost(isLost) {
  const notice = document.getElementById("connection-lost");
  notice.hidden = !isLost;
  if (isLost) notice.scrollIntoView({ block: "nearest" });
}

async function mayLeave(form) {
  for (const ready of beforeLeaving) {
    if (!await ready(form)) return false;
  }
  const session = await askSession();
  showLost(session === "lost");
  return session === "same";
}

// Sooner while the page is hidden: somebody is signing in again in another tab.
function watch() {
  window.clearTimeout(watchTimer);
  const hidden = document.getElementById("main").hidden;
  watchTimer = window.setTimeout(async () => {
    if (hidden || document.visibilityState === "visible") await askSession();
    if (!destroyed) watch();
  }, hidden ? WATCH_HIDDEN_MS : WATCH_MS);
}

if (sealedPage) {
  let allowed = null;
  let asking = false;
  // A form leaves once it is certain that somebody receives it; until then what was typed stays on the page.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.method !== "post" || allowed === form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (asking) return;
    asking = true;
    let leaves = false;
    try {
      leaves = await mayLeave(form);
    } finally {
      asking = false;
    }
    if (!leaves) return;
    allowed = form;
    form.requestSubmit(event.submitter);
    allowed = null;
  }, true);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") askSession(); });
  window.addEventListener("focus", () => { askSession(); });
  watch();
}
