// Makes pages smoother; without it every page works just as well.
"use strict";

const ANSWER_EXPECTED_MS = 15000;
const COPIED_SHOWN_MS = 3000;

// htmx notes the address of each page here, asked or not. Nothing stays in the browser (SP-14).
sessionStorage.clear();

function announce(text) {
  const live = document.getElementById("live");
  live.textContent = "";
  window.setTimeout(() => { live.textContent = text; }, 50);
}

// A double click sends once. Buttons stay focusable, and work again after "back" and after a download.
function release(form) {
  delete form.dataset.sent;
  form.querySelectorAll("[type=submit][aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post") || form.hasAttribute("data-repeat")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  form.querySelectorAll("[type=submit]").forEach((button) => button.setAttribute("aria-disabled", "true"));
  window.setTimeout(release, ANSWER_EXPECTED_MS, form);
});

window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));

async function copyText(field) {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(field.value);
  } else {
    field.select();
    document.execCommand("copy");
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  try {
    await copyText(field);
  } catch {
    field.focus();
    field.select();
    return;
  }
  button.classList.add("desk-copied");
  announce(button.dataset.copied);
  window.setTimeout(() => button.classList.remove("desk-copied"), COPIED_SHOWN_MS);
});

// The error summary explains more, and in the reader's language, than the browser's own balloons.
function prepare(root) {
  root.querySelectorAll("form[method=post]").forEach((form) => { form.noValidate = true; });
  root.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });
}

prepare(document);
document.addEventListener("htmx:load", (event) => {
  prepare(event.detail.elt.parentElement ?? document);
  event.detail.elt.querySelector(".desk-error-summary")?.focus();
});
