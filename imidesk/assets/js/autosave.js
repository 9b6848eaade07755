// Saves each answer of a tab by itself and its attachments at once. What is not saved yet lives in this page's memory only (SP-14).
"use strict";

const PAUSE_MS = 1200;
const LONGEST_PAUSE_MS = 8000;
const RETRY_MS = [2000, 5000, 10000, 30000];
const SAVE_ANSWER_MS = 15000;
const FLUSH_MS = 4000;
const KEEPALIVE_CHARACTERS = 15000; // of at most 64 KB in all, after encoding
const REMEMBERED_SAVES = 20;

function newToken() {
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function longEnough() {
  return new Promise((resolve) => { window.setTimeout(resolve, FLUSH_MS); });
}

class Question {
  constructor(section, unsaved) {
    this.section = section;
    this.key = section.dataset.question;
    this.changed = unsaved ? 1 : 0; // counts up with each change
    this.saved = 0; // the change up to which it is saved
    this.dueAt = 0;
    this.dirtySince = 0;
    this.token = ""; // names the save of the change `tokenOf`, however often it is sent
    this.tokenOf = 0;
    this.underWay = 0;
    this.uploading = null; // until what was chosen is added or refused
    this.refused = false; // files were, and no press on the button has shown it yet
    this.stopped = section.querySelector(`[name="keep-${this.key}"]`) !== null; // waits for a choice
    this.faulty = unsaved && !this.stopped; // the page says what is wrong; goes on with the next change
  }

  get isDirty() { return this.changed > this.saved; }
  get isWaiting() { return this.isDirty && !this.stopped && !this.faulty; }
  get files() { return this.section.querySelector("input[type=file]"); }

  field(name) { return this.section.querySelector(`[name="${name}-${this.key}"]`); }

  touch() {
    const now = Date.now();
    if (!this.isDirty) this.dirtySince = now;
    this.changed += 1;
    this.faulty = false;
    this.dueAt = Math.min(now + PAUSE_MS, this.dirtySince + LONGEST_PAUSE_MS);
  }

  body() {
    const isNew = this.tokenOf !== this.changed;
    if (isNew) this.token = newToken();
    this.tokenOf = this.changed;
    const body = new URLSearchParams({ token: this.token });
    for (const field of this.section.querySelectorAll("input, select, textarea")) {
      if (field.type === "file" || field.name.startsWith("keep-")) continue;
      if (field.type === "radio" && !field.checked) continue;
      body.append(field.name, field.value);
    }
    const sent = this.field("sent");
    if (isNew) sent.value = [...sent.value.split(" "), this.token].slice(-REMEMBERED_SAVES).join(" ").trim();
    this.field("base").value = ""; // unknown until the reply
    return body;
  }

  say(text) {
    const line = document.getElementById(`saved-${this.key}`);
    if (line.textContent !== text) line.textContent = text;
  }
}

class Tab {
  constructor(form) {
    this.form = form;
    this.words = document.getElementById("answer-words").dataset;
    const unsaved = "unsaved" in form.dataset;
    this.questions = [...form.querySelectorAll("[data-question]")].map((section) => new Question(section, unsaved));
    this.running = null;
    this.timer = 0;
    this.lostTimes = 0;
    this.lastSaid = "";
    this.leaving = false;
    this.asleep = false; // nobody is signed in: waits until somebody is
    this.over = false;
    this.listen();
  }

  get isUnsaved() {
    return this.questions.some((question) => question.isDirty || question.uploading || question.files.files.length > 0);
  }

  questionOf(element) {
    const section = element.closest("[data-question]");
    return section && this.questions.find((question) => question.section === section);
  }

  listen() {
    const isAnswer = (field) => /^(value|standard|text)-/.test(field.name ?? "");
    this.form.addEventListener("input", (event) => {
      this.leaving = false;
      if (!isAnswer(event.target)) return;
      this.questionOf(event.target).touch();
      this.plan();
    });
    this.form.addEventListener("change", (event) => {
      const question = this.questionOf(event.target);
      if (event.target.type === "file") this.upload(question);
      else if (isAnswer(event.target)) this.now(question);
    });
    this.form.addEventListener("focusout", (event) => { if (isAnswer(event.target)) this.now(this.questionOf(event.target)); });
    document.addEventListener("desk:same", () => this.flush());
    document.addEventListener("desk:destroyed", () => { this.over = true; window.clearTimeout(this.timer); });
    window.addEventListener("online", () => this.flush());
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") this.flush(); });
    window.addEventListener("pagehide", () => this.sendAll());
    window.addEventListener("pageshow", () => { this.leaving = false; });
    window.addEventListener("beforeunload", (event) => {
      if (this.leaving || this.over || !this.isUnsaved) return;
      this.flush();
      event.preventDefault();
    });
    document.addEventListener("click", (event) => this.onLink(event));
    // Runs once session.js lets the form go: what it holds is under way.
    document.addEventListener("submit", (event) => { if (event.target === this.form) this.leaving = true; });
    // A press keeps the focus where it is: the words of a save would else move the button from under the pointer.
    this.form.addEventListener("mousedown", (event) => { if (event.target.closest("[type=submit]")) event.preventDefault(); });
    beforeLeaving.push(async (form) => {
      const uploads = Promise.all(this.questions.map((question) => question.uploading));
      await Promise.all([this.flush(), Promise.race([uploads, longEnough()])]);
      return form !== this.form || !this.showRefusal();
    });
  }

  // A link waits until what was typed is saved; what cannot be saved is asked about by beforeunload.
  async onLink(event) {
    const link = event.target.closest("a[href]");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || link.target || event.defaultPrevented || link.getAttribute("href").startsWith("#")) return;
    if (!this.questions.some((question) => question.isWaiting)) return;
    event.preventDefault();
    await this.flush();
    window.location.assign(link.href);
  }

  // Files that were refused are named to who saves the tab, once, before the page is made anew without them.
  showRefusal() {
    const refused = this.questions.find((question) => question.refused);
    this.questions.forEach((question) => { question.refused = false; });
    if (refused) document.querySelector(`#upload-${refused.key} [tabindex]`).focus();
    return refused !== undefined;
  }

  plan() {
    window.clearTimeout(this.timer);
    const waiting = this.questions.filter((question) => question.isWaiting);
    if (!waiting.length || this.asleep || this.over) return;
    const due = Math.min(...waiting.map((question) => question.dueAt));
    this.timer = window.setTimeout(() => this.pump(), Math.max(0, due - Date.now()));
  }

  now(question) {
    if (!question.isWaiting) return;
    question.dueAt = 0;
    this.pump();
  }

  async flush() {
    this.asleep = false;
    this.questions.forEach((question) => { question.dueAt = 0; });
    const all = this.pump().then(() => (this.lostTimes === 0 ? this.pump() : null));
    await Promise.race([all, longEnough()]);
  }

  // One save at a time, so that none overtakes another.
  pump() {
    window.clearTimeout(this.timer);
    this.running ??= this.run().finally(() => {
      this.running = null;
      if (this.lostTimes === 0) this.plan();
    });
    return this.running;
  }

  async run() {
    const isDue = (question) => !this.asleep && !this.over && question.isWaiting && question.dueAt <= Date.now();
    for (let question = this.questions.find(isDue); question; question = this.questions.find(isDue)) {
      question.say(this.words.saving);
      const outcome = await this.save(question);
      if (this.over) return;
      if (outcome === "lost") {
        this.retryLater(question);
        return;
      }
      this.lostTimes = 0;
      if (outcome === "ended") {
        this.asleep = true;
        question.say(this.words.ended);
      }
    }
  }

  retryLater(question) {
    question.say(this.words.lost);
    if (this.lostTimes === 0) announce(this.words.lost);
    const pause = RETRY_MS[Math.min(this.lostTimes, RETRY_MS.length - 1)];
    this.lostTimes += 1;
    this.timer = window.setTimeout(() => this.flush(), pause);
  }

  send(question) {
    const body = question.body();
    return fetch(question.section.dataset.save, {
      method: "POST",
      body,
      headers: { "HX-Request": "true", "X-CSRFToken": this.form.querySelector("[name=csrfmiddlewaretoken]").value },
      redirect: "manual",
      keepalive: body.toString().length < KEEPALIVE_CHARACTERS,
      signal: AbortSignal.timeout(SAVE_ANSWER_MS),
    });
  }

  // "done", "lost" (nobody answers) or "ended" (nobody is signed in).
  async save(question, again = false) {
    const mark = question.changed;
    let answer;
    let html;
    question.underWay += 1;
    try {
      answer = await this.send(question);
      html = await answer.text();
    } catch {
      return "lost";
    } finally {
      question.underWay -= 1;
    }
    if (this.over) return "ended";
    if ([200, 409, 422].includes(answer.status)) {
      this.take(question, html, mark);
      return "done";
    }
    if (answer.status >= 500 || answer.status === 429) return "lost";
    const session = await askSession();
    if (session === "lost") return "lost";
    if (session !== "same") return "ended";
    if (!again) return this.save(question, true);
    this.stop(question, this.words.refused);
    return "done";
  }

  // The page goes away: what is not saved yet leaves at once, and the desk sorts out what it gets twice.
  sendAll() {
    if (this.leaving || this.over) return;
    this.questions.filter((question) => question.isWaiting).forEach((question) => this.send(question).catch(() => {}));
  }

  stop(question, text) {
    question.stopped = true;
    question.say(text);
    announce(text);
  }

  take(question, html, mark) {
    const parts = new DOMParser().parseFromString(html, "text/html").body;
    const result = parts.querySelector("#answer-result")?.dataset;
    if (!result) {
      this.stop(question, this.words.refused);
      return;
    }
    const version = question.field("version");
    if (result.version) version.value = Math.max(Number(version.value), Number(result.version));
    if (result.outcome === "saved") {
      question.saved = Math.max(question.saved, mark);
      if (question.underWay === 0) question.field("base").value = result.base;
      question.dirtySince = Date.now();
    }
    if (result.outcome === "fault") question.faulty = question.changed === mark;
    if (result.outcome === "conflict") this.stop(question, this.words.choose);
    if (result.outcome === "frozen") this.questions.forEach((each) => { each.stopped = true; });
    const fault = parts.querySelector(".desk-saved--fault")?.textContent;
    this.place(parts);
    if (result.outcome === "saved" && !this.questions.some((each) => each.isWaiting)) this.tell(result.said);
    if (fault) this.tell(fault);
  }

  // Said once, not at every pause: only when the minute or the progress has changed.
  tell(text) {
    if (text === this.lastSaid) return;
    this.lastSaid = text;
    announce(text);
  }

  place(parts) {
    for (const part of [...parts.children]) {
      const there = part.id && document.getElementById(part.id);
      if (!there || there.contains(document.activeElement) || there.outerHTML === part.outerHTML) continue;
      const open = there.querySelector("details[open]") !== null;
      there.replaceWith(document.adoptNode(part));
      if (open) part.querySelectorAll("details").forEach((details) => { details.open = true; });
    }
  }

  upload(question) {
    question.uploading ??= this.uploadAll(question).finally(() => { question.uploading = null; });
  }

  async uploadAll(question) {
    let goesOn = true;
    while (goesOn && question.files.files.length > 0) goesOn = await this.uploadChosen(question);
  }

  // Whether they are added. What was chosen meanwhile stays chosen; asking who is signed in gives a token that is not old.
  async uploadChosen(question, again = false) {
    question.refused = false;
    const input = question.files;
    const chosen = [...input.files];
    const here = () => document.getElementById(`upload-${question.key}`);
    const { status, html } = await askSession() === "same" ? await this.post(question, chosen) : { status: 0, html: "" };
    if (this.over) return false;
    here().replaceChildren();
    const isSame = chosen.length === input.files.length && chosen.every((file, at) => file === input.files[at]);
    const parts = new DOMParser().parseFromString(html, "text/html").body;
    const result = parts.querySelector("#answer-result");
    if (status === 422 || (status === 200 && result)) {
      if (isSame) input.value = "";
      this.place(parts);
      question.refused = status === 422;
      if (result) this.tell(result.dataset.said);
      return status === 200;
    }
    if (!isSame) this.chooseAgain(input, chosen);
    const isRefused = status >= 400 && status < 500;
    if (status !== 0 && !isRefused && !again) return this.uploadChosen(question, true);
    const words = isRefused ? this.words.uploadRefused : this.words.uploadLost;
    here().textContent = words;
    announce(words);
    return false;
  }

  // What could not be added stays chosen, beside what was chosen since.
  chooseAgain(input, files) {
    const all = new DataTransfer();
    [...files, ...input.files].forEach((file) => { all.items.add(file); });
    input.files = all.files;
  }

  post(question, files) {
    const body = new FormData();
    for (const file of files) body.append("attachments", file);
    body.append("submission", this.form.querySelector("[name=submission]").value);
    const bar = document.createElement("progress");
    const label = document.createElement("span");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", this.words.uploading);
    label.textContent = `${this.words.uploading} 0 %`;
    document.getElementById(`upload-${question.key}`).replaceChildren(label, bar);
    announce(this.words.uploading);
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open("POST", question.section.dataset.upload);
      request.setRequestHeader("HX-Request", "true");
      request.setRequestHeader("X-CSRFToken", this.form.querySelector("[name=csrfmiddlewaretoken]").value);
      request.upload.addEventListener("progress", (event) => {
        if (!event.lengthComputable) return;
        bar.value = Math.floor(event.loaded / event.total * 100);
        label.textContent = bar.value < 100 ? `${this.words.uploading} ${bar.value} %` : this.words.checking;
      });
      request.addEventListener("load", () => resolve({ status: request.status, html: request.responseText }));
      request.addEventListener("error", () => resolve({ status: 0, html: "" }));
      request.send(body);
    });
  }
}

const answerForm = document.querySelector("form[data-autosave]");
if (answerForm) {
  document.querySelectorAll("[data-with-script]").forEach((part) => { part.hidden = false; });
  document.querySelectorAll("[data-without-script]").forEach((part) => { part.hidden = true; });
  new Tab(answerForm);
}
