import assert from "node:assert/strict";
import { tests } from "./example.mjs";

/// What a pixel of the Julia set of c is to be.
function colour([re, im], x, y) {
  let [a, b] = [(x + 0.5 - 320) / 180, (y + 0.5 - 180) / 180];
  let n = 0;
  for (; n < 160 && a * a + b * b <= 16; n++) [a, b] = [a * a - b * b + re, 2 * a * b + im];
  if (n === 160) return [12, 12, 12, 255];
  const steps = Math.max(0, n + 2 - Math.log2(Math.log2(a * a + b * b)));
  const heat = Math.min(Math.floor(steps * 16), 160 * 16 - 1) / 160 / 16;
  return [...[6, 3, 1.6].map((speed) => Math.floor(255 * (1 - Math.exp(-speed * heat)))), 255];
}

/// Points at a place of the canvas, and waits for images of it alone; which point was named, and
/// what the canvas shows.
async function pointAt(example, x, y) {
  const box = await example.page.locator("#picture").boundingBox();
  await example.page.mouse.move(box.x + x * box.width, box.y + y * box.height);
  const images = Number(await example.text("#images"));
  await example.inPage((limit) => Number(document.getElementById("images").value) > limit, images + 2);
  return example.page.evaluate(() => ({
    point: globalThis.named,
    pixels: [...document.getElementById("picture").getContext("2d").getImageData(0, 0, 640, 360).data],
  }));
}

const at = (pixels, x, y) => pixels.slice(4 * (640 * y + x), 4 * (640 * y + x) + 4);
const places = [];
for (let y = 15; y < 360; y += 30) for (let x = 20; x < 640; x += 40) places.push([x, y]);

tests("images", {
  "the canvas has the colours of the set that was asked for": async (example) => {
    await example.page.addInitScript(() => {
      // DevTools mirrors each image, and Playwright is to keep up with them on a busy machine, too.
      globalThis.requestAnimationFrame = (draw) => setTimeout(draw, 250);
      const send = WebSocket.prototype.send;
      WebSocket.prototype.send = function (data) {
        globalThis.named = [...data];
        send.call(this, data);
      };
    });
    await example.page.reload();
    await example.inPage(() => Number(document.getElementById("images").value) > 0);
    const seen = [];
    for (const [x, y] of [[0.4, 0.2], [0.75, 0.6]]) {
      const { point, pixels } = await pointAt(example, x, y);
      assert(Math.abs(point[0] - (2.4 * x - 1.6)) < 0.01 && Math.abs(point[1] - (2 * y - 1)) < 0.01, `${point}`);
      // Where compilers round otherwise, a point on the edge may leave a step sooner or later.
      const differ = places.filter(([px, py]) =>
        colour(point, px, py).some((part, i) => Math.abs(part - at(pixels, px, py)[i]) > 2),
      );
      assert(differ.length <= places.length / 50, `${differ.length} of ${places.length} differ: ${differ}`);
      seen.push(places.map(([px, py]) => at(pixels, px, py).join()));
    }
    assert(new Set(seen[0]).size > 10, "one colour is no image");
    assert.notDeepEqual(seen[0], seen[1]);
  },

  "what is no point is refused": async (example) => {
    const told = await example.page.evaluate(
      () =>
        new Promise((resolve) => {
          const socket = new WebSocket("ws://myapp/julia");
          socket.onopen = () => socket.send("everywhere");
          socket.onclose = ({ code, reason }) => resolve([code, reason]);
        }),
    );
    assert.deepEqual(told, [1008, "a point has two numbers"]);
  },
});
