import { z } from 'zod';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { Sandbox } from '../../../../../src-preload/contract/sandbox';
import { isSandboxName } from '../../../sandbox/microsandbox/names';
import type { MsbSandboxDetail } from '../../../sandbox/microsandbox/inspect';
import type { MsbSandbox } from '../../../sandbox/microsandbox/parse';
import type { ActionContext, Subject } from '../../action';
import { readSandboxDetail, readSandboxes } from './reads';

export const sandboxNameSchema = z
  .string()
  .refine(
    isSandboxName,
    'must start with an alphanumeric character and contain only alphanumeric characters, dots, hyphens, and underscores, at most 128',
  );

export const sandboxInput = z.strictObject({ name: sandboxNameSchema });

export interface FoundSandbox {
  sandbox: MsbSandbox | null;
  detail: MsbSandboxDetail | null;
}

export async function lookAtSandbox(context: ActionContext, name: string): Promise<FoundSandbox> {
  const sandboxes = await readSandboxes(context);
  const sandbox = sandboxes.find((each) => each.name === name) ?? null;
  return { sandbox, detail: sandbox === null ? null : await readSandboxDetail(context, name) };
}

/** A sandbox made anew under its name has another time of creation; what it mounts is part of what a plan says. */
export const restsOn = ({ sandbox, detail }: FoundSandbox): Record<string, unknown> => ({
  createdAtMs: sandbox?.createdAtMs ?? null,
  image: sandbox?.image ?? null,
  state: sandbox?.state ?? null,
  mounts: detail?.mounts.map(({ mount }) => mount) ?? [],
});

export const identitySchema = z.object({ createdAtMs: z.number().nullable() });

/** As last read; null: the menu is about something else. */
export function sandboxOf(subject: Subject): Sandbox | null {
  return subject.kind === 'sandbox' ? subject.sandbox : null;
}

export const unknownSandbox = (name: string): Blocker => ({
  text: `msb has no sandbox ${name}.`,
  remedy: 'Refresh the host: it may have been removed meanwhile.',
});

/** What it mounts, as items of a consequence. */
export const mountItems = (detail: MsbSandboxDetail | null): Consequence['items'] =>
  (detail?.mounts ?? []).map(({ mount }) => ({ name: mount, sizeBytes: null }));
