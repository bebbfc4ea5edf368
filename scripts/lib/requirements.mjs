// The rows of docs/requirements.md and what may be wrong with them.

const states = ['done', 'partly', 'not yet'];

/** `Q11`, `S3b`: letters and digits, a digit among them; the header and the rule row are none. */
const idPattern = /^[A-Z]+-?\d+[a-z]?$/;

/** Cells of one Markdown table line; `\|` is a bar inside a cell. */
function cells(line) {
  const inner = line.trim().replace(/^\|/, '').replace(/\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** All rows `| id | state | where | test |`, with their line number. */
export function parseRows(markdown) {
  return markdown
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim().startsWith('|') && idPattern.test(cells(line)[0]))
    .map(({ line, number }) => {
      const [id, state, where = '', test = '', ...rest] = cells(line);
      return { number, id, state, where, test, extraCells: rest.length };
    });
}

/** Paths in a cell: words with a slash or a file extension, with or without backticks. */
export function pathsIn(text) {
  const outsideTitles = text.replace(/"[^"]*"/g, ' ');
  return [
    ...outsideTitles.matchAll(
      /[\w@.-]+(?:\/[\w@.{},*-]+)+\/?|[\w-]+(?:\.[\w-]+)*\.(?:tsx?|mjs|cjs|js|json|md|sh)\b/g,
    ),
  ].map(([path]) => path.replace(/[.,]+$/, ''));
}

/** `file "title" "title"; file "title"`: each title belongs to the path before it. */
export function testsIn(text) {
  const found = [];
  let path;
  for (const [token] of text.matchAll(/"[^"]*"|[^\s"`;,]+/g)) {
    if (token.startsWith('"')) found.push({ path, title: token.slice(1, -1) });
    else if (pathsIn(token).length > 0) {
      [path] = pathsIn(token);
      found.push({ path, title: undefined });
    }
  }
  return found;
}

/** The files that a path means: that very path, or a unique ending of one (`lvm/index.test.ts`). */
export function filesMeant(path, files) {
  const plain = path.replace(/^\.\//, '').replace(/\/$/, '');
  if (files.includes(plain)) return [plain];
  if (path.endsWith('/') || files.some((file) => file.startsWith(`${plain}/`))) {
    return files.filter((file) => file.startsWith(`${plain}/`)).slice(0, 1);
  }
  return files.filter((file) => file.endsWith(`/${plain}`));
}

/**
 * True when a test file holds the title. `"reads ..."` may leave out the end; a title that a source file
 * writes with escaped quotes matches as well.
 */
export function holdsTitle(source, title) {
  const wanted = title.replace(/(\.\.\.|…)$/, '').trim();
  if (wanted === '') return false;
  return source.replace(/\\(['"`])/g, '$1').includes(wanted);
}

/** Sentences about one row. `read` returns a file's text. */
export function problemsOfRow(row, files, read) {
  const problems = [];
  if (!states.includes(row.state)) problems.push(`state "${row.state}" is none of ${states.join(', ')}`);
  if (row.extraCells > 0) problems.push('has more than four cells');
  if (row.state === 'not yet') return problems;
  for (const path of pathsIn(row.where)) {
    if (filesMeant(path, files).length === 0) problems.push(`${path} does not exist`);
  }
  const tests = testsIn(row.test);
  for (const { path, title } of tests) {
    if (path === undefined) {
      problems.push(`"${title}" names no test file`);
      continue;
    }
    const meant = filesMeant(path, files);
    if (meant.length === 0) {
      if (title === undefined) problems.push(`${path} does not exist`);
    } else if (title !== undefined && !meant.some((file) => holdsTitle(read(file), title))) {
      problems.push(`${path} has no test "${title}"`);
    }
  }
  if (row.state === 'done') {
    if (pathsIn(row.where).length === 0) problems.push('is done but names no source file');
    if (!tests.some((test) => test.title !== undefined)) problems.push('is done but names no test title');
  }
  return problems;
}

/** Ids that stand in more than one row. */
export function duplicateIds(rows) {
  const counts = new Map();
  for (const { id } of rows) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > 1).map(([id]) => id);
}
