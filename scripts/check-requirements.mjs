// `npm run check:requirements`: docs/requirements.md names only files and tests that exist.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { duplicateIds, parseRows, problemsOfRow } from './lib/requirements.mjs';
import { root } from './lib/workspace.mjs';

const skipped = new Set([
  'node_modules',
  '.git',
  'out',
  'dist',
  'coverage',
  'test-results',
  'screenshots',
  '.cache',
]);

function* walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (skipped.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else yield relative(root, path).split(sep).join('/');
  }
}

const table = join(root, 'docs', 'requirements.md');
if (!existsSync(table)) {
  console.error('docs/requirements.md does not exist');
  process.exit(1);
}
const rows = parseRows(readFileSync(table, 'utf8'));
const files = [...walk(root)];
const texts = new Map();
const read = (file) => {
  if (!texts.has(file)) texts.set(file, readFileSync(join(root, file), 'utf8'));
  return texts.get(file);
};
const problems = [
  ...(rows.length === 0 ? ['docs/requirements.md has no row'] : []),
  ...duplicateIds(rows).map((id) => `${id} stands in more than one row`),
  ...rows.flatMap((row) =>
    problemsOfRow(row, files, read).map(
      (problem) => `docs/requirements.md:${row.number} ${row.id}: ${problem}`,
    ),
  ),
];
for (const problem of problems) console.error(problem);
const count = (state) => rows.filter((row) => row.state === state).length;
console.log(
  `${rows.length} requirements: ${count('done')} done, ${count('partly')} partly, ${count('not yet')} not yet`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
