// One of the examples, and its page as Playwright sees it.
import assert from "node:assert/strict";
import { Program, noNetwork, nothingLeft, test } from "../browser/harness.mjs";

class Example extends Program {
  constructor(name) {
    super(["--remote-debugging-port=0", `--host-resolver-rules=${noNetwork}`], {
      json: false,
      executable: `${process.env.EXAMPLES}/${name}`,
    });
  }

  async open() {
    await this.devtoolsListen();
    await this.connect();
    this.page = this.context.pages()[0];
    await this.page.waitForURL("http://myapp/"); // the probe leads there
    return this;
  }

  /// Waits until the text that this selector finds is this, or matches.
  shows = (selector, text) =>
    this.page.locator(selector, { hasText: text }).first().waitFor({ timeout: 0 });
  text = (selector) => this.page.locator(selector).innerText();
  texts = (selector) => this.page.locator(selector).allInnerTexts();

  /// Waits until `look`, in the page, gives what is true.
  inPage = (look, argument) => this.page.waitForFunction(look, argument, { timeout: 0 });
}

/// test(NAME, BODY) for each, with the example that they share; the last ends it.
export function tests(name, cases) {
  let started;
  const example = () => (started ??= new Example(name).open());
  for (const [what, body] of Object.entries(cases))
    test(`${name}: ${what}`, async () => body(await example()));
  test(`${name}: SIGTERM ends it, and nothing is left`, async () =>
    assert.deepEqual(await (await example()).stop(), nothingLeft));
}
