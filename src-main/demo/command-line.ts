/**
 * Reads a command line as a POSIX shell reads one simple command: plain words, single quotes,
 * backslashes, assignments in front. Everything a shell could do beyond that (expansion, pipes, lists,
 * redirection, double quotes) is refused, so that no demo host ever does what a real one would not.
 */
export type SimpleCommand =
  { ok: true; assignments: ReadonlyMap<string, string>; words: string[] } | { ok: false; complaint: string };

/** Means the same to every POSIX shell where it stands unquoted. `=` and `:` are special in no place we allow. */
const plain = /[A-Za-z0-9_@%+=:,./-]/;

export function parseCommandLine(line: string): SimpleCommand {
  const words: { text: string; quoted: boolean }[] = [];
  let word: { text: string; quoted: boolean } | null = null;
  const current = () => (word ??= { text: '', quoted: false });
  const refuse = (what: string): SimpleCommand => ({
    ok: false,
    complaint: `Syntax error: ${what} (the demo host takes one simple command)`,
  });
  for (let index = 0; index < line.length; index += 1) {
    const character = line.charAt(index);
    if (character === ' ' || character === '\t') {
      if (word !== null) words.push(word);
      word = null;
    } else if (character === "'") {
      const end = line.indexOf("'", index + 1);
      if (end === -1) return refuse('Unterminated quoted string');
      const open = current();
      open.text += line.slice(index + 1, end);
      open.quoted = true;
      index = end;
    } else if (character === '\\') {
      const next = line.charAt(index + 1);
      if (next === '' || next === '\n') return refuse('end of line unexpected');
      const open = current();
      open.text += next;
      open.quoted = true;
      index += 1;
    } else if (plain.test(character)) {
      current().text += character;
    } else {
      return refuse(`"${character}" unexpected`);
    }
  }
  if (word !== null) words.push(word);
  const assignments = new Map<string, string>();
  while (words[0] !== undefined) {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(words[0].text);
    if (match === null || words[0].quoted) break;
    assignments.set(match[1] ?? '', match[2] ?? '');
    words.shift();
  }
  return { ok: true, assignments, words: words.map(({ text }) => text) };
}
