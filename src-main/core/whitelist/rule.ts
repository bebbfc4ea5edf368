import { accessLevels, type AccessLevel } from '../../../src-preload/contract/hosts';
import { quoteWord } from '../ssh/quote';
import { bracketed, isRepeated, mostRepeats, wordPattern } from './words';

/** One shape of a command that Holdfast may send. */
export interface CommandRule {
  tool: string;
  /** The least a host must allow this laptop for it. */
  level: AccessLevel;
  /** Runs as root. */
  privileged: boolean;
  /** A command of this shape with samples for its names. */
  argv: readonly string[];
}

/** What reads the state of a host. */
export function reads(...commands: readonly (readonly string[])[]): CommandRule[] {
  return commands.map((argv) => rule('view', true, argv));
}

/** Reads that every login may do. */
export function readsUnprivileged(...commands: readonly (readonly string[])[]): CommandRule[] {
  return commands.map((argv) => rule('view', false, argv));
}

export function operates(...commands: readonly (readonly string[])[]): CommandRule[] {
  return commands.map((argv) => rule('operate', true, argv));
}

export function administers(...commands: readonly (readonly string[])[]): CommandRule[] {
  return commands.map((argv) => rule('administer', true, argv));
}

/** Routine changes by the login user, within its own rights. */
export function operatesUnprivileged(...commands: readonly (readonly string[])[]): CommandRule[] {
  return commands.map((argv) => rule('operate', false, argv));
}

/** Changes by the login user, within its own rights. */
export function administersUnprivileged(...commands: readonly (readonly string[])[]): CommandRule[] {
  return commands.map((argv) => rule('administer', false, argv));
}

function rule(level: AccessLevel, privileged: boolean, argv: readonly string[]): CommandRule {
  const [tool] = argv;
  if (tool === undefined) throw new RangeError('A command has a tool.');
  return { tool, level, privileged, argv };
}

/** The word after `option`, put there instead of what the builder counted. */
export function withWord(argv: readonly string[], option: string, word: string): string[] {
  return argv.map((each, index) => (index > 0 && argv[index - 1] === option ? word : each));
}

export function isWithin(level: AccessLevel, allowed: AccessLevel): boolean {
  return accessLevels.indexOf(level) <= accessLevels.indexOf(allowed);
}

/** No argument of a command can hold it. */
const between = '\0';

function expression(rules: readonly CommandRule[]): RegExp {
  const shapes = rules.map(({ argv }) =>
    argv
      .map((word, index) => {
        const before = index === 0 ? '' : between;
        const pattern = wordPattern(word, 'wide');
        return isRepeated(word) ? `(${before}${pattern}){1,${mostRepeats}}` : `${before}${pattern}`;
      })
      .join(''),
  );
  return new RegExp(`^(?:${shapes.join('|')})$`, 'u');
}

/** Tells whether a command has one of the shapes. The words are told apart exactly, also those with spaces. */
export function matcher(rules: readonly CommandRule[]): (argv: readonly string[]) => boolean {
  const byTool = new Map<string, CommandRule[]>();
  for (const each of rules) byTool.set(each.tool, [...(byTool.get(each.tool) ?? []), each]);
  const expressions = new Map<string, RegExp>();
  return (argv) => {
    const [tool = ''] = argv;
    const own = byTool.get(tool);
    if (own === undefined || argv.some((word) => word.includes(between))) return false;
    let pattern = expressions.get(tool);
    if (pattern === undefined) {
      pattern = expression(own);
      expressions.set(tool, pattern);
    }
    return pattern.test(argv.join(between));
  };
}

/**
 * The words behind the tool as one POSIX extended regular expression over a line, separated by single spaces, without
 * a backslash. null: there are none. How often a word may be repeated is the app's matter alone: written out for a
 * host, it would cost sudo and grep a fifth of a second each time.
 *
 * @param quoted the line is what a shell gets, where a word such as `tank#mark` stands in quotes
 */
export function argumentsPattern({ argv }: CommandRule, quoted = false): string | null {
  const [, ...rest] = argv;
  if (rest.length === 0) return null;
  return rest
    .map((word) => {
      const bare = wordPattern(word, 'plain', bracketed);
      const pattern = quoted && quoteWord(word) !== word ? `'${bare}'` : bare;
      return isRepeated(word) ? `${pattern}( ${pattern})*` : pattern;
    })
    .join(' ');
}
