import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { contract } from '../../../src-preload/contract';
import { channels } from '../../../src-preload/contract/channels';

interface Found {
  /** `hosts:add.settings.auth[0].keyFileId` */
  path: string;
  schema: z.core.$ZodType;
}

/** Every schema inside a request, by where it stands. */
function inside(schema: z.core.$ZodType, path: string, seen = new Set<z.core.$ZodType>()): Found[] {
  if (seen.has(schema)) return [];
  seen.add(schema);
  const { def } = schema._zod as unknown as { def: Record<string, unknown> & { type: string } };
  const into = (part: unknown, name: string): Found[] => inside(part as z.core.$ZodType, name, seen);
  const parts = ((): Found[] => {
    switch (def.type) {
      case 'object':
        return Object.entries(def['shape'] as Record<string, unknown>).flatMap(([key, part]) =>
          into(part, `${path}.${key}`),
        );
      case 'union':
        return (def['options'] as unknown[]).flatMap((part) => into(part, path));
      case 'array':
        return into(def['element'], `${path}[]`);
      case 'record':
        return into(def['valueType'], `${path}{}`);
      case 'pipe':
        return [...into(def['in'], path), ...into(def['out'], path)];
      case 'lazy':
        return into((def['getter'] as () => unknown)(), path);
      default:
        return 'innerType' in def ? into(def['innerType'], path) : [];
    }
  })();
  return [{ path, schema }, ...parts];
}

const all = channels.flatMap((channel) => inside(contract[channel].request, channel));

/** Names of what a page must not be able to choose on this laptop, and the requests whose words only look like it. */
const powerful = /path|command|argv|exec|url|href|uri|file|folder|directory/i;
const harmless: Record<string, string> = {
  'files:list.path': 'inside a snapshot of a host, below its root',
  'files:download.path': 'as above; where it is saved the native dialog says',
  'files:restore.path': 'as above',
  'hosts:add.settings.auth.displayPath': 'shown, never opened: keyFileId names the file',
  'hosts:update.settings.auth.displayPath': 'as above',
  'clusters:offers.subject.certificate.file': 'of a node, as the last reading told it',
  'access:files.files': 'whether the login may change files',
  'access:saveFile.files': 'as above',
  'access:selfTest.files': 'as above',
  'backupFiles:list.path': 'inside a backup, as the API of Proxmox VE names it',
  'backupFiles:download.path': 'as above; where it is saved the native dialog says',
  'sandboxFiles:list.path': 'inside a sandbox volume, below its root',
  'sandboxFiles:stat.path': 'as above',
  'sandboxFiles:text.path': 'as above',
  'sandboxFiles:download.path': 'as above; where it is saved the native dialog says',
};

describe('what the page may ask', () => {
  it('is an object that knows all of its keys, at every depth of every request', () => {
    const objects = all.filter(({ schema }) => schema._zod.def.type === 'object');
    expect(objects.length).toBeGreaterThan(channels.length);
    const loose = objects.filter(({ schema }) => {
      const { catchall } = (schema as z.ZodObject)._zod.def;
      return catchall?._zod.def.type !== 'never';
    });
    expect(loose.map(({ path }) => path)).toEqual([]);
  });

  it('is plain data of which every value has a type', () => {
    const open = all.filter(({ schema }) => ['any', 'unknown', 'custom'].includes(schema._zod.def.type));
    expect(open.map(({ path }) => path)).toEqual([]);
  });

  it('names no file of this laptop, no command and no address of a page: ids of the native dialogs do', () => {
    const named = all
      .filter(({ path }) => powerful.test(path.split('.').at(-1) ?? ''))
      .map(({ path }) => path.replace(/(?:\[\]|\{\})+$/, ''));
    const unknown = [...new Set(named)].filter(
      (path) => !(path in harmless) && !/(?:keyFileId|fileId|FileId)$/.test(path) && path.includes('.'),
    );
    expect(unknown).toEqual([]);
  });
});
