import { captureIn, captureList, type Capture } from '../testing/capture-list';

const captures = captureList(new URL('fixtures/mounts.json', import.meta.url));

/** For tests: what the real tools printed about mounts; see fixtures/README.md. */
export const mountCapture = (name: string): Capture => captureIn(captures, name);
