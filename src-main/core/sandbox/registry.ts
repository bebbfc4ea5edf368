import type { SandboxDriver } from './driver';
import { deviceMapper } from './device-mapper/index';
import { microsandbox } from './microsandbox/index';

/** Every kind of sandbox volume Holdfast reads; one line each. */
export const sandboxDrivers: readonly SandboxDriver[] = [microsandbox, deviceMapper];
