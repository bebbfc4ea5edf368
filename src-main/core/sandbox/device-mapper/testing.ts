import { captureIn, captureList, type Capture } from '../../storage/testing/capture-list';

/** For tests: what the real tools printed; see fixtures/README.md. */
export const captures = captureList(new URL('fixtures/captures.json', import.meta.url));

export const capture = (name: string): Capture => captureIn(captures, name);
