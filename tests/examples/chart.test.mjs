import assert from "node:assert/strict";
import { tests } from "./example.mjs";

const number = async (example, id) => Number((await example.text(`#${id}`)).replaceAll(",", ""));

/// Waits until a figure of the page's is more than that.
const above = (example, id, limit) =>
  example.inPage(
    ([id, limit]) => Number(document.getElementById(id).value.replaceAll(",", "")) > limit,
    [id, limit],
  );

/// The rows of the canvas, from 0 to 1, in which its columns have the curve's green.
const curve = (example) =>
  example.page.evaluate(() => {
    const { width, height } = document.getElementById("chart");
    const { data } = document.getElementById("chart").getContext("2d").getImageData(0, 0, width, height);
    const rows = [];
    for (let x = 0; x < width; x++) {
      const green = [];
      for (let y = 0; y < height; y++) if (data[4 * (y * width + x) + 1] > 180) green.push(y / height);
      if (green.length > 0) rows.push([green[0], green.at(-1)]);
    }
    return { width, rows };
  });

tests("chart", {
  "the values are drawn as they come": async (example) => {
    await above(example, "received", 3000);
    const { width, rows } = await curve(example);
    assert(rows.length > 0.98 * width, `${rows.length} of ${width} columns`);
    const beats = rows.filter(([top], x) => top < 0.2 && !(rows[x - 1]?.[0] < 0.2));
    assert(beats.length >= 3 && beats.length <= 4, `${beats.length} beats in three seconds`);
    assert(rows.every(([, bottom]) => bottom < 0.95));
  },

  "a socket of one's own gets the same values, in order": async (example) => {
    const messages = await example.page.evaluate(
      () =>
        new Promise((resolve) => {
          const socket = new WebSocket("ws://myapp/feed");
          socket.binaryType = "arraybuffer";
          const all = [];
          socket.onmessage = ({ data }) => {
            const [first] = new Float64Array(data, 0, 1);
            if (all.push([first, ...new Float32Array(data, 12)]) === 20) {
              socket.close();
              resolve(all);
            }
          };
        }),
    );
    messages.forEach(([first], n) => assert.equal(first, 20 * n));
    const values = messages.flatMap(([, ...rest]) => rest);
    assert.equal(values.length, 400);
    const peak = values.indexOf(Math.max(...values)); // of R, at .38 of a beat of 1/1.2 s
    assert(peak > 150 && peak < 350 && values[peak] > 0.9 && values[peak] < 1.1, `${peak}`);
  },

  "at full speed the thread waits for the page, and nothing is lost": async (example) => {
    assert.equal(await number(example, "waits"), 0);
    await example.page.click("#pace");
    await above(example, "waits", 2);
    const taken = await number(example, "received");
    await example.page.click("#pace"); // live again
    await above(example, "received", taken + 4096 * 10);
    assert.equal(await number(example, "lost"), 0);
  },
});
