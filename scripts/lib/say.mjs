// What the launcher says to people: one line each, on stderr, so that stdout stays the tools' own.

export function say(line) {
  process.stderr.write(`holdfast: ${line}\n`);
}

/** A failure with a sentence for people; printed without a stack. */
export class SetupError extends Error {
  name = 'SetupError';
}
