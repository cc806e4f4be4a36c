const element = (id) => document.getElementById(id);
const socket = new WebSocket("ws://notes/live");

function show(note) {
  const line = document.createElement("li");
  line.textContent = note;
  element("notes").prepend(line);
}

socket.onmessage = ({ data }) => {
  const [kind, ...words] = data.split(" ");
  const text = words.join(" ");
  if (kind === "sockets") element("sockets").value = text;
  else show(text);
  if (location.search === "?check") check(kind);
};
socket.onclose = ({ code }) => show(`The socket is closed: ${code}`);

element("form").onsubmit = (event) => {
  event.preventDefault();
  socket.send(`note ${element("text").value}`);
  element("text").value = "";
};

/// Types a note when the socket is open, and is content if it comes back beside the right figures.
function check(kind) {
  const written = "Grüße, seen by nobody else";
  if (kind === "sockets") {
    element("text").value = written;
    element("form").requestSubmit();
    return;
  }
  const styled = getComputedStyle(element("sockets")).backgroundColor === "rgb(47, 125, 91)";
  const kept = element("notes").firstChild.textContent === written;
  const passed = styled && kept && element("sockets").value === "0";
  socket.send(`verdict ${passed ? "passed" : "failed"}`);
}
