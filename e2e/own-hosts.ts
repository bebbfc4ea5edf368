import type { Page } from '@playwright/test';
import type { DialogRecorder } from './dialogs';
import type { HostBlueprint } from '../src-main/demo/hosts/blueprint';
import { createKvm03 } from '../src-main/demo/hosts/kvm-03';
import { createNas01 } from '../src-main/demo/hosts/nas-01';
import { createRandom } from '../src-main/demo/random';
import { generateHostKey, startSshServer, type SshServer } from '../src-main/demo/server';
import { expect } from './fixtures';
import { open } from './plans';

export interface OwnHost {
  name: string;
  port: number;
  user: string;
  password: string;
  access?: 'View' | 'Operate' | 'Administer';
  production?: boolean;
}

export const hostForm = (page: Page) => page.getByRole('dialog', { name: 'Add a host' });

/** Fills the first page of an open “Add a host” dialog. */
export async function fillHostForm(page: Page, host: OwnHost): Promise<void> {
  const form = hostForm(page);
  await form.getByLabel('Name', { exact: true }).fill(host.name);
  await form.getByLabel('Login name').fill(host.user);
  await form.getByLabel('Address').fill('127.0.0.1');
  await form.getByRole('textbox', { name: 'Port' }).fill(String(host.port));
  await form.getByText('Password', { exact: true }).click();
  await form.locator('input[type=password]').fill(host.password);
  if (host.production === true) await form.getByLabel(/^Production/).check();
  if (host.access !== undefined) await form.getByRole('radio', { name: host.access }).check();
}

/** Adds a host as a person does, compares nothing and trusts its key. Ends on the host's page, connecting. */
export async function addHost(page: Page, dialogs: DialogRecorder, host: OwnHost): Promise<void> {
  const welcome = page.getByRole('button', { name: /Add your first host/ });
  const another = page.getByRole('button', { name: 'Add host' });
  await expect(welcome.or(another)).toBeVisible();
  await welcome.or(another).click();
  await fillHostForm(page, host);
  const form = hostForm(page);
  await form.getByRole('button', { name: 'Check the host’s identity' }).click();
  const pinned = form.getByText('The host key is pinned');
  const compare = form.getByRole('button', { name: 'The fingerprint matches…' });
  await expect(pinned.or(compare)).toBeVisible();
  if (await compare.isVisible()) {
    await dialogs.press('Trust this key');
    await compare.click();
    await expect(pinned).toBeVisible();
  }
  await form.getByRole('button', { name: 'Add and connect' }).click();
  await expect(form).toHaveCount(0);
}

/** The state of the host whose page is open. */
export const hostState = (page: Page, words: string) =>
  page.getByRole('main').getByText(words, { exact: true }).first();

/** The switch as people press it: Mantine's own input lies unseen below its track. */
export const pressReadOnlySwitch = (page: Page): Promise<void> =>
  page
    .locator('.mantine-Switch-root', { has: page.getByRole('switch', { name: 'Read-only mode' }) })
    .locator('.mantine-Switch-track')
    .click();

/** Turns off the app-wide read-only switch, through its native dialog. */
export async function allowChanges(page: Page, dialogs: DialogRecorder): Promise<void> {
  await open(page, 'Settings');
  const readOnly = page.getByRole('switch', { name: 'Read-only mode' });
  await dialogs.press('Allow changes');
  await pressReadOnlySwitch(page);
  await expect(readOnly).not.toBeChecked();
}

/** Asks the core to read every host again, as its own clock does, and touches nothing on the page. */
export const refreshBehindThePage = (page: Page): Promise<unknown> =>
  page.evaluate(() => window.holdfast.inventory.refreshAll({}, crypto.randomUUID()));

/** A host of the demo behind a server of the test’s own: it outlives the app and its core, and can be switched off. */
export interface ServedHost extends OwnHost {
  /** Command lines that arrived, oldest first. */
  readonly commands: string[];
  /** What such a command does is done, but the answer does not come. null: all answer again. */
  hold(pattern: RegExp | null): void;
  /** Cuts all connections; nobody listens on the port any more. */
  switchOff(): Promise<void>;
  /** As it was left, on the same port, with the same host key. */
  switchOn(): Promise<void>;
}

const never = 24 * 3600 * 1000;

const world = () => ({ random: createRandom(20261123), nowMs: Date.now });

/** The ZFS host. */
export const startNas = (): Promise<ServedHost> => serve(createNas01(world()));
/** The host of virtual machines, with device-mapper sandboxes. */
export const startKvm = (): Promise<ServedHost> => serve(createKvm03(world()));

async function serve({ name, machine }: HostBlueprint): Promise<ServedHost> {
  if (machine === null) throw new Error(`${name} of the demo is switched off.`);
  const password = 'correct horse battery staple';
  const hostKey = generateHostKey();
  const commands: string[] = [];
  let held: RegExp | null = null;
  let server: SshServer | null = null;
  const start = async (port: number): Promise<SshServer> => {
    server = await startSshServer({
      machine: {
        user: machine.user,
        files: machine.files,
        run: (commandLine) => {
          commands.push(commandLine);
          const result = machine.run(commandLine);
          return held?.test(commandLine) === true ? { ...result, delayMs: never } : result;
        },
      },
      password,
      hostKey,
      port,
      delayMs: (workMs) => (workMs === never ? never : 0),
    });
    return server;
  };
  const { port } = await start(0);
  return {
    name,
    port,
    user: machine.user,
    password,
    commands,
    hold: (pattern) => {
      held = pattern;
    },
    switchOff: async () => {
      await server?.close();
      server = null;
    },
    switchOn: async () => {
      await start(port);
    },
  };
}
