import { z } from 'zod';
import { AppError } from '../../../errors/app-error';
import { readSuperblockArgv } from '../../../sandbox/device-mapper/commands';
import { isSandboxId, isTemplateName } from '../../../sandbox/device-mapper/names';
import { parseSuperblock } from '../../../sandbox/device-mapper/parse';
import {
  deviceProbes,
  fileProbes,
  settingsOf,
  settingsProbe,
  supportOf,
  supportProbes,
  worldFrom,
  type Output,
} from '../../../sandbox/device-mapper/probes';
import { parseSize } from '../../../sandbox/device-mapper/sizes';
import type { SandboxVolume, SandboxWorld, Template } from '../../../sandbox/device-mapper/world';
import { unexpectedOutput } from '../../../storage/unexpected';
import type { Probe } from '../../../storage/backend';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionContext } from '../../action';

export const sandboxIdSchema = z.string().refine(isSandboxId, 'is not the id of a sandbox');
export const templateNameSchema = z.string().refine(isTemplateName, 'is not the name of a template');
/** `20G`, `20Gi`, `512M`, `512Mi`. */
export const sizeSchema = z
  .string()
  .refine((text) => parseSize(text) !== null, 'must be a size such as 20G or 512M, of 4M to 64T');

/** In bytes, of what `sizeSchema` let through. */
export function bytesOf(size: string): number {
  const bytes = parseSize(size);
  if (bytes === null) throw new RangeError('Not a size.');
  return bytes;
}

async function run(context: ActionContext, probe: Probe): Promise<Output> {
  const { argv, privileged, acceptExitCodes, timeoutSeconds, maxOutputBytes } = probe;
  return context.read('read sandbox volumes', argv, {
    acceptExitCodes,
    timeoutSeconds,
    maxOutputBytes,
    ...(privileged ? {} : { privileged: false as const }),
  });
}

async function runAll<Name extends string>(
  context: ActionContext,
  probes: Readonly<Record<Name, Probe>>,
): Promise<Record<Name, Output>> {
  const names = Object.keys(probes) as Name[];
  const outputs = await Promise.all(names.map((name) => run(context, probes[name])));
  return Object.fromEntries(names.map((name, index) => [name, outputs[index]])) as Record<Name, Output>;
}

/** Everything about sandbox volumes of this host, as it is now. Throws AppError `refused` where it can have none. */
export async function readWorld(context: ActionContext): Promise<SandboxWorld> {
  const [support, settings] = await Promise.all([
    runAll(context, supportProbes),
    run(context, settingsProbe).then(settingsOf),
  ]);
  const missing = supportOf(support.version, support.targets);
  if (missing !== null) throw new AppError('refused', missing.text, { remedy: missing.remedy });
  return worldFrom(settings, await runAll(context, { ...deviceProbes, ...fileProbes(settings) }));
}

/** dumpe2fs exits with the last byte of the library's error number, 19 for a bad magic number (1.47): what it says decides. */
const anyExitCode: readonly number[] = Array.from({ length: 256 }, (_, code) => code);

/** The size of the file system in an image. null: it holds no ext file system. */
export async function readSuperblock(
  context: ActionContext,
  path: string,
): Promise<{ filesystemBytes: number; state: string } | null> {
  const { exitCode, stdout, stderr } = await context.read('look into an image', readSuperblockArgv(path), {
    acceptExitCodes: anyExitCode,
  });
  if (exitCode === 0) return parseSuperblock(stdout);
  if (/Bad magic number|Superblock invalid|Attempt to read block/.test(stderr)) return null;
  throw unexpectedOutput('dumpe2fs -h', 'it could not look into the image', stderr);
}

export function volumeIn(world: SandboxWorld, id: string): SandboxVolume | null {
  return world.volumes.find((volume) => volume.id === id) ?? null;
}

export function templateIn(world: SandboxWorld, name: string | null): Template | null {
  return world.templates.find((template) => template.name === name) ?? null;
}

export const refresh = 'Refresh the host and choose one that is there.';

export function noVolume(id: string): Blocker {
  return { text: `There is no sandbox volume ${id} on this host.`, remedy: refresh };
}

/** Something uses the device: what runs in the sandbox, a mount, another device. */
export function openBlocker({ id, device }: SandboxVolume): Blocker[] {
  if (device === null || device.open === 0) return [];
  return [
    {
      text: `Sandbox ${id} is in use: ${device.open === 1 ? 'something holds' : `${device.open} things hold`} /dev/mapper/${device.name} open. Its virtual machine would go on without a disk.`,
      remedy:
        'Destroy its virtual machine with the tool that runs it, or unmount it, first. Holdfast drives no virtual machines of sandboxes.',
    },
  ];
}

/** What a plan about a volume rests on: all that has to be the same when it runs. Fill and use of space are not. */
export function volumeFacts(volume: SandboxVolume | null): Record<string, unknown> {
  if (volume === null) return { volume: null };
  const { state, meta, device, cow, loops, templateName, memoryFiles } = volume;
  return {
    volume: {
      state,
      meta,
      templateName,
      memoryFiles,
      device: device === null ? null : { name: device.name, number: device.number, open: device.open },
      cow: cow === null ? null : { path: cow.path, sizeBytes: cow.file.sizeBytes },
      loops: loops.map(({ name }) => name),
    },
  };
}

export function templateFacts(template: Template | null): Record<string, unknown> {
  if (template === null) return { template: null };
  const { name, meta, file, loops, volumes } = template;
  return {
    template: {
      name,
      meta,
      volumes,
      sizeBytes: file.sizeBytes,
      changedAtSeconds: file.changedAtSeconds,
      loops: loops.map(({ loop, users }) => ({ name: loop.name, users })),
    },
  };
}
