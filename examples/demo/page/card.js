// A card: one socket as the page sees it.

const template = document.querySelector("#card");

const short = (data) =>
  typeof data === "string" ? JSON.stringify(data)
    : `${(data.byteLength ?? data.length).toLocaleString("en")} bytes`;

export class Card {
  result = "running";
  outcome = "";
  quiet = false; // messages are counted, not listed
  #start = 0;
  #sent = 0;
  #received = 0;

  constructor({ title, action, url, run, wide = false }) {
    Object.assign(this, { title, url, run });
    this.element = template.content.firstElementChild.cloneNode(true);
    this.element.classList.toggle("wide", wide);
    this.#set("h2", title);
    this.#set(".action", action);
    this.#set(".url", url);
  }

  canvas() {
    this.element.querySelector(".chart").hidden = false;
    return this.element.querySelector("canvas");
  }

  note(text) {
    this.#start ||= performance.now();
    const line = document.createElement("li");
    const time = document.createElement("time");
    time.textContent = `${(performance.now() - this.#start).toFixed(0)} ms`;
    const words = document.createElement("span");
    words.textContent = text;
    line.append(time, words);
    const log = this.element.querySelector(".log");
    log.append(line);
    while (log.children.length > 5)
      log.firstElementChild.remove();
  }

  state(text) {
    this.element.dataset.state = text;
    this.#set(".state", text);
  }
  opened(protocol) {
    this.state("open");
    this.note("open");
    this.#set(".protocol", protocol || "none");
  }
  sends(data) {
    this.count(this.#sent + 1, this.#received);
    if (!this.quiet)
      this.note(`→ ${short(data)}`);
  }
  got(data) {
    this.count(this.#sent, this.#received + 1);
    if (!this.quiet)
      this.note(`← ${short(data)}`);
  }
  closed({ code, reason, wasClean }) {
    this.state("closed");
    this.note(`close ${code}${reason ? ` ${JSON.stringify(reason)}` : ""}${wasClean ? ", clean" : ""}`);
    this.#set(".close", code);
  }
  count(sent, received) {
    this.#sent = sent;
    this.#received = received;
    this.#set(".sent", sent.toLocaleString("en"));
    this.#set(".received", received.toLocaleString("en"));
  }
  metric(number, words) {
    this.outcome = `${number} ${words}`.trim();
    this.#set(".metric b", number);
    this.#set(".metric span", words);
  }

  pass() {
    if (this.result === "running")
      this.#end("passed");
  }
  fail(why) {
    this.metric("failed", why);
    this.outcome = why;
    this.#end("failed");
  }
  #end(result) {
    this.result = result;
    this.element.dataset.result = result;
  }
  #set(selector, text) {
    this.element.querySelector(selector).textContent = text;
  }
}
