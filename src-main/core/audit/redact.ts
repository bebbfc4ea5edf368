/** Output kept per stream of a row, in UTF-16 units. */
export const snippetLimit = 8 * 1024;

const secrets: readonly [RegExp, string][] = [
  [
    /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    '[private key removed]',
  ],
  [/(PVEAPIToken=[^=\s]+=)\S+/g, '$1[removed]'],
  [/\bPVE:[^\s:]+:[0-9A-F]{8}::\S+/g, '[ticket removed]'],
  [
    // Not after `/` or `@`: `tank/data@token:1` is the name of a snapshot, and the record of what was destroyed.
    /(?<![/@])\b((?:password|passwd|passphrase|secret|token|api[_-]?key)["']?\s*[=:]\s*)(?!null\b)(?:"[^"]*"|'[^']*'|\S+)/gi,
    '$1[removed]',
  ],
  [/(\/\/[^/\s:@]+:)[^/\s@]+@/g, '$1[removed]@'],
];

/**
 * Text as the audit may hold it: well-formed Unicode without NUL, and without what looks like a secret.
 * SECURITY: the second net. The first is that no secret is ever part of a plan's commands.
 */
export function redactText(text: string): string {
  let clean = text.replace(/\p{Surrogate}|\0/gu, '\uFFFD');
  for (const [pattern, replacement] of secrets) clean = clean.replace(pattern, replacement);
  return clean;
}

/** Beginning and end of long output, the cut marked. Redacted before it is cut, so that no half secret is left. */
export function snippet(text: string): string {
  const clean = redactText(text);
  if (clean.length <= snippetLimit) return clean;
  const half = snippetLimit / 2;
  const middle = `\n… ${clean.length - snippetLimit} characters left out …\n`;
  return wellFormed(clean.slice(0, half)) + middle + wellFormed(clean.slice(-half));
}

/** A cut can fall between the halves of a character. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
