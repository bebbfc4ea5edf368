import { describe, expect, it, vi } from 'vitest';
import { contract } from '../../src-preload/contract';
import type { CoreStatus } from '../../src-preload/contract/app';
import { createAppHandlers } from './app-handlers';
import { ShellError } from './core-host/shell-requests';

const running: CoreStatus = { state: 'running', crashes: 0, message: null };
const context = { signal: new AbortController().signal };

function setUp(
  state: Partial<{
    status: CoreStatus;
    busy: boolean;
    opened: CoreStatus;
    demo: boolean;
    full: boolean;
  }> = {},
) {
  const open = vi.fn(async () => state.opened ?? running);
  const fullScreen = vi.fn((_on: boolean) => undefined);
  const openWindow = vi.fn((_route: string) => state.full !== true);
  const handlers = createAppHandlers({
    fixed: {
      version: '0.1.0',
      electron: '45.4.1',
      chromium: '156',
      evaluationRuntime: false,
      platform: 'linux',
    },
    vaultStatus: () => ({ persistent: false, backend: 'basic_text', text: 'In memory.' }),
    core: { status: () => state.status ?? running, busy: () => state.busy ?? false, open },
    openWindow,
    fullScreen,
    profile: { isDemo: () => state.demo ?? false, directory: () => '/profile' },
  });
  return { handlers, open, openWindow, fullScreen };
}

describe('createAppHandlers', () => {
  it('tells what the contract wants to know', async () => {
    const info = await setUp().handlers['app:info']({}, context);
    expect(contract['app:info'].response.parse(info)).toEqual(info);
    expect(info).toMatchObject({ demo: false, profileDirectory: '/profile', core: running });
  });

  it('let the window fill the screen, and no more', async () => {
    const { handlers, fullScreen } = setUp();
    await handlers['app:fullScreen']({ on: true }, context);
    await handlers['app:fullScreen']({ on: false }, context);
    expect(fullScreen.mock.calls).toEqual([[true], [false]]);
  });

  it('opens another window at a place of the page, and says when there are enough', async () => {
    const { handlers, openWindow } = setUp();
    await handlers['app:openWindow']({ route: '/hosts/nas-01-0a1b2c3d' }, context);
    expect(openWindow.mock.calls).toEqual([['/hosts/nas-01-0a1b2c3d']]);
    await expect(setUp({ full: true }).handlers['app:openWindow']({ route: '/' }, context)).rejects.toThrow(
      ShellError,
    );
    const { request } = contract['app:openWindow'];
    for (const route of [
      '',
      'x',
      '//evil',
      '/../etc',
      '/a?b',
      '/a#b',
      '/a b',
      '/A',
      'https://example.net/',
    ]) {
      expect([route, request.safeParse({ route }).success]).toEqual([route, false]);
    }
  });

  it('opens the demo fleet and leaves it again', async () => {
    const { handlers, open } = setUp();
    await handlers['app:openDemo']({}, context);
    await handlers['app:closeDemo']({}, context);
    expect(open.mock.calls).toEqual([[true], [false]]);
  });

  it('restarts the core where it is', async () => {
    const { handlers, open } = setUp({ demo: true });
    expect(await handlers['app:restartCore']({}, context)).toEqual(running);
    expect(open).toHaveBeenCalledExactlyOnceWith(true);
  });

  it.each(['app:openDemo', 'app:closeDemo', 'app:restartCore'] as const)(
    '%s does not end the core in the middle of a change',
    async (channel) => {
      const { handlers, open } = setUp({ busy: true });
      await expect(handlers[channel]({}, context)).rejects.toMatchObject({ wire: { code: 'refused' } });
      expect(open).not.toHaveBeenCalled();
    },
  );

  it('restarts a core that is down although a change was on its way', async () => {
    const { handlers, open } = setUp({ busy: true, status: { ...running, state: 'failed' } });
    await handlers['app:restartCore']({}, context);
    expect(open).toHaveBeenCalledOnce();
  });

  it('says why the demo fleet cannot be opened', async () => {
    const { handlers } = setUp({
      opened: { state: 'failed', crashes: 6, message: 'The core ended 6 times.' },
    });
    const failed = handlers['app:openDemo']({}, context);
    await expect(failed).rejects.toBeInstanceOf(ShellError);
    await expect(failed).rejects.toThrow('The core ended 6 times.');
  });
});
