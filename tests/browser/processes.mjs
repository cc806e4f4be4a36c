// What /proc tells: which processes a program started, and which are left.
import fs from "node:fs";

function read(...names) {
  try {
    return fs.readFileSync(`/proc/${names.join("/")}`, "utf8");
  } catch {
    return ""; // gone meanwhile
  }
}

/// State and start time; a PID is used again, both together are not.
function state(pid) {
  const [letter, ...rest] = read(pid, "stat")
    .replace(/^.*\) /s, "")
    .split(" ");
  return { letter, start: rest[18] };
}

function list(folder) {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

/// [{ pid, start, line }] of all that `pid` started and that they started.
export function descendants(pid) {
  return list(`/proc/${pid}/task`)
    .flatMap((task) => read(pid, "task", task, "children").split(" "))
    .filter(Boolean)
    .flatMap((child) => [
      { pid: Number(child), start: state(child).start, line: read(child, "cmdline") },
      ...descendants(child),
    ]);
}

/// `start` is undefined where it was gone before it could be looked at.
export function isAlive({ pid, start }) {
  const now = state(pid);
  return start !== undefined && now.start === start && now.letter !== "Z";
}

/// Processes with `text` in their command line.
export const processesThatName = (text) =>
  list("/proc").filter((name) => /^[0-9]+$/.test(name) && read(name, "cmdline").includes(text));
