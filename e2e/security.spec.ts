import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ElectronApplication, Page } from '@playwright/test';
import { electronArguments, electronEnvironment, resolveElectron } from '../scripts/lib/electron.mjs';
import { root } from '../scripts/lib/workspace.mjs';
import type { Api } from '../src-preload/contract';
import { channels, events } from '../src-preload/contract/channels';
import { expect, test } from './fixtures';
import { corePid, launchHoldfast } from './launch';

/**
 * Each item of Electron's security checklist, tried against the built app in a real window; docs/security.md
 * lists item, way and test. What runs in `page.evaluate` stands for a page that an attacker has taken over.
 */

declare global {
  interface Window {
    holdfast: Api;
  }
}

const pageAddress = 'holdfast://app/index.html';

interface AnyResult {
  ok: boolean;
  value?: unknown;
  error?: { code: string; message: string };
}

/** Calls a channel of the bridge as the page would, with anything. */
function callBridge(page: Page, channel: string, request: unknown): Promise<AnyResult> {
  return page.evaluate(
    ([name, payload]) => {
      const [group = '', verb = ''] = String(name).split(':');
      const bridge = window.holdfast as unknown as Record<
        string,
        Record<string, (request: unknown) => Promise<AnyResult>>
      >;
      const door = bridge[group]?.[verb];
      if (door === undefined) throw new Error(`The bridge has no ${String(name)}`);
      return door(payload);
    },
    [channel, request],
  );
}

const windowCount = (app: ElectronApplication): Promise<number> =>
  app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length);

/** Wherever the core runs, the page hears when it is there. */
async function coreRuns(page: Page): Promise<void> {
  await expect
    .poll(
      async () => ((await callBridge(page, 'app:info', {})).value as { core: { state: string } }).core.state,
    )
    .toBe('running');
}

function shellLog(userData: string): string {
  const path = join(userData, 'logs', 'shell.log');
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

test.describe('the window', () => {
  test('is sandboxed, isolated and without Node', async ({ holdfast: { app, page } }) => {
    const preferences = await app.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as {
        getLastWebPreferences(): Record<string, unknown>;
      };
      return contents.getLastWebPreferences();
    });
    expect(preferences).toMatchObject({ sandbox: true, contextIsolation: true, webSecurity: true });
    for (const name of [
      'nodeIntegration',
      'nodeIntegrationInWorker',
      'nodeIntegrationInSubFrames',
      'allowRunningInsecureContent',
      'experimentalFeatures',
      'webviewTag',
      'navigateOnDragDrop',
      // Electron 25 leaves out what is off by default; a newer one says false.
    ]) {
      expect({ name, value: preferences[name] ?? false }).toEqual({ name, value: false });
    }
    // Absent or empty: no Blink feature is switched on.
    expect(preferences['enableBlinkFeatures'] ?? '').toBe('');
    const reach = await page.evaluate(() => {
      const names = [
        'require',
        'process',
        'module',
        'Buffer',
        'global',
        'electron',
        'ipcRenderer',
        '__dirname',
      ];
      return names.filter((name) => name in window);
    });
    expect(reach).toEqual([]);
  });

  test('says that it runs on the evaluation runtime', async ({ holdfast: { app } }) => {
    const runtime = await resolveElectron();
    const title = await app.evaluate(
      ({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getTitle() ?? '',
    );
    expect(title).toContain('Holdfast');
    expect(title.includes('evaluation runtime')).toBe(runtime.kind === 'fallback');
  });

  test('has no developer tools and no reload, in menu or by call', async ({ holdfast: { app } }) => {
    const found = await app.evaluate(async ({ BrowserWindow, Menu }) => {
      const roles: string[] = [];
      const walk = (items: { role?: string; submenu?: { items: unknown[] } }[]): void => {
        for (const item of items) {
          if (item.role) roles.push(item.role.toLowerCase());
          if (item.submenu) walk(item.submenu.items as typeof items);
        }
      };
      walk((Menu.getApplicationMenu()?.items ?? []) as unknown as Parameters<typeof walk>[0]);
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      contents?.openDevTools({ mode: 'detach' });
      await new Promise((done) => setTimeout(done, 500));
      return { roles, open: contents?.isDevToolsOpened() };
    });
    expect(found.open).toBe(false);
    expect(found.roles).toContain('copy');
    expect(found.roles.filter((role) => /reload|devtools/.test(role))).toEqual([]);
  });

  test('remembers its bounds and refuses a file that is not ours', async () => {
    const userData = mkdtempSync(join(tmpdir(), 'holdfast-bounds-'));
    try {
      const first = await launchHoldfast({ userData });
      const wanted = { x: 60, y: 40, width: 1100, height: 700 };
      await first.app.evaluate(({ BrowserWindow }, bounds) => {
        BrowserWindow.getAllWindows()[0]?.setBounds(bounds);
      }, wanted);
      await first.close();
      const state = JSON.parse(readFileSync(join(userData, 'window.json'), 'utf8')) as { bounds: unknown };
      expect(state.bounds).toEqual(wanted);
      const second = await launchHoldfast({ userData });
      const bounds = await second.app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()[0]?.getBounds(),
      );
      await second.close();
      expect(bounds).toEqual(wanted);
    } finally {
      rmSync(userData, { recursive: true, force: true, maxRetries: 5 });
    }
  });

  test('opens once per profile', async ({ holdfast: { app, userData } }) => {
    const runtime = await resolveElectron();
    const second = spawn(runtime.executable, electronArguments(runtime), {
      env: { ...process.env, ...electronEnvironment(runtime, { userData }) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    second.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const [code] = (await once(second, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(said).toContain('already open');
    expect(await windowCount(app)).toBe(1);
  });
});

test.describe('the protocol', () => {
  test('sends policy and safe headers, and only what belongs to the page', async ({
    holdfast: { app, page },
  }) => {
    const scripts = await page.evaluate(() => [...document.scripts].map((script) => script.src));
    expect(scripts.length).toBeGreaterThan(0);
    const ask = (url: string, method = 'GET') =>
      app.evaluate(
        async ({ net }, request) => {
          const response = await net.fetch(request.url, { method: request.method }).catch(() => null);
          // Electron 25 cannot even send `%00` and the like.
          if (response === null) return { status: 404, headers: {} as Record<string, string>, length: 0 };
          return {
            status: response.status,
            headers: Object.fromEntries([...response.headers]) as Record<string, string>,
            length: (await response.text()).length,
          };
        },
        { url, method },
      );
    const types: Record<string, string> = { html: 'text/html', js: 'text/javascript' };
    for (const url of [pageAddress, 'holdfast://app/', ...scripts]) {
      const { status, headers, length } = await ask(url);
      expect(status).toBe(200);
      expect(length).toBeGreaterThan(100);
      expect(headers['content-type']).toContain(types[url.endsWith('.js') ? 'js' : 'html']);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['content-security-policy']).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
      );
    }
    for (const path of [
      '..%2fpackage.json',
      '..%2f..%2fetc%2fpasswd',
      '%2e%2e/main/index.cjs',
      '%252e%252e%252fpackage.json',
      '..%5cpackage.json',
      'index.html%00',
      '%00',
      'assets',
      'assets/',
      'missing.js',
      '../main/index.cjs',
    ]) {
      const { status, length } = await ask(`holdfast://app/${path}`);
      expect({ path, status, length }).toEqual({ path, status: 404, length: 0 });
    }
    expect((await ask('holdfast://other/index.html')).status).toBe(404);
    for (const method of ['POST', 'PUT', 'DELETE', 'HEAD']) {
      expect({ method, status: (await ask(pageAddress, method)).status }).toEqual({ method, status: 405 });
    }
  });

  test('loads nothing but its own files', async ({ holdfast: { page } }) => {
    const seen: string[] = [];
    page.on('request', (request) => seen.push(request.url()));
    await page.reload();
    await coreRuns(page);
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.filter((url) => !url.startsWith('holdfast://app/') && !url.startsWith('data:'))).toEqual([]);
  });

  test('runs neither inline scripts nor code made of text', async ({ holdfast: { page } }) => {
    // `page.evaluate` itself is exempt from the policy; so the page is made to do it.
    const ran = await page.evaluate(async () => {
      const mark = window as unknown as Record<string, unknown>;
      const add = (change: (script: HTMLScriptElement) => void): void => {
        const script = document.createElement('script');
        change(script);
        document.head.append(script);
      };
      add((script) => (script.textContent = 'window.inline = 1'));
      add((script) => (script.src = 'data:text/javascript,window.dataScript = 1'));
      add((script) => (script.src = URL.createObjectURL(new Blob(['window.blobScript = 1']))));
      const image = document.createElement('div');
      image.innerHTML =
        '<img src="data:," onerror="window.handler = 1"><a href="javascript:window.link = 1">x</a>';
      document.body.append(image);
      image.querySelector('a')?.click();
      const refused: string[] = [];
      document.addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective));
      setTimeout('window.timer = 1' as unknown as () => void, 0);
      await new Promise((done) => setTimeout(done, 500));
      const names = ['inline', 'dataScript', 'blobScript', 'handler', 'link', 'timer'];
      return { ran: names.filter((name) => name in mark), refused };
    });
    expect(ran.ran).toEqual([]);
    expect(ran.refused.length).toBeGreaterThan(0);
  });
});

test.describe('the network', () => {
  let tcp: Server;
  let udp: Socket;
  let connections: number;
  let datagrams: number;

  test.beforeEach(async () => {
    connections = 0;
    datagrams = 0;
    tcp = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      socket.destroy();
    });
    tcp.listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    udp = createSocket('udp4');
    udp.on('message', () => (datagrams += 1));
    udp.bind(0, '127.0.0.1');
    await once(udp, 'listening');
  });
  test.afterEach(() => {
    tcp.close();
    udp.close();
  });

  test('is out of reach for the page, by every way there is', async ({ holdfast: { app, page } }) => {
    const port = (tcp.address() as AddressInfo).port;
    const udpPort = udp.address().port;

    // What the servers would see, so that silence below means something.
    connect(port, '127.0.0.1').on('error', () => undefined);
    createSocket('udp4').send('x', udpPort, '127.0.0.1');
    await expect.poll(() => [connections, datagrams]).toEqual([1, 1]);

    const outcome = await page.evaluate(
      async ([tcpPort, otherPort]) => {
        const base = `http://127.0.0.1:${tcpPort}`;
        const settled = async (work: () => unknown): Promise<string> => {
          try {
            await work();
            return 'reached';
          } catch {
            return 'refused';
          }
        };
        const loaded = (element: HTMLImageElement | HTMLScriptElement): Promise<void> =>
          new Promise((done, fail) => {
            element.onload = () => done();
            element.onerror = () => fail(new Error('refused'));
            document.head.append(element);
          });
        const results: Record<string, string> = {
          fetch: await settled(() => fetch(base)),
          noCors: await settled(() => fetch(base, { mode: 'no-cors' })),
          localhost: await settled(() => fetch(`http://localhost:${tcpPort}`)),
          request: await settled(
            () =>
              new Promise<void>((done, fail) => {
                const request = new XMLHttpRequest();
                request.onload = () => done();
                request.onerror = () => fail(new Error('refused'));
                request.open('GET', base);
                request.send();
              }),
          ),
          socket: await settled(
            () =>
              new Promise<void>((done, fail) => {
                const socket = new WebSocket(`ws://127.0.0.1:${tcpPort}`);
                socket.onopen = () => done();
                socket.onerror = () => fail(new Error('refused'));
              }),
          ),
          image: await settled(() => loaded(Object.assign(new Image(), { src: `${base}/a.png` }))),
          script: await settled(() =>
            loaded(Object.assign(document.createElement('script'), { src: `${base}/a.js` })),
          ),
          file: await settled(() => fetch('file:///etc/hostname')),
        };
        navigator.sendBeacon(base, 'x');
        for (const rel of [
          'preconnect',
          'dns-prefetch',
          'prefetch',
          'preload',
          'modulepreload',
          'prerender',
        ]) {
          for (const host of ['127.0.0.1', 'localhost']) {
            const link = document.createElement('link');
            link.rel = rel;
            link.href = `http://${host}:${tcpPort}`;
            link.as = 'script';
            document.head.append(link);
          }
        }
        const rules = document.createElement('script');
        rules.type = 'speculationrules';
        rules.textContent = JSON.stringify({ prefetch: [{ source: 'list', urls: [base] }] });
        document.head.append(rules);
        const style = document.createElement('style');
        style.textContent = `@import url(${base}/a.css); @font-face { font-family: far; src: url(${base}/f.woff2) }
          body { background: url(${base}/b.png); font-family: far }`;
        document.head.append(style);
        const anchor = document.createElement('a');
        anchor.href = '#ping';
        anchor.ping = base;
        document.body.append(anchor);
        anchor.click();
        const frame = document.createElement('iframe');
        frame.src = base;
        document.body.append(frame);
        const object = document.createElement('object');
        object.data = base;
        document.body.append(object);
        for (const urls of [
          `stun:127.0.0.1:${otherPort}`,
          `stun:localhost:${otherPort}`,
          `turn:127.0.0.1:${otherPort}?transport=udp`,
          `turn:127.0.0.1:${tcpPort}?transport=tcp`,
          `turn:localhost:${tcpPort}?transport=tcp`,
        ]) {
          const peer = new RTCPeerConnection({ iceServers: [{ urls, username: 'a', credential: 'b' }] });
          peer.createDataChannel('x');
          await peer.setLocalDescription(await peer.createOffer());
        }
        await new Promise((done) => setTimeout(done, 3_000));
        return results;
      },
      [port, udpPort] as const,
    );
    expect([...new Set(Object.values(outcome))]).toEqual(['refused']);
    expect({ connections, datagrams }).toEqual({ connections: 1, datagrams: 1 });

    // Not the policy alone: the session refuses too, and Chromium has no name or address to go to.
    const fromMain = await app.evaluate(async ({ net }, url) => {
      try {
        await net.fetch(url);
        return 'reached';
      } catch (error) {
        return String(error);
      }
    }, `http://127.0.0.1:${port}`);
    expect(fromMain).toMatch(/ERR_BLOCKED_BY_CLIENT|ERR_NAME_NOT_RESOLVED/);
    expect(connections).toBe(1);
  });
});

test.describe('the page', () => {
  test('does not navigate away', async ({ holdfast: { app, page } }) => {
    for (const target of [
      'https://example.org/',
      'http://127.0.0.1:9/',
      'file:///etc/hostname',
      'data:text/html,<h1>other</h1>',
      'holdfast://other/index.html',
      'holdfast://app/assets/other.html',
      'holdfast://app/index.html?other',
      'chrome://version',
    ]) {
      await page.evaluate(async (url) => {
        const mark = window as unknown as { here?: boolean };
        mark.here = true;
        const link = document.createElement('a');
        link.href = url;
        document.body.append(link);
        link.click();
        const form = document.createElement('form');
        form.action = url;
        document.body.append(form);
        form.submit();
        const refresh = document.createElement('meta');
        refresh.httpEquiv = 'refresh';
        refresh.content = `0;url=${url}`;
        document.head.append(refresh);
        location.href = url;
        await new Promise((done) => setTimeout(done, 300));
      }, target);
      expect(page.url().split('#')[0]).toBe(pageAddress);
      // Still the very document that tried.
      expect(await page.evaluate(() => 'here' in window)).toBe(true);
    }
    expect(await windowCount(app)).toBe(1);
    // Playwright's own locators would wait for the navigations that were refused.
    expect(await page.evaluate(() => document.querySelector('nav') !== null)).toBe(true);
  });

  test('is brought back from about:blank, which Chromium asks nobody about', async ({
    holdfast: { page, userData },
  }) => {
    await page.evaluate(() => void setTimeout(() => (location.href = 'about:blank'), 50));
    await expect.poll(() => shellLog(userData)).toContain('showed something else');
    await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
    expect(page.url().split('#')[0]).toBe(pageAddress);
    await coreRuns(page);
  });

  test('opens no window and attaches no webview', async ({ holdfast: { app, page } }) => {
    const opened = await page.evaluate(() =>
      ['https://example.org/', 'about:blank', '', 'holdfast://app/index.html'].map(
        (url) => window.open(url) === null,
      ),
    );
    expect(opened).toEqual([true, true, true, true]);
    await page.evaluate(async () => {
      const link = document.createElement('a');
      link.href = 'holdfast://app/index.html';
      link.target = '_blank';
      document.body.append(link);
      link.click();
      const view = document.createElement('webview');
      view.setAttribute('src', 'holdfast://app/index.html');
      view.setAttribute('allowpopups', '');
      view.setAttribute('nodeintegration', '');
      document.body.append(view);
      await new Promise((done) => setTimeout(done, 500));
    });
    const contents = await app.evaluate(({ webContents }) => webContents.getAllWebContents().length);
    expect([await windowCount(app), contents]).toEqual([1, 1]);
  });

  test('is granted no permission and no device', async ({ holdfast: { page, userData } }) => {
    const granted = await page.evaluate(async () => {
      const names = [
        'notifications',
        'geolocation',
        'camera',
        'microphone',
        'midi',
        'clipboard-read',
        'clipboard-write',
        'persistent-storage',
        'screen-wake-lock',
        'idle-detection',
      ];
      const found: string[] = [];
      for (const name of names) {
        const state = await navigator.permissions
          .query({ name: name as PermissionName })
          .then((status) => status.state)
          .catch(() => 'unknown');
        if (state === 'granted') found.push(name);
      }
      const attempt = async (name: string, work: () => unknown): Promise<void> => {
        try {
          // Electron 25 leaves a refused choice of a device open for ever.
          const late = new Promise((done) => setTimeout(() => done(false), 2_000));
          const answer = await Promise.race([work(), late]);
          if (answer !== false && answer !== 'denied') found.push(name);
        } catch {
          // Refused, as it should be.
        }
      };
      type Devices = Record<
        'usb' | 'hid' | 'serial' | 'bluetooth',
        Record<string, (options: object) => unknown>
      >;
      const devices = navigator as unknown as Devices;
      await attempt('getUserMedia', () => navigator.mediaDevices.getUserMedia({ audio: true, video: true }));
      await attempt('getDisplayMedia', () => navigator.mediaDevices.getDisplayMedia());
      await attempt('Notification', () => Notification.requestPermission());
      await attempt('clipboard.readText', () => navigator.clipboard.readText());
      await attempt('clipboard.writeText', () => navigator.clipboard.writeText('x'));
      await attempt('usb', () => devices.usb['requestDevice']?.({ filters: [] }));
      await attempt('serial', () => devices.serial['requestPort']?.({ filters: [] }));
      await attempt('bluetooth', () => devices.bluetooth['requestDevice']?.({ acceptAllDevices: true }));
      await attempt('fullscreen', () => document.documentElement.requestFullscreen());
      await attempt(
        'geolocation',
        () => new Promise((done, fail) => navigator.geolocation.getCurrentPosition(done, fail)),
      );
      return found;
    });
    expect(granted).toEqual([]);
    expect(shellLog(userData)).toContain('A permission was denied');
  });

  test('downloads nothing', async ({ holdfast: { app, page } }) => {
    await app.evaluate(({ session }) => {
      const state = globalThis as unknown as { downloads: boolean[] };
      state.downloads = [];
      // Registered last, so it sees what the app decided.
      session.defaultSession.on('will-download', (event) => state.downloads.push(event.defaultPrevented));
    });
    await page.evaluate(async () => {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob(['x']));
      link.download = 'x.txt';
      document.body.append(link);
      link.click();
      await new Promise((done) => setTimeout(done, 1_000));
    });
    const downloads = await app.evaluate(() => (globalThis as unknown as { downloads: boolean[] }).downloads);
    expect(downloads).toEqual([true]);
  });
});

test.describe('the bridge', () => {
  test('is exactly the contract', async ({ holdfast: { page } }) => {
    const found = await page.evaluate(() => {
      const bridge = window.holdfast as unknown as Record<string, unknown>;
      return Object.entries(bridge).flatMap(([name, value]) =>
        typeof value === 'function' ? [name] : Object.keys(value as object).map((verb) => `${name}:${verb}`),
      );
    });
    expect(found.sort()).toEqual([...channels, 'cancel', 'on'].sort());
  });

  test('passes neither another event nor an Electron object', async ({ holdfast: { page } }) => {
    await coreRuns(page);
    const heard = await page.evaluate(async (names) => {
      const refused: string[] = [];
      const { on } = window.holdfast as unknown as {
        on(event: unknown, listener: (...args: unknown[]) => void): () => void;
      };
      for (const name of ['app:anything', '__proto__', 'toString', '', 7]) {
        try {
          on(name, () => undefined);
        } catch {
          refused.push(String(name));
        }
      }
      const heardArguments: unknown[][] = [];
      const stops = names.map((name) => on(name, (...args) => heardArguments.push(args)));
      await window.holdfast.settings.update({ refreshSeconds: 300 });
      await new Promise((done) => setTimeout(done, 500));
      stops.forEach((stop) => stop());
      const before = heardArguments.length;
      await window.holdfast.settings.update({ refreshSeconds: 60 });
      await new Promise((done) => setTimeout(done, 500));
      return {
        refused,
        counts: heardArguments.map((args) => args.length),
        late: heardArguments.length - before,
      };
    }, events);
    expect(heard.refused).toHaveLength(5);
    expect(heard.counts.length).toBeGreaterThan(0);
    expect([...new Set(heard.counts)]).toEqual([1]);
    expect(heard.late).toBe(0);
  });

  test('refuses junk on every channel, and nothing happens', async ({ holdfast: { app, page }, dialogs }) => {
    await coreRuns(page);
    const picture = async (): Promise<unknown> =>
      Promise.all(
        ['hosts:list', 'settings:read', 'audit:sources'].map((channel) => callBridge(page, channel, {})),
      );
    const before = await picture();
    const wrong = await page.evaluate(async (names) => {
      const bridge = window.holdfast as unknown as Record<
        string,
        Record<string, (request?: unknown, callId?: unknown) => Promise<AnyResult>>
      >;
      const long = 'x'.repeat(2_000_000);
      const junk: unknown[] = [
        undefined,
        null,
        '',
        '{}',
        0,
        -1,
        NaN,
        true,
        [],
        [{}],
        { surprise: 1 },
        { hostId: '../../etc' },
        { hostId: { $ne: null } },
        { hostId: 'nas-01', command: 'rm -rf /' },
        { planId: 'x', confirmed: true, token: 'x' },
        { toString: 'x', valueOf: 'x' },
        { text: long },
        new Date(),
        new Map([['a', 1]]),
        new Uint8Array(10),
        () => 'function',
      ];
      const unexpected: string[] = [];
      for (const name of names) {
        const [group = '', verb = ''] = name.split(':');
        const door = bridge[group]?.[verb];
        if (door === undefined) throw new Error(`no ${name}`);
        for (const [index, request] of junk.entries()) {
          const answer = await door(request).catch((error: unknown) => ({
            ok: false,
            error: { code: `thrown: ${String(error)}`, message: '' },
          }));
          const code = answer.error?.code ?? 'ok';
          if (code !== 'invalid-request') unexpected.push(`${name} with junk ${index}: ${code}`);
        }
        for (const callId of ['', 'x', 7, {}, [], '../x', 'app:info']) {
          const answer = await door({}, callId);
          if (answer.error?.code !== 'invalid-request')
            unexpected.push(`${name} with call id ${String(callId)}`);
        }
      }
      return unexpected;
    }, channels);
    expect(wrong).toEqual([]);
    expect(await dialogs.seen()).toEqual([]);
    expect(await picture()).toEqual(before);
    expect(await windowCount(app)).toBe(1);
  });

  test('lets the page ask but not answer', async ({ holdfast: { page }, dialogs }) => {
    await coreRuns(page);
    await dialogs.press('Cancel');
    const refused = await callBridge(page, 'settings:update', { readOnly: false });
    const [dialog] = await dialogs.seen();
    expect(dialog?.buttons.at(-1)).toBe('Cancel');
    expect(dialog?.defaultId).toBe(1);
    expect(dialog?.cancelId).toBe(1);
    expect(refused).toMatchObject({ ok: true, value: { readOnly: true } });
    for (const extra of [{ confirmed: true }, { confirm: true }, { token: 'x' }]) {
      const forged = await callBridge(page, 'settings:update', { readOnly: false, ...extra });
      expect(forged.error?.code).toBe('invalid-request');
    }
    expect(await callBridge(page, 'settings:read', {})).toMatchObject({ value: { readOnly: true } });
    expect(await dialogs.seen()).toHaveLength(1);
  });

  test('is closed to sub-frames and to windows that show anything else', async ({
    holdfast: { app, userData },
  }) => {
    const heard = await app.evaluate(
      async ({ BrowserWindow }, [url, preload]) => {
        // As an attacker would like it: our preload, also in sub-frames.
        const window = new BrowserWindow({
          show: false,
          webPreferences: {
            preload,
            sandbox: true,
            contextIsolation: true,
            nodeIntegrationInSubFrames: true,
          },
        });
        const ask = 'window.holdfast.app.info({}, "0b0e6c3c-7d3c-4f6b-9d65-2c7f5f3f1a10")';
        await window.loadURL(url);
        const main = (await window.webContents.executeJavaScript(ask)) as AnyResult;
        await window.webContents.executeJavaScript(
          `new Promise((done) => {
          const frame = document.createElement('iframe');
          frame.srcdoc = '<p>inherits the origin of the page</p>';
          frame.onload = () => done(null);
          document.body.append(frame);
        })`,
        );
        const child = window.webContents.mainFrame.frames[0];
        if (child === undefined) throw new Error('there is no sub-frame');
        const sub = (await child.executeJavaScript(ask)) as AnyResult;
        const { origin } = child;
        await window.loadURL('about:blank');
        const blank = (await window.webContents.executeJavaScript(ask)) as AnyResult;
        // Answered 404: a document of our origin, but not our page.
        await window.loadURL('holdfast://app/missing.html');
        const other = (await window.webContents.executeJavaScript(ask)) as AnyResult;
        window.destroy();
        return { main: main.ok, origin, sub, blank, other };
      },
      [pageAddress, join(root, 'out', 'preload', 'index.cjs')] as const,
    );
    // The same call from a main frame of our page is answered; so the refusals below are about the frame.
    expect(heard.main).toBe(true);
    expect(heard.origin).toBe('holdfast://app');
    for (const answer of [heard.sub, heard.blank, heard.other]) {
      expect(answer).toEqual({
        ok: false,
        error: { code: 'invalid-request', message: 'This frame may not call the app.' },
      });
    }
    expect(shellLog(userData)).toContain('A call from an untrusted frame was refused');
  });

  test('takes a question back when its page is reloaded', async ({ holdfast: { app, page } }) => {
    await coreRuns(page);
    await app.evaluate(({ dialog }) => {
      const state = globalThis as unknown as { question: 'none' | 'open' | 'withdrawn' };
      state.question = 'none';
      const replacement = {
        showMessageBox: (...args: unknown[]) => {
          state.question = 'open';
          const { signal } = args[args.length - 1] as { signal: AbortSignal };
          return new Promise((done) =>
            signal.addEventListener('abort', () => {
              state.question = 'withdrawn';
              done({ response: 0, checkboxChecked: false });
            }),
          );
        },
      };
      Object.assign(dialog, replacement);
    });
    const question = () => app.evaluate(() => (globalThis as unknown as { question: string }).question);
    await page.evaluate(() => void window.holdfast.settings.update({ readOnly: false }));
    await expect.poll(question).toBe('open');
    await page.reload();
    await expect.poll(question).toBe('withdrawn');
    await coreRuns(page);
    // The dialog "answered" with its first button as it was withdrawn; that is no confirmation.
    expect(await callBridge(page, 'settings:read', {})).toMatchObject({ value: { readOnly: true } });
  });

  test('closes the real native dialog of a withdrawn question', async ({ holdfast: { app } }) => {
    const response = await app.evaluate(async ({ BrowserWindow, dialog }) => {
      const window = BrowserWindow.getAllWindows()[0];
      if (window === undefined) throw new Error('there is no window');
      const controller = new AbortController();
      const shown = dialog.showMessageBox(window, {
        message: 'Withdrawn in a moment',
        buttons: ['Do it', 'Cancel'],
        defaultId: 1,
        cancelId: 1,
        noLink: true,
        signal: controller.signal,
      });
      setTimeout(() => controller.abort(), 500);
      return (await shown).response;
    });
    expect(response).toBe(1);
  });
});

test.describe('the core', () => {
  test('is restarted when it is killed, and the page is told', async ({ holdfast: { app, page } }) => {
    test.skip(process.platform !== 'linux', 'the core is found through /proc');
    await coreRuns(page);
    await page.evaluate(() => {
      const told: string[] = [];
      (window as unknown as { told: string[] }).told = told;
      window.holdfast.on('app:coreStatus', ({ state }) => told.push(state));
    });
    const before = corePid(app);
    process.kill(before, 'SIGKILL');
    const told = () => page.evaluate(() => (window as unknown as { told: string[] }).told);
    await expect.poll(told).toEqual(['restarting', 'running']);
    expect(await callBridge(page, 'hosts:list', {})).toMatchObject({ ok: true });
    expect(await callBridge(page, 'app:info', {})).toMatchObject({ value: { core: { crashes: 1 } } });
    expect(corePid(app)).not.toBe(before);
  });

  test('ends with the app, cleanly and also when the app is killed', async () => {
    test.skip(process.platform !== 'linux', 'the core is found through /proc');
    for (const how of ['quit', 'kill'] as const) {
      const holdfast = await launchHoldfast();
      await coreRuns(holdfast.page);
      const pid = corePid(holdfast.app);
      if (how === 'kill') holdfast.app.process().kill('SIGKILL');
      await holdfast.close();
      await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 20_000 }).toBe(false);
    }
  });

  test('moves to the demo fleet and back, each with a profile of its own', async ({
    holdfast: { page, userData },
  }) => {
    test.setTimeout(120_000);
    await coreRuns(page);
    const info = async () =>
      (await callBridge(page, 'app:info', {})).value as { demo: boolean; profileDirectory: string };
    expect(await info()).toMatchObject({ demo: false, profileDirectory: userData });
    expect(await callBridge(page, 'app:openDemo', {})).toEqual({ ok: true, value: {} });
    expect(await info()).toMatchObject({ demo: true, profileDirectory: join(userData, 'demo') });
    const demoHosts = (await callBridge(page, 'hosts:list', {})).value as {
      hosts: { host: { demo: boolean } }[];
    };
    expect(demoHosts.hosts.length).toBeGreaterThan(0);
    expect(demoHosts.hosts.every(({ host }) => host.demo)).toBe(true);
    expect(await callBridge(page, 'app:closeDemo', {})).toEqual({ ok: true, value: {} });
    expect(await callBridge(page, 'hosts:list', {})).toEqual({ ok: true, value: { hosts: [] } });
    expect(existsSync(join(userData, 'data', 'app.sqlite'))).toBe(true);
    expect(existsSync(join(userData, 'demo', 'data', 'app.sqlite'))).toBe(true);
  });
});

test.describe('the vault', () => {
  test('keeps secrets in memory, and says so, where no keyring protects them', async ({
    holdfast: { page },
  }) => {
    test.skip(process.platform !== 'linux', 'other systems always have a keyring');
    const { vault } = (await callBridge(page, 'app:info', {})).value as {
      vault: { persistent: boolean; text: string };
    };
    expect(vault.persistent).toBe(false);
    expect(vault.text).toContain('kept in memory');
  });
});
