// Where the Markdown files of the project lead.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const skipped = new Set([
  'node_modules',
  'out',
  'dist',
  'coverage',
  'screenshots',
  'test-results',
  'fixtures',
]);

/** All Markdown files below a folder, relative to it. */
export function markdownFiles(folder) {
  const below = (path) =>
    readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
      const child = join(path, entry.name);
      if (entry.isDirectory())
        return skipped.has(entry.name) || entry.name.startsWith('.') ? [] : below(child);
      return entry.name.endsWith('.md') ? [relative(folder, child)] : [];
    });
  return below(folder).sort();
}

/** Without fenced blocks and code spans, in which brackets are no links. */
const prose = (text) =>
  text
    .replace(/^(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1[`~]*\s*$/gm, '')
    .replace(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, '');

/** Anchors of headings as GitHub makes them; a second one of the same words ends in -1. */
export function anchorsOf(text) {
  const anchors = new Set();
  const withoutFences = text.replace(/^(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1[`~]*\s*$/gm, '');
  for (const [, heading] of withoutFences.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '').replaceAll(' ', '-');
    let unique = slug;
    for (let times = 1; anchors.has(unique); times += 1) unique = `${slug}-${times}`;
    anchors.add(unique);
  }
  return anchors;
}

/** Files that a Markdown file names in code: `docs/….md` from the root of the project, as our texts do. */
const namedFiles = (text) =>
  [...text.matchAll(/`((?:docs|bench|e2e|packaging)\/[\w./-]+\.\w+)`/g)].map(([, path]) => path);

/** Relative links, anchors and named files of one Markdown file that lead nowhere. */
export function brokenLinks(folder, file) {
  const text = readFileSync(join(folder, file), 'utf8');
  const links = [
    ...[...prose(text).matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)].map(([, target]) => target),
    ...[...prose(text).matchAll(/^\[[^\]]+\]:\s*<?(\S+?)>?$/gm)].map(([, target]) => target),
  ].filter((target) => !/^[a-z][a-z0-9+.-]*:/i.test(target));
  const isBroken = (target) => {
    const [path, anchor] = target.split('#');
    const there = path === '' ? join(folder, file) : resolve(folder, dirname(file), decodeURI(path));
    if (!existsSync(there)) return true;
    if (anchor === undefined || !there.endsWith('.md') || statSync(there).isDirectory()) return false;
    return !anchorsOf(readFileSync(there, 'utf8')).has(decodeURI(anchor));
  };
  return [
    ...links.filter(isBroken),
    ...namedFiles(text).filter(
      (path) => !existsSync(join(folder, path)) && !existsSync(join(folder, dirname(file), path)),
    ),
  ];
}
