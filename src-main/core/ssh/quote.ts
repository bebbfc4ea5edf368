/**
 * The only place that makes a string of an argument vector. The remote shell is POSIX: one started by sshd for an
 * exec request reads `<shell> -c <string>`.
 */

const plainWord = /^[A-Za-z0-9_@%+=:,./-]+$/;

/**
 * One word for a POSIX shell. Inside single quotes nothing is special but the single quote itself, which leaves the
 * quotes, is escaped and enters them again.
 * @throws RangeError on NUL, which no argument can hold, and on a lone surrogate, which has no UTF-8 form: it would
 * reach the host as another name than the one that was shown.
 */
export function quoteWord(word: string): string {
  if (word.includes('\0')) throw new RangeError('An argument cannot hold a NUL character.');
  if (/\p{Surrogate}/u.test(word)) throw new RangeError('An argument cannot hold half a character.');
  // A leading `=` or `~` and an assignment as first word would mean something to some shells; `%` to none of POSIX.
  if (plainWord.test(word) && !/^[=%]/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** @throws RangeError on an empty vector, an empty or assignment-like command, or NUL. */
export function quoteArgv(argv: readonly string[]): string {
  const [command] = argv;
  if (command === undefined || command === '' || /^[^/]*=/.test(command)) {
    throw new RangeError('A command must start with the name of a program.');
  }
  return argv.map(quoteWord).join(' ');
}
