// A chart of two values that moves on with each message.

const POINTS = 300; // five seconds at 60 a second

export class Chart {
  #canvas;
  #first = [];
  #second = [];

  constructor(canvas) {
    this.#canvas = canvas;
    const draw = () => {
      this.#draw();
      requestAnimationFrame(draw);
    };
    draw();
  }

  /// Values from -1 to 1.
  add(first, second) {
    this.#first.push(first);
    this.#second.push(second);
    if (this.#first.length > POINTS) {
      this.#first.shift();
      this.#second.shift();
    }
  }

  #draw() {
    const scale = window.devicePixelRatio;
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    if (this.#canvas.width !== Math.round(width * scale) || this.#canvas.height !== Math.round(height * scale)) {
      this.#canvas.width = Math.round(width * scale);
      this.#canvas.height = Math.round(height * scale);
    }
    const style = getComputedStyle(this.#canvas);
    const colour = (name) => style.getPropertyValue(name);
    const pen = this.#canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);

    const y = (value) => height / 2 - value * (height / 2 - 6);
    const x = (i, values) => width - 6 - (values.length - 1 - i) * (width - 6) / (POINTS - 1);

    pen.strokeStyle = colour("--line");
    pen.lineWidth = 1;
    for (const level of [-1, -.5, 0, .5, 1]) {
      pen.beginPath();
      pen.moveTo(0, Math.round(y(level)) + .5);
      pen.lineTo(width, Math.round(y(level)) + .5);
      pen.stroke();
    }

    const line = (values, name, filled) => {
      if (values.length < 2)
        return;
      pen.beginPath();
      values.forEach((value, i) => pen.lineTo(x(i, values), y(value)));
      pen.strokeStyle = colour(name);
      pen.lineWidth = filled ? 2 : 1.5;
      pen.lineJoin = "round";
      pen.stroke();
      if (filled) {
        pen.lineTo(width - 6, height);
        pen.lineTo(x(0, values), height);
        const shade = pen.createLinearGradient(0, 0, 0, height);
        shade.addColorStop(0, colour("--accent-soft"));
        shade.addColorStop(1, "transparent");
        pen.fillStyle = shade;
        pen.fill();
      }
      pen.beginPath();
      pen.arc(width - 6, y(values.at(-1)), filled ? 3.5 : 2.5, 0, 7);
      pen.fillStyle = colour(name);
      pen.fill();
    };
    line(this.#second, "--second", false);
    line(this.#first, "--accent", true);
  }
}
