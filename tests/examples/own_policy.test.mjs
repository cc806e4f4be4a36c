import assert from "node:assert/strict";
import { tests } from "./example.mjs";

/// The row of the newest socket to this day.
const row = (day) => `#sockets tr:has(td:text-is("ws://calendar.test/${day}"))`;
const open = async (example, day) => {
  await example.page.fill("#day", day);
  await example.page.click("#other button");
};
const ours = async (example, day, weekday) => {
  await example.shows(`${row(day)} td:nth-child(2)`, "the program's");
  await example.shows(`${row(day)} td:nth-child(3)`, `\`${weekday}\` = 1, auto`);
};
/// It went to the relay, which found no such host.
const theNetworks = async (example, day) => {
  await example.shows(`${row(day)} td:nth-child(2)`, "the network's");
  assert.equal(await example.text(`${row(day)} td:nth-child(3)`), "nobody there: 1006");
  await example.stderrHas(new RegExp(`http://calendar.test/${day} .*the destination cannot be reached`));
};

tests("own_policy", {
  "days of the calendar are the program's": async (example) => {
    await ours(example, "2000-02-29", "Tuesdays");
    await ours(example, "2026-11-27", "Fridays");
    await open(example, "1999-12-31");
    await ours(example, "1999-12-31", "Fridays");
    await open(example, "2024-02-29");
    await ours(example, "2024-02-29", "Thursdays");
  },

  "what looks like one is the network's": async (example) => {
    for (const day of ["2025-02-29", "2100-02-29", "2026-13-01"]) await theNetworks(example, day);
    for (const day of ["2026-04-31", "-026-01-01", "2026-1-01x"]) {
      await open(example, day);
      await theNetworks(example, day);
    }
  },
});
