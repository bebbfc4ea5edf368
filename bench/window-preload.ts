import { ipcRenderer } from 'electron';
import type { WindowTask } from './window-protocol';

/**
 * Tells when a page is painted: the frame that shows all the elements is drawn. Runs before the page's own scripts,
 * in a world of its own. A sandboxed preload script is one file, so nothing but types is imported.
 */
const { painted } = JSON.parse(process.env['HOLDFAST_BENCH_TASK'] ?? '{}') as WindowTask;

const observer = new MutationObserver(() => {
  if (document.querySelectorAll(painted.selector).length < painted.count) return;
  observer.disconnect();
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => ipcRenderer.send(painted.channel, performance.timeOrigin + performance.now());
    port2.postMessage(null);
  });
});
observer.observe(document, { childList: true, subtree: true });
