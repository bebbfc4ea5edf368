import { createCore } from './create-core';
import { serveCore } from './port/core-port';
import { parentChannel } from './port/parent-channel';

serveCore(parentChannel(), createCore);
